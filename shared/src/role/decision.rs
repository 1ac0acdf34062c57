//! Which mapping the claims satisfy, and which role follows from that.
//!
//! It works on claims nobody has verified, too, so that operators can ask what a token would get; only
//! [`super::choose`] makes a choice that later stations accept.

use std::cell::OnceCell;

use super::{ClaimShape, ClaimsValue, Condition, MatcherFailure, RoleArn, RoleMapping, elements};
use crate::{authenticate::Claims, config::AwsSts};

/// How a mapping stands to the claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It applies.
    Match,
    /// It does not.
    NoMatch,
    /// Its expression has no value for these claims, which is no match.
    Failed(MatcherFailure),
}

/// The role for some claims.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The role.
    pub role_arn: &'a RoleArn,
    /// The mapping that named it; `None` is the fallback.
    pub mapping: Option<&'a RoleMapping>,
}

/// Why there is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// No mapping applies and there is no fallback.
    #[error("no role is mapped to this user; ask the operator for a role mapping or a group that has one")]
    NoRole,
    /// No mapping applies and the role claim cannot be read, so that none of its elements could have.
    #[error(
        "the role claim `{claim}` is {shape}, not a text or a list of texts; ask the operator to correct awsSts.roleClaim or the claim"
    )]
    RoleClaimInvalid {
        /// `awsSts.roleClaim`.
        claim: String,
        /// Its JSON type, with the article.
        shape: &'static str,
    },
}

/// Each mapping with its outcome, in the order of the configuration, evaluated as the iterator advances.
pub fn outcomes<'a>(claims: &Claims, config: &'a AwsSts) -> impl Iterator<Item = (&'a RoleMapping, Outcome)> {
    let role_elements = role_elements(claims, config).unwrap_or_default();
    let converted = OnceCell::new();
    config.role_mappings.iter().map(move |mapping| {
        let outcome = match &mapping.condition {
            Condition::Claim(value) => matched(role_elements.contains(&value.as_str())),
            Condition::Matcher(matcher) => match converted.get_or_init(|| ClaimsValue::new(claims)) {
                Ok(claims) => matcher.matches(claims).map_or_else(Outcome::Failed, matched),
                Err(failure) => Outcome::Failed(failure.clone()),
            },
        };
        (mapping, outcome)
    })
}

/// The role of the first mapping that applies, else the fallback.
///
/// `on_matcher_failure` gets the index and the failure of each mapping tried before whose expression has no value.
///
/// # Errors
/// No role at all, or a role claim that cannot be read and no mapping that applies in spite of it.
pub fn decide<'a>(
    claims: &Claims,
    config: &'a AwsSts,
    on_matcher_failure: &mut dyn FnMut(usize, &MatcherFailure),
) -> Result<Decision<'a>, RoleError> {
    for (mapping, outcome) in outcomes(claims, config) {
        match outcome {
            Outcome::Match => return Ok(Decision { role_arn: &mapping.role_arn, mapping: Some(mapping) }),
            Outcome::NoMatch => {}
            Outcome::Failed(failure) => on_matcher_failure(mapping.index, &failure),
        }
    }
    role_elements(claims, config).map_err(|shape| RoleError::RoleClaimInvalid {
        claim: config.role_claim.clone(),
        shape: shape.as_str(),
    })?;
    let role_arn = config.fallback_role_arn.as_ref().ok_or(RoleError::NoRole)?;
    Ok(Decision { role_arn, mapping: None })
}

fn role_elements<'c>(claims: &'c Claims, config: &AwsSts) -> Result<Vec<&'c str>, ClaimShape> {
    elements(claims, &config.role_claim, config.role_claim_separator.as_deref())
}

fn matched(is_match: bool) -> Outcome {
    if is_match { Outcome::Match } else { Outcome::NoMatch }
}
