//! Whose credentials these are. Two requests share credentials only if STS would have made the same session
//! for both: same person, same role session, same restrictions, same tags.

use std::{collections::BTreeMap, fmt::Write};

use super::{Operation, SessionPolicies};
use crate::{
    authenticate::{AWS_NAMESPACE, VerifiedClaims},
    authorize::Permit,
    role::RoleChoice,
};

/// Key of the credential cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CredentialKey {
    issuer: String,
    subject: String,
    role_arn: String,
    session_name: String,
    duration: u32,
    session_policies: SessionPolicies,
    /// With the tags of AssumeRole, which come from ordinary claims.
    operation: Operation,
    /// Every claim in AWS's namespace (tags, roles, source identity), as JSON by name.
    aws_claims: String,
}

impl CredentialKey {
    /// The key for these claims in this role as the permit leaves it, obtained through this operation.
    #[must_use]
    pub fn new(claims: &VerifiedClaims, choice: &RoleChoice, permit: &Permit, operation: &Operation) -> Self {
        Self {
            issuer: claims.text("iss").unwrap_or_default().to_owned(),
            subject: claims.subject().to_owned(),
            role_arn: choice.role_arn().to_string(),
            session_name: choice.session_name().to_owned(),
            duration: choice.session_duration(),
            session_policies: permit.session_policies().clone(),
            operation: operation.clone(),
            aws_claims: aws_claims(claims),
        }
    }
}

fn aws_claims(claims: &VerifiedClaims) -> String {
    let sorted: BTreeMap<_, _> = claims.iter().filter(|(name, _)| name.starts_with(AWS_NAMESPACE)).collect();
    sorted.into_iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a String cannot fail; a name is length-prefixed so that no two sets read alike.
        let _ = write!(text, "{}:{name}={value};", name.len());
        text
    })
}
