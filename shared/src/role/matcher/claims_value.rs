//! Claims as CEL values, converted once for all matchers of a request. Texts are borrowed from the claims.
//!
//! A value that exists is small enough for every matcher.

use std::collections::HashMap;

use cel::{
    common::{
        types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt},
        value::{CowVal, Val},
    },
    context::VariableResolver,
};
use serde_json::{Number, Value};

use super::{
    error::MatcherFailure,
    limits::{MAX_CLAIM_NESTING, MAX_CLAIM_VALUES},
};
use crate::authenticate::Claims;

/// The one variable of an expression.
pub(super) const CLAIMS: &str = "claims";

/// What `claims` stands for.
pub struct ClaimsValue<'c>(CelMap<'c>);

impl<'c> ClaimsValue<'c> {
    /// Converts claims. JSON integers become `int` where they fit and `uint` above, other numbers `double`.
    ///
    /// # Errors
    /// [`MatcherFailure::TooManyClaims`]: more values, or deeper ones, than the limits on matchers assume.
    pub fn new(claims: &'c Claims) -> Result<Self, MatcherFailure> {
        let mut budget = MAX_CLAIM_VALUES;
        map(claims.iter(), 1, &mut budget).map(Self)
    }
}

impl VariableResolver for ClaimsValue<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        (variable == CLAIMS).then_some(CowVal::Borrowed(&self.0))
    }
}

fn map<'c>(
    entries: impl Iterator<Item = (&'c String, &'c Value)>,
    depth: usize,
    budget: &mut usize,
) -> Result<CelMap<'c>, MatcherFailure> {
    let entries: Result<HashMap<_, _>, _> = entries
        .map(|(name, value)| Ok((CelMapKey::from(name.as_str()), convert(value, depth, budget)?)))
        .collect();
    entries.map(CelMap::from)
}

fn convert<'c>(
    value: &'c Value,
    depth: usize,
    budget: &mut usize,
) -> Result<Box<dyn Val + 'c>, MatcherFailure> {
    *budget = budget.checked_sub(1).ok_or(MatcherFailure::TooManyClaims)?;
    if depth > MAX_CLAIM_NESTING {
        return Err(MatcherFailure::TooManyClaims);
    }
    Ok(match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(boolean) => Box::new(CelBool::from(*boolean)),
        Value::Number(number) => convert_number(number),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(items) => {
            let items: Result<Vec<_>, _> =
                items.iter().map(|item| convert(item, depth + 1, budget)).collect();
            Box::new(CelList::from(items?))
        }
        Value::Object(fields) => Box::new(map(fields.iter(), depth + 1, budget)?),
    })
}

fn convert_number<'c>(number: &Number) -> Box<dyn Val + 'c> {
    match (number.as_i64(), number.as_u64()) {
        (Some(integer), _) => Box::new(CelInt::from(integer)),
        (None, Some(integer)) => Box::new(CelUInt::from(integer)),
        (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
    }
}
