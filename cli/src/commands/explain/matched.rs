//! Each mapping, and why it applies or does not.

use rolecall_core::{
    authenticate::Claims,
    config::AwsSts,
    role::{ClaimShape, Condition, Outcome, RoleMapping, elements, lookup, outcomes},
};
use serde_json::Value;

/// Elements that a reason names; a directory can put hundreds into a token.
const MAX_ELEMENTS: usize = 20;

/// A mapping and what it says to some claims.
pub struct Matched {
    pub index: usize,
    pub priority: Option<i64>,
    pub role_arn: String,
    /// What the file says.
    pub condition: String,
    pub is_match: bool,
    pub reason: String,
}

/// All mappings, in the order in which they are tried.
pub fn matches(claims: &Claims, sts: &AwsSts) -> Vec<Matched> {
    let found = outcomes(claims, sts).map(|(mapping, outcome)| Matched {
        index: mapping.index,
        priority: mapping.priority,
        role_arn: mapping.role_arn.to_string(),
        condition: match &mapping.condition {
            Condition::Claim(value) => format!("claim {value:?}"),
            Condition::Matcher(matcher) => format!("matcher {}", matcher.source()),
        },
        is_match: outcome == Outcome::Match,
        reason: reason(mapping, &outcome, claims, sts),
    });
    found.collect()
}

fn reason(mapping: &RoleMapping, outcome: &Outcome, claims: &Claims, sts: &AwsSts) -> String {
    match (&mapping.condition, outcome) {
        (Condition::Claim(value), Outcome::Match) => {
            format!("{value:?} is an element of the role claim `{}`", sts.role_claim)
        }
        (Condition::Claim(value), _) => format!("{value:?} is not {}", why_not(value, claims, sts)),
        (Condition::Matcher(_), Outcome::Match) => "the expression is true".to_owned(),
        (Condition::Matcher(_), Outcome::NoMatch) => "the expression is false".to_owned(),
        (Condition::Matcher(_), Outcome::Failed(failure)) => {
            format!("the expression has no value, which is no match: {failure}")
        }
    }
}

/// Behind `… is not`.
fn why_not(value: &str, claims: &Claims, sts: &AwsSts) -> String {
    let claim = &sts.role_claim;
    let found = match elements(claims, claim, sts.role_claim_separator.as_deref()) {
        Err(shape) => return unreadable(claim, shape),
        Ok(found) if found.is_empty() && lookup(claims, claim).is_none() => {
            return format!("there: the token has no role claim `{claim}`");
        }
        Ok(found) if found.is_empty() => return format!("there: the role claim `{claim}` has no elements"),
        Ok(found) => found,
    };
    let shown: Vec<String> = found.iter().take(MAX_ELEMENTS).map(|element| format!("{element:?}")).collect();
    let more = match found.len().checked_sub(MAX_ELEMENTS) {
        Some(more @ 1..) => format!(" and {more} more"),
        _ => String::new(),
    };
    let hint = hint(value, &found, claims, claim).map_or_else(String::new, |hint| format!("; {hint}"));
    format!("among the elements of the role claim `{claim}`: {}{more}{hint}", shown.join(", "))
}

fn unreadable(claim: &str, shape: ClaimShape) -> String {
    format!("there: the role claim `{claim}` is {shape}, not a text or a list of texts")
}

/// What was probably meant.
fn hint(value: &str, found: &[&str], claims: &Claims, claim: &str) -> Option<String> {
    let is_near = |element: &&&str| element.trim().to_lowercase() == value.trim().to_lowercase();
    if let Some(near) = found.iter().find(is_near) {
        return Some(format!("{near:?} differs in case or space, which counts"));
    }
    let text = lookup(claims, claim).and_then(Value::as_str)?;
    let separator = [",", " ", ";", ":", "|"]
        .into_iter()
        .find(|separator| text.split(separator).any(|piece| piece.trim() == value))?;
    Some(format!("the claim is one text: awsSts.roleClaimSeparator: {separator:?} would split it"))
}
