//! Credentials of a role session. Their secrets show in no `Debug` output and are zeroed when dropped.

use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::identity::Identity;

/// Credentials this close to their end are renewed before they are used.
const RENEWAL_MARGIN: Duration = Duration::from_secs(60);

/// What STS answered.
#[derive(Clone, Debug)]
pub struct Credentials {
    identity: Identity,
    access_key_id: String,
    assumed_role_arn: String,
    sts_request_id: Option<String>,
    expires_at: SystemTime,
    serves_until: SystemTime,
}

/// Whether cached credentials can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Use them.
    Fresh,
    /// Renew them; use them only if STS cannot be reached.
    RenewalDue,
    /// Never use them again.
    Ended,
}

impl Credentials {
    /// Takes the parts of an STS answer. They serve until they expire, and never longer than the token they
    /// were made from (`token_expires_at`, seconds since the epoch): STS itself sets no such limit.
    #[must_use]
    pub fn new(
        credentials: aws_credential_types::Credentials,
        assumed_role_arn: String,
        sts_request_id: Option<String>,
        expires_at: SystemTime,
        token_expires_at: u64,
    ) -> Self {
        let token_end = SystemTime::UNIX_EPOCH + Duration::from_secs(token_expires_at);
        Self {
            access_key_id: credentials.access_key_id().to_owned(),
            identity: credentials.into(),
            assumed_role_arn,
            sts_request_id,
            expires_at,
            serves_until: expires_at.min(token_end),
        }
    }

    /// Whether they can be used at `now`.
    #[must_use]
    pub fn freshness(&self, now: SystemTime) -> Freshness {
        if now >= self.serves_until {
            Freshness::Ended
        } else if now + RENEWAL_MARGIN >= self.expires_at {
            Freshness::RenewalDue
        } else {
            Freshness::Fresh
        }
    }

    /// What CloudTrail shows as `userIdentity.accessKeyId`.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// ARN of the role session.
    #[must_use]
    pub fn assumed_role_arn(&self) -> &str {
        &self.assumed_role_arn
    }

    /// Request id of the STS call that made them.
    #[must_use]
    pub fn sts_request_id(&self) -> Option<&str> {
        self.sts_request_id.as_deref()
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }
}
