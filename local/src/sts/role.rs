//! IAM as STS sees it: the roles with their trust policies, and the OIDC providers registered in their accounts.
//! A role trusts nobody until it names an audience.

use std::{fmt, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::registry::key_id;
use crate::issuer::PublishedKeys;

/// A predicate standing for the conditions of a trust policy: over a token's claims, or over the condition keys of
/// AssumeRole (`aws:RequestTag/…`, `sts:SourceIdentity`).
pub type Condition = Arc<dyn Fn(&Map<String, Value>) -> bool + Send + Sync>;

/// A role and who may assume it.
#[derive(Clone)]
pub struct Role {
    /// `arn:aws:iam::ACCOUNT:role/[PATH/]NAME`.
    pub arn: String,
    /// The values of `ISSUER:aud` (the token's `azp`, else its `aud`) that the trust policy allows.
    pub audiences: Vec<String>,
    /// The role ARNs that the trust policy lets call AssumeRole.
    pub principals: Vec<String>,
    /// Further conditions of the trust policy.
    pub condition: Option<Condition>,
    /// Whether the trust policy allows `sts:TagSession`.
    pub tag_session: bool,
    /// Whether the trust policy allows `sts:SetSourceIdentity`.
    pub set_source_identity: bool,
    /// The role's maximum session duration in seconds; 3600 unless an administrator raised it.
    pub max_session_duration: u32,
}

impl Role {
    /// A role that trusts every token for `audience`, session tags included, for up to an hour.
    #[must_use]
    pub fn trusting(arn: &str, audience: &str) -> Self {
        Self {
            arn: arn.into(),
            audiences: vec![audience.into()],
            principals: Vec::new(),
            condition: None,
            tag_session: true,
            set_source_identity: false,
            max_session_duration: 3600,
        }
    }

    /// A role that trusts another role alone, to tag its sessions and name their source as well, for up to an hour.
    #[must_use]
    pub fn trusting_role(arn: &str, principal: &str) -> Self {
        Self {
            audiences: Vec::new(),
            principals: vec![principal.into()],
            set_source_identity: true,
            ..Self::trusting(arn, "")
        }
    }

    /// Adds a condition.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&Map<String, Value>) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// The role's unique id: `AROA` and 17 characters that depend on the ARN alone.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = digest(&SHA256, self.arn.as_bytes());
        format!("AROA{}", key_id(hash.as_ref().get(..17).unwrap_or_default()))
    }

    /// The account number in the ARN.
    #[must_use]
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The name at the end of the ARN.
    #[must_use]
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role").field("arn", &self.arn).finish_non_exhaustive()
    }
}

/// A role that calls AssumeRole, as its own policies limit it. IAM would not ask those of a role that a trust policy in
/// the same account names; here they are always asked.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The role's ARN.
    pub role_arn: String,
    /// The roles it may do it to.
    pub may_assume: Vec<String>,
    /// What it may do, such as `sts:TagSession`.
    pub actions: Vec<String>,
}

/// Where STS finds a provider's keys.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The embedded issuer's key ring: STS works while the issuer's server is down, and its request counters stay
    /// the gateway's own.
    Embedded(PublishedKeys),
    /// Discovery and JWKS of a foreign issuer, read anew at every call.
    Discovery,
    /// A provider whose keys can't be had.
    Unreachable,
}

/// An OIDC provider as registered in IAM.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The issuer identifier, exactly as in `iss`.
    pub issuer: String,
    /// The accounts it is registered in.
    pub accounts: Vec<String>,
    /// The client ids (audiences) registered with it.
    pub client_ids: Vec<String>,
    /// Where its keys are.
    pub keys: KeySource,
}
