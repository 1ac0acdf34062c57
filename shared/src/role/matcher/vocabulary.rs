//! The operators and functions an expression may call, and what is known of a value before there are claims.
//!
//! Nothing outside these tables is ever evaluated.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::patterns::MATCHES;

/// A function, how often it may take arguments as a method and as a plain call, and a correct call.
struct Function {
    name: &'static str,
    as_method: Option<usize>,
    as_call: Option<usize>,
    usage: &'static str,
    yields: Kind,
}

/// What the text of an expression tells of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A boolean, or anything.
    Condition,
    /// Never a boolean; the noun for a message.
    Other(&'static str),
}

const FUNCTIONS: [Function; 10] = [
    Function::method_or_call("size", 0, "size(x)", Kind::Other("a size")),
    Function::method("contains", "text.contains(\"part\"), or \"element\" in list"),
    Function::method("startsWith", "text.startsWith(\"prefix\")"),
    Function::method("endsWith", "text.endsWith(\"suffix\")"),
    Function::method_or_call(MATCHES, 1, "text.matches(\"pattern\")", Kind::Condition),
    Function::conversion("string", "string(x)", Kind::Other("a text")),
    Function::conversion("int", "int(x)", Kind::Other("a number")),
    Function::conversion("uint", "uint(x)", Kind::Other("a number")),
    Function::conversion("double", "double(x)", Kind::Other("a number")),
    Function::conversion("bool", "bool(x)", Kind::Condition),
];

const CONDITIONS: [&str; 12] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::IN,
    operators::INDEX,
];

const ARITHMETIC: [&str; 6] = [
    operators::ADD,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
];

impl Function {
    const fn method(name: &'static str, usage: &'static str) -> Self {
        Self { name, as_method: Some(1), as_call: None, usage, yields: Kind::Condition }
    }

    const fn method_or_call(name: &'static str, arguments: usize, usage: &'static str, yields: Kind) -> Self {
        Self { name, as_method: Some(arguments), as_call: Some(arguments + 1), usage, yields }
    }

    const fn conversion(name: &'static str, usage: &'static str, yields: Kind) -> Self {
        Self { name, as_method: None, as_call: Some(1), usage, yields }
    }
}

/// How a call stands to the vocabulary.
pub(super) enum Standing {
    /// An operator.
    Operator,
    /// A function, called as it can be.
    Function,
    /// A function, called as it cannot be; a correct call.
    Miscalled(&'static str),
    /// Not in the vocabulary.
    Unknown,
}

pub(super) fn standing(call: &CallExpr) -> Standing {
    let name = call.func_name.as_str();
    if CONDITIONS.contains(&name) || ARITHMETIC.contains(&name) {
        return Standing::Operator;
    }
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
        return Standing::Unknown;
    };
    let expected = if call.target.is_some() { function.as_method } else { function.as_call };
    if expected == Some(call.args.len()) { Standing::Function } else { Standing::Miscalled(function.usage) }
}

/// Whether the library copies the operands of `call`, at least into the error it makes for a wrong type.
pub(super) fn copies_operands(call: &CallExpr) -> bool {
    let name = call.func_name.as_str();
    ARITHMETIC.contains(&name) || name == MATCHES
}

/// What the text of `expression` tells of its value.
pub(super) fn kind(expression: &IdedExpr) -> Kind {
    match &expression.expr {
        Expr::Literal(literal) => literal_kind(literal),
        Expr::List(_) => Kind::Other("a list"),
        Expr::Map(_) => Kind::Other("a map"),
        Expr::Ident(name) if name == "claims" => Kind::Other("the whole of claims"),
        Expr::Comprehension(comprehension) => match &comprehension.accu_init.expr {
            Expr::List(_) => Kind::Other("a list"),
            _ => Kind::Condition,
        },
        Expr::Call(call) => call_kind(call),
        _ => Kind::Condition,
    }
}

fn literal_kind(literal: &LiteralValue) -> Kind {
    match literal {
        LiteralValue::Boolean(_) => Kind::Condition,
        LiteralValue::String(_) => Kind::Other("a text"),
        LiteralValue::Bytes(_) => Kind::Other("a byte string"),
        LiteralValue::Null => Kind::Other("null"),
        LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => Kind::Other("a number"),
    }
}

fn call_kind(call: &CallExpr) -> Kind {
    let name = call.func_name.as_str();
    if name == operators::CONDITIONAL {
        let branches = call.args.iter().skip(1).map(kind);
        return branches.into_iter().find(|kind| *kind != Kind::Condition).unwrap_or(Kind::Condition);
    }
    if ARITHMETIC.contains(&name) {
        return Kind::Other("a sum or another computed value");
    }
    FUNCTIONS
        .iter()
        .find(|function| function.name == name)
        .map_or(Kind::Condition, |function| function.yields)
}
