//! Runs a checked expression over converted claims and turns the library's errors into ours.
//!
//! The library's errors hold claim values; nothing but types and texts of the expression leaves here.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use cel::{Context, Env, ExecutionError, Value, common::types::CelBool};

use super::{ClaimsValue, Matcher, MatcherFailure, patterns::MATCHES};

/// The functions of CEL's standard library, the same for all matchers and never changed.
static ENVIRONMENT: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::default().with_optional_support(false).with_stdlib()));

pub(super) fn environment() -> Arc<Env> {
    Arc::clone(&ENVIRONMENT)
}

pub(super) fn evaluate(matcher: &Matcher, claims: &ClaimsValue<'_>) -> Result<bool, MatcherFailure> {
    let mut context = Context::with_env(Arc::clone(&matcher.env));
    context.set_variable_resolver(claims);
    matcher.patterns.declare(&mut context).map_err(|_| MatcherFailure::NoValue)?;
    let value =
        Value::resolve_val(&matcher.expression, &context).map_err(|error| failure(error, &matcher.names))?;
    match value.downcast_ref::<CelBool>() {
        Some(boolean) => Ok(*boolean.inner()),
        None => Err(MatcherFailure::NotBoolean { kind: value.get_type().name().to_owned() }),
    }
}

fn failure(error: ExecutionError, names: &BTreeSet<String>) -> MatcherFailure {
    match error {
        // The key may be the value of another claim: claims[claims.tenant].
        ExecutionError::NoSuchKey(key) => MatcherFailure::Absent(names.get(key.as_str()).cloned()),
        ExecutionError::NoSuchOverload(call) => {
            MatcherFailure::WrongType { operation: readable(call.function()) }
        }
        ExecutionError::UnsupportedBinaryOperator(operator, ..) => {
            MatcherFailure::WrongType { operation: operator.to_owned() }
        }
        ExecutionError::UnexpectedType { .. } => {
            MatcherFailure::WrongType { operation: "a condition".to_owned() }
        }
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            MatcherFailure::Arithmetic("division by zero")
        }
        ExecutionError::Overflow(..) => MatcherFailure::Arithmetic("a number is too large"),
        ExecutionError::IndexOutOfBounds(_) => {
            MatcherFailure::Arithmetic("a list has no element of this index")
        }
        ExecutionError::FunctionError { function, .. } if function == MATCHES => MatcherFailure::TooMuchText,
        _ => MatcherFailure::NoValue,
    }
}

/// `_==_` as an operator's user writes it.
fn readable(function: &str) -> String {
    function.trim_matches(['_', '@']).to_owned()
}
