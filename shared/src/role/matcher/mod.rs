//! A CEL expression over `claims`: compiled and checked when the configuration is read, then evaluated in bounded time.
//!
//! What bounds it is in [`limits`] and in `docs/decisions/0003-cel-engine-and-limits.md`. Evaluation compiles nothing,
//! and neither expression nor claims can make it panic, overflow the stack or run away.

mod check;
mod claims_value;
mod error;
mod evaluate;
mod limits;
mod patterns;
mod vocabulary;

use std::{collections::BTreeSet, fmt, sync::Arc, thread};

use crate::authenticate::Claims;
use cel::{Env, IdedExpr, parser::PrattParser};

use self::{
    claims_value::CLAIMS,
    limits::{COMPILE_STACK_BYTES, MAX_NESTING, MAX_NODES, MAX_SOURCE_BYTES},
    patterns::Patterns,
};
pub use self::{
    claims_value::ClaimsValue,
    error::{MatcherError, MatcherFailure},
};

/// A compiled expression. It is boolean as far as its text tells.
pub struct Matcher {
    source: String,
    expression: IdedExpr,
    /// Claim names and other texts in the expression: the only ones a failure may repeat.
    names: BTreeSet<String>,
    patterns: Arc<Patterns>,
    env: Arc<Env>,
}

impl Matcher {
    /// Compiles `source`, written in the Common Expression Language (cel.dev) over the one variable `claims`.
    ///
    /// # Errors
    /// What is wrong and what to write instead, in one sentence.
    pub fn compile(source: &str) -> Result<Self, MatcherError> {
        if source.trim().is_empty() {
            return Err(MatcherError::Empty);
        }
        if source.len() > MAX_SOURCE_BYTES {
            return Err(MatcherError::TooLong { bytes: source.len() });
        }
        // The syntax tree of a long chain is as deep as the chain and is parsed, walked and dropped recursively. A
        // thread of its own gives that a stack of known size; it is compute, and ends before this returns.
        thread::scope(|scope| {
            thread::Builder::new()
                .stack_size(COMPILE_STACK_BYTES)
                .spawn_scoped(scope, || Self::compile_here(source))
                .map_err(|_| MatcherError::NoThread)?
                .join()
                .map_err(|_| MatcherError::Unparsable)?
        })
    }

    fn compile_here(source: &str) -> Result<Self, MatcherError> {
        let expression = PrattParser::new()
            .max_recursion_depth(MAX_NESTING)
            .max_expression_node_count(MAX_NODES)
            .parse(source)
            .map_err(|errors| MatcherError::syntax(&errors))?;
        let (names, patterns) = check::check(&expression)?;
        let source = source.to_owned();
        Ok(Self { source, expression, names, patterns: Arc::new(patterns), env: evaluate::environment() })
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the expression is true of `claims`.
    ///
    /// # Errors
    /// The expression has no value for these claims, or not a boolean one: no match, and worth a line in the log.
    pub fn matches(&self, claims: &ClaimsValue<'_>) -> Result<bool, MatcherFailure> {
        evaluate::evaluate(self, claims)
    }

    /// The value of an expression that does not look at the claims; `None` of any other.
    #[must_use]
    pub fn constant(&self) -> Option<bool> {
        if self.expression.references().has_variable(CLAIMS) {
            return None;
        }
        let nobody = Claims::new(serde_json::Map::new());
        self.matches(&ClaimsValue::new(&nobody).ok()?).ok()
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Matcher").field(&self.source).finish()
    }
}
