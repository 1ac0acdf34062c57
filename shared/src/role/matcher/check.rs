//! Walks a parsed expression and refuses what cannot be evaluated in bounded time, or can never be a condition.
//!
//! Comprehensions come from the parser's macros only, so of each only the range and the step hold what was written.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

use super::{
    claims_value::CLAIMS,
    error::MatcherError,
    limits::{MAX_CLAIMS_IN_COMPREHENSIONS, MAX_NESTING, MAX_NODES_IN_COMPREHENSIONS, MAX_REFERENCES},
    patterns::{MATCHES, Patterns},
    vocabulary::{Kind, Standing, copies_operands, kind, standing},
};

/// The accumulator that the macros write; no source can.
const ACCUMULATOR: &str = "@result";

/// The texts that a failure may repeat, and the compiled patterns.
pub(super) fn check(expression: &IdedExpr) -> Result<(BTreeSet<String>, Patterns), MatcherError> {
    let mut checker = Checker::default();
    checker.expression(expression, Scope::TOP)?;
    condition(expression)?;
    Ok((checker.names, checker.patterns))
}

#[derive(Default)]
struct Checker {
    references: usize,
    nodes_in_comprehensions: usize,
    claims_in_comprehensions: usize,
    names: BTreeSet<String>,
    patterns: Patterns,
}

#[derive(Clone, Copy)]
struct Scope<'e> {
    depth: u16,
    place: Place<'e>,
    /// What stands here is copied, at least into an error, or multiplies the elements of a range.
    copies: bool,
    /// This becomes an element of what `map` or `filter` yields.
    yielded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place<'e> {
    Outside,
    Range,
    Body { variable: &'e str },
}

impl<'e> Scope<'e> {
    const TOP: Self = Scope { depth: 0, place: Place::Outside, copies: false, yielded: false };

    fn deeper(self) -> Result<Self, MatcherError> {
        if self.depth == MAX_NESTING {
            return Err(MatcherError::TooDeep);
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn is_body(self) -> bool {
        matches!(self.place, Place::Body { .. })
    }
}

impl Checker {
    fn expression<'e>(&mut self, expression: &'e IdedExpr, scope: Scope<'e>) -> Result<(), MatcherError> {
        let inner = scope.deeper()?;
        if scope.is_body() {
            self.nodes_in_comprehensions += 1;
            if self.nodes_in_comprehensions > MAX_NODES_IN_COMPREHENSIONS {
                return Err(MatcherError::LongComprehension);
            }
        }
        match &expression.expr {
            Expr::Literal(literal) => {
                if let LiteralValue::String(text) = literal {
                    self.names.insert(text.inner().to_owned());
                }
                Ok(())
            }
            Expr::Ident(name) => self.reference(name, scope),
            Expr::Select(select) => {
                self.names.insert(select.field.clone());
                self.expression(&select.operand, inner)
            }
            Expr::Call(call) => self.call(call, inner),
            Expr::List(list) => {
                let inner = container(inner)?;
                list.elements.iter().try_for_each(|element| self.expression(element, inner))
            }
            Expr::Map(map) => {
                let inner = container(inner)?;
                map.entries.iter().try_for_each(|entry| self.entry(&entry.expr, inner))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, inner),
            Expr::Struct(_) => Err(MatcherError::Unsupported("a message literal")),
            Expr::Unspecified => Err(MatcherError::Unparsable),
        }
    }

    fn entry<'e>(&mut self, entry: &'e EntryExpr, scope: Scope<'e>) -> Result<(), MatcherError> {
        let EntryExpr::MapEntry(entry) = entry else {
            return Err(MatcherError::Unsupported("a message literal"));
        };
        self.expression(&entry.key, scope)?;
        self.expression(&entry.value, scope)
    }

    fn reference(&mut self, name: &str, scope: Scope<'_>) -> Result<(), MatcherError> {
        match scope.place {
            _ if name == CLAIMS => self.claims_reference(scope)?,
            Place::Body { variable } if name == variable => {}
            Place::Body { .. } if name == ACCUMULATOR => return Ok(()),
            _ => return Err(MatcherError::UnknownName(name.to_owned())),
        }
        self.references += 1;
        if self.references > MAX_REFERENCES { Err(MatcherError::ManyReferences) } else { Ok(()) }
    }

    fn claims_reference(&mut self, scope: Scope<'_>) -> Result<(), MatcherError> {
        if scope.place == Place::Outside {
            return Ok(());
        }
        if scope.copies || scope.yielded {
            return Err(MatcherError::CopiesClaims);
        }
        if scope.is_body() {
            self.claims_in_comprehensions += 1;
        }
        if self.claims_in_comprehensions > MAX_CLAIMS_IN_COMPREHENSIONS {
            return Err(MatcherError::ClaimsInComprehension);
        }
        Ok(())
    }

    fn call<'e>(&mut self, call: &'e CallExpr, scope: Scope<'e>) -> Result<(), MatcherError> {
        if let Some(yielded) = appended(call) {
            let scope = Scope { yielded: true, ..scope };
            return yielded.iter().try_for_each(|element| self.expression(element, scope));
        }
        match standing(call) {
            Standing::Operator => conditions_of(call).try_for_each(condition)?,
            Standing::Function => {}
            Standing::Miscalled(usage) => {
                return Err(MatcherError::WrongCall { name: call.func_name.clone(), usage });
            }
            Standing::Unknown => return Err(MatcherError::UnknownFunction(call.func_name.clone())),
        }
        if call.func_name == MATCHES {
            self.pattern(call)?;
        }
        let scope = Scope { copies: scope.copies || copies_operands(call), ..scope };
        call.target.as_deref().into_iter().chain(&call.args).try_for_each(|part| self.expression(part, scope))
    }

    fn pattern(&mut self, call: &CallExpr) -> Result<(), MatcherError> {
        match call.args.last().map(|pattern| &pattern.expr) {
            Some(Expr::Literal(LiteralValue::String(pattern))) => self.patterns.add(pattern.inner()),
            _ => Err(MatcherError::PatternNotLiteral),
        }
    }

    fn comprehension<'e>(
        &mut self,
        comprehension: &'e ComprehensionExpr,
        scope: Scope<'e>,
    ) -> Result<(), MatcherError> {
        if scope.place != Place::Outside {
            return Err(MatcherError::NestedComprehension);
        }
        let variable = comprehension.iter_var.as_str();
        if variable == CLAIMS {
            return Err(MatcherError::HidesClaims(variable.to_owned()));
        }
        let range = Scope { place: Place::Range, copies: false, ..scope };
        self.expression(&comprehension.iter_range, range)?;
        self.expression(&comprehension.loop_step, Scope { place: Place::Body { variable }, ..range })
    }
}

/// The scope of a list's or a map's parts. A list to iterate over may hold claims: it is built once.
fn container(scope: Scope<'_>) -> Result<Scope<'_>, MatcherError> {
    if scope.yielded {
        return Err(MatcherError::YieldsContainer);
    }
    Ok(Scope { copies: scope.copies || scope.is_body(), ..scope })
}

/// What a step of `map` or `filter` appends: the elements of the list in `@result + [element]`.
fn appended(call: &CallExpr) -> Option<&[IdedExpr]> {
    match call.args.as_slice() {
        [IdedExpr { expr: Expr::Ident(name), .. }, IdedExpr { expr: Expr::List(list), .. }]
            if call.func_name == operators::ADD && name == ACCUMULATOR =>
        {
            Some(&list.elements)
        }
        _ => None,
    }
}

/// The operands that must be booleans.
fn conditions_of(call: &CallExpr) -> impl Iterator<Item = &IdedExpr> {
    let count = match call.func_name.as_str() {
        operators::LOGICAL_AND | operators::LOGICAL_OR => 2,
        operators::LOGICAL_NOT | operators::CONDITIONAL => 1,
        _ => 0,
    };
    call.args.iter().take(count)
}

fn condition(expression: &IdedExpr) -> Result<(), MatcherError> {
    match kind(expression) {
        Kind::Condition => Ok(()),
        Kind::Other(noun) => Err(MatcherError::NotBoolean(noun)),
    }
}
