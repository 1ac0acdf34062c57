//! What STS answered, whichever operation was asked of it.

use std::time::Duration;

use aws_sdk_sts::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        RequestId, assume_role::AssumeRoleOutput,
        assume_role_with_web_identity::AssumeRoleWithWebIdentityOutput,
    },
    types::{AssumedRoleUser, Credentials as Keys},
};
use rolecall_core::exchange::{Credentials, ExchangeRequest, StsAnswer, StsFailure, quote_without_secrets};

/// What one exchange came to.
pub struct Exchanged {
    /// The credentials, or what the refusal means.
    pub result: Result<Credentials, StsFailure>,
    /// STS's request id.
    pub request_id: Option<String>,
    /// STS's error code.
    pub code: Option<String>,
    /// With all attempts.
    pub took: Duration,
}

impl Exchanged {
    /// A call whose answer nobody waited for.
    #[must_use]
    pub fn abandoned(took: Duration) -> Self {
        let code = Some("abandoned before its answer".to_owned());
        Self { result: Err(StsFailure::Unavailable), request_id: None, code, took }
    }
}

/// An answer of either operation.
pub(super) struct Answer {
    outcome: Result<Session, Refusal>,
    request_id: Option<String>,
}

struct Session {
    keys: Option<Keys>,
    user: Option<AssumedRoleUser>,
}

struct Refusal {
    /// `None`: no answer that could be read.
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
}

impl Answer {
    /// Whether the same call may now be answered otherwise.
    pub(super) fn deserves_second_try(&self) -> bool {
        self.outcome.as_ref().is_err_and(|refusal| refusal.as_core().deserves_second_try())
    }

    /// Credentials, or the meaning of the refusal, which is logged.
    pub(super) fn exchanged(self, request: &ExchangeRequest, token: &str, took: Duration) -> Exchanged {
        let request_id = self.request_id;
        match self.outcome {
            Ok(session) => {
                let result = session.credentials(request, request_id.clone()).ok_or(StsFailure::Unavailable);
                Exchanged { result, request_id, code: None, took }
            }
            Err(refusal) => {
                let failure = refusal.as_core().failure(request.operation());
                let quote = |text: &str| quote_without_secrets(text, token, request.operation());
                let code = refusal.code.as_deref().map(quote);
                tracing::warn!(
                    code = code.as_deref().unwrap_or("no answer"),
                    message = quote(refusal.message.as_deref().unwrap_or_default()),
                    meaning = ?failure,
                    "STS refused the exchange"
                );
                Exchanged { result: Err(failure), request_id, code, took }
            }
        }
    }
}

impl Session {
    fn credentials(self, request: &ExchangeRequest, request_id: Option<String>) -> Option<Credentials> {
        let keys = self.keys?;
        let arn = self.user.map(|user| user.arn).unwrap_or_default();
        let expires_at = keys.expiration.try_into().ok()?;
        let keys = aws_credential_types::Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            Some(keys.session_token),
            None,
            "sts",
        );
        Some(Credentials::new(keys, arn, request_id, expires_at, request.token_expires_at()))
    }
}

impl Refusal {
    fn as_core(&self) -> StsAnswer<'_> {
        match self.status {
            Some(status) => StsAnswer::Error {
                status,
                code: self.code.as_deref().unwrap_or_default(),
                message: self.message.as_deref().unwrap_or_default(),
            },
            None => StsAnswer::None,
        }
    }
}

impl<E: ProvideErrorMetadata> From<Result<AssumeRoleWithWebIdentityOutput, SdkError<E>>> for Answer {
    fn from(result: Result<AssumeRoleWithWebIdentityOutput, SdkError<E>>) -> Self {
        Self::new(result, |output| Session { keys: output.credentials, user: output.assumed_role_user })
    }
}

impl<E: ProvideErrorMetadata> From<Result<AssumeRoleOutput, SdkError<E>>> for Answer {
    fn from(result: Result<AssumeRoleOutput, SdkError<E>>) -> Self {
        Self::new(result, |output| Session { keys: output.credentials, user: output.assumed_role_user })
    }
}

impl Answer {
    fn new<O: RequestId, E: ProvideErrorMetadata>(
        result: Result<O, SdkError<E>>,
        session: impl FnOnce(O) -> Session,
    ) -> Self {
        match result {
            Ok(output) => {
                let request_id = output.request_id().map(str::to_owned);
                Self { outcome: Ok(session(output)), request_id }
            }
            Err(error) => {
                let refusal = Refusal {
                    status: error.raw_response().map(|response| response.status().as_u16()),
                    code: error.code().map(str::to_owned),
                    message: error.message().map(str::to_owned),
                };
                Self { outcome: Err(refusal), request_id: error.request_id().map(str::to_owned) }
            }
        }
    }
}
