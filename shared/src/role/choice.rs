//! The station's result: a role and the parameters of its session.
//!
//! Anybody may ask which [`RoleSession`] some claims lead to. Only verified claims lead to a [`RoleChoice`], and only one
//! leads on to STS.

use std::{fmt, ops::Deref};

use super::{Decision, MatcherFailure, RoleArn, RoleError, decide, session_name};
use crate::{
    authenticate::{Claims, VerifiedClaims},
    config::AwsSts,
    exchange::SessionPolicies,
};

/// What to ask STS for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChoice(RoleSession);

/// The session that claims lead to, whether or not anybody has verified them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSession {
    role_arn: RoleArn,
    mapping: MappingRef,
    session_name: String,
    session_duration: u32,
    session_policies: SessionPolicies,
    aws_region: Option<String>,
}

/// Which rule chose the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappingRef {
    /// The entry of `roleMappings` at this position of the file, from 0.
    Index(usize),
    /// `fallbackRoleArn`.
    Fallback,
}

impl fmt::Display for MappingRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Fallback => f.write_str("fallback"),
        }
    }
}

/// Maps claims to a role and names its session.
///
/// `on_matcher_failure` gets the index and the failure of each mapping tried whose expression has no value for these
/// claims, for the log.
///
/// # Errors
/// [`RoleError`]: nothing matched, or the role claim cannot be read.
pub fn choose(
    claims: &VerifiedClaims,
    config: &AwsSts,
    on_matcher_failure: &mut dyn FnMut(usize, &MatcherFailure),
) -> Result<RoleChoice, RoleError> {
    RoleSession::of(claims, claims.subject(), config, on_matcher_failure).map(RoleChoice)
}

impl Deref for RoleChoice {
    type Target = RoleSession;

    fn deref(&self) -> &RoleSession {
        &self.0
    }
}

impl RoleSession {
    /// Does what [`choose`] does, for claims that nobody has verified and the `subject` that stands in for a missing
    /// session name.
    ///
    /// # Errors
    /// Those of [`choose`].
    pub fn of(
        claims: &Claims,
        subject: &str,
        config: &AwsSts,
        on_matcher_failure: &mut dyn FnMut(usize, &MatcherFailure),
    ) -> Result<Self, RoleError> {
        let decision = decide(claims, config, on_matcher_failure)?;
        let session_name = session_name(claims, &config.session_name_claim, subject);
        Ok(Self::new(decision, session_name, config))
    }

    fn new(decision: Decision<'_>, session_name: String, config: &AwsSts) -> Self {
        let session = decision.mapping.map(|mapping| mapping.session.clone()).unwrap_or_default();
        Self {
            role_arn: decision.role_arn.clone(),
            mapping: decision
                .mapping
                .map_or(MappingRef::Fallback, |mapping| MappingRef::Index(mapping.index)),
            session_name,
            session_duration: session.duration.unwrap_or(config.session_duration),
            session_policies: session.policies,
            aws_region: session.aws_region,
        }
    }

    /// The role.
    #[must_use]
    pub fn role_arn(&self) -> &RoleArn {
        &self.role_arn
    }

    /// Which rule chose it.
    #[must_use]
    pub fn mapping(&self) -> MappingRef {
        self.mapping
    }

    /// `RoleSessionName`, 2 to 64 characters that STS accepts.
    #[must_use]
    pub fn session_name(&self) -> &str {
        &self.session_name
    }

    /// Seconds.
    #[must_use]
    pub fn session_duration(&self) -> u32 {
        self.session_duration
    }

    /// What narrows the session besides the role.
    #[must_use]
    pub fn session_policies(&self) -> &SessionPolicies {
        &self.session_policies
    }

    /// The default region of the session's calls.
    #[must_use]
    pub fn aws_region(&self) -> Option<&str> {
        self.aws_region.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::ExchangeMode;
    use crate::role::{Condition, RoleMapping, SessionOptions};

    fn arn(name: &str) -> RoleArn {
        format!("arn:aws:iam::111122223333:role/{name}").parse().unwrap()
    }

    fn config(session: SessionOptions) -> AwsSts {
        AwsSts {
            region: "us-east-1".to_owned(),
            service: "aws-mcp".to_owned(),
            exchange: ExchangeMode::WebIdentity,
            role_claim: "groups".to_owned(),
            role_claim_separator: None,
            session_name_claim: "sub".to_owned(),
            session_duration: 3600,
            fallback_role_arn: Some(arn("Default")),
            role_mappings: vec![RoleMapping {
                index: 4,
                condition: Condition::Claim("admins".to_owned()),
                role_arn: arn("Admin"),
                priority: None,
                session,
            }],
        }
    }

    fn chosen(config: &AwsSts, mapping: Option<&RoleMapping>) -> RoleSession {
        let role_arn =
            mapping.map_or(config.fallback_role_arn.as_ref().unwrap(), |mapping| &mapping.role_arn);
        RoleSession::new(Decision { role_arn, mapping }, "alice".to_owned(), config)
    }

    #[test]
    fn a_mapping_sets_its_own_session() {
        let config = config(SessionOptions {
            duration: Some(900),
            policies: SessionPolicies {
                arns: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
                inline: Some("{}".to_owned()),
            },
            aws_region: Some("eu-central-1".to_owned()),
        });
        let choice = chosen(&config, config.role_mappings.first());
        assert_eq!(choice.role_arn().name(), "Admin");
        assert_eq!(choice.mapping(), MappingRef::Index(4));
        assert_eq!(choice.session_name(), "alice");
        assert_eq!(choice.session_duration(), 900);
        assert_eq!(choice.session_policies().arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
        assert_eq!(choice.session_policies().inline.as_deref(), Some("{}"));
        assert_eq!(choice.aws_region(), Some("eu-central-1"));
    }

    #[test]
    fn what_a_mapping_leaves_out_comes_from_the_configuration_or_is_absent() {
        let config = config(SessionOptions::default());
        let choice = chosen(&config, config.role_mappings.first());
        assert_eq!(choice.session_duration(), 3600);
        assert!(choice.session_policies().is_empty());
        assert_eq!(choice.aws_region(), None);
    }

    #[test]
    fn the_fallback_inherits_nothing_from_a_mapping() {
        let choice =
            chosen(&config(SessionOptions { duration: Some(900), ..SessionOptions::default() }), None);
        assert_eq!(choice.role_arn().name(), "Default");
        assert_eq!(choice.mapping(), MappingRef::Fallback);
        assert_eq!(choice.session_duration(), 3600);
    }
}
