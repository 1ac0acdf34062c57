//! The parameters of one call to STS, made only from a role choice.

use std::ops::Deref;

use serde_json::Value;

use super::{CredentialKey, Operation, SessionPolicies, StsFailure};
use crate::{
    authenticate::{AWS_NAMESPACE, Claims, VerifiedClaims},
    authorize::{Permit, Ruling},
    role::{RoleArn, RoleChoice, RoleSession},
};

/// One call to STS. The token is not part of it: it is passed beside, so that this can be logged and compared.
#[derive(Clone, Debug)]
pub struct ExchangeRequest {
    call: SessionRequest,
    key: CredentialKey,
    token_expires_at: u64,
}

/// What a call asks for, whether or not anybody has verified for whom.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    operation: Operation,
    role_arn: RoleArn,
    session_name: String,
    duration: u32,
    session_policies: SessionPolicies,
}

impl ExchangeRequest {
    /// Prepares the exchange of verified claims for the chosen role, as the permit leaves it, through this operation.
    ///
    /// # Errors
    /// Those of [`SessionRequest::new`].
    pub fn new(
        claims: &VerifiedClaims,
        choice: &RoleChoice,
        permit: &Permit,
        operation: Operation,
    ) -> Result<Self, StsFailure> {
        Ok(Self {
            key: CredentialKey::new(claims, choice, permit, &operation),
            token_expires_at: claims.expires_at(),
            call: SessionRequest::new(claims, choice, permit, operation)?,
        })
    }

    /// Under which the answer is cached.
    #[must_use]
    pub fn key(&self) -> &CredentialKey {
        &self.key
    }

    /// `exp` of the token, in seconds since the epoch: the answer must not serve longer.
    #[must_use]
    pub fn token_expires_at(&self) -> u64 {
        self.token_expires_at
    }
}

impl Deref for ExchangeRequest {
    type Target = SessionRequest;

    fn deref(&self) -> &SessionRequest {
        &self.call
    }
}

impl SessionRequest {
    /// What to ask for, so that a user with these claims gets this session, as the ruling leaves it.
    ///
    /// # Errors
    /// [`StsFailure::Denied`] where the claim `https://aws.amazon.com/roles` does not list the role: STS would
    /// refuse, and where it does not see the token, the issuer's word counts as much.
    pub fn new(
        claims: &Claims,
        session: &RoleSession,
        ruling: &Ruling,
        operation: Operation,
    ) -> Result<Self, StsFailure> {
        if !roles_claim_allows(claims, session.role_arn()) {
            return Err(StsFailure::Denied);
        }
        Ok(Self {
            role_arn: session.role_arn().clone(),
            session_name: session.session_name().to_owned(),
            duration: session.session_duration(),
            session_policies: ruling.session_policies().clone(),
            operation,
        })
    }

    /// Which call, and what it alone has.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// `RoleArn`.
    #[must_use]
    pub fn role_arn(&self) -> &RoleArn {
        &self.role_arn
    }

    /// `RoleSessionName`.
    #[must_use]
    pub fn session_name(&self) -> &str {
        &self.session_name
    }

    /// `SourceIdentity` of AssumeRole: the session name, which has the same alphabet and length. CloudTrail shows it even
    /// where a session goes on to further roles.
    #[must_use]
    pub fn source_identity(&self) -> &str {
        &self.session_name
    }

    /// `DurationSeconds`.
    #[must_use]
    pub fn duration(&self) -> u32 {
        self.duration
    }

    /// `PolicyArns`.
    #[must_use]
    pub fn policy_arns(&self) -> &[String] {
        &self.session_policies.arns
    }

    /// `Policy`.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.session_policies.inline.as_deref()
    }
}

/// The claim is a role ARN, a `;` list of them or an array of either; any other shape allows nothing.
fn roles_claim_allows(claims: &Claims, role: &RoleArn) -> bool {
    let lists = |value: &Value| {
        value.as_str().is_some_and(|list| list.split(';').any(|arn| arn.trim() == role.as_str()))
    };
    match claims.get(&format!("{AWS_NAMESPACE}roles")) {
        None => true,
        Some(Value::Array(values)) => values.iter().any(lists),
        Some(value) => lists(value),
    }
}
