//! Signed calls to AWS services as the function's own execution role: bounded in time, size and number, and with
//! nothing of an answer kept that could be secret.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderMap, StatusCode};
use reqwest::Client;
use rolecall_core::{
    config_source::{Endpoint, Refusal, Unreadable},
    sign::{SignedRequest, UnsignedRequest, sign_as},
};

const ATTEMPTS: u32 = 3;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// As large as a configuration may be, and a little for what is around it.
const MAX_ANSWER_BYTES: usize = 1024 * 1024 + 64 * 1024;

/// Calls services with one set of credentials.
pub struct AwsClient {
    http: Client,
    identity: Identity,
}

/// A call that succeeded, or found nothing new (304).
pub struct AwsAnswer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallFailure {
    /// No connection, or one that broke.
    #[error("cannot be reached")]
    Unreachable,
    /// No whole answer in time.
    #[error("does not answer within {} s", ATTEMPT_TIMEOUT.as_secs())]
    TimedOut,
    /// An error answer.
    #[error("answers {0}")]
    Refused(Refusal),
    /// More than anybody writes by hand.
    #[error("answers with more than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
    /// Not this service's form.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A library's limit.
    #[error("cannot be asked: the request cannot be signed")]
    Unsigned,
}

impl CallFailure {
    /// Whether the same call may succeed in a moment.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable | Self::TimedOut => true,
            Self::Refused(refusal) => refusal.is_retryable(),
            Self::TooLarge | Self::Unreadable(_) | Self::Unsigned => false,
        }
    }
}

impl AwsClient {
    /// A client with these credentials over this HTTP client.
    #[must_use]
    pub fn new(http: Client, credentials: Credentials) -> Self {
        Self { http, identity: credentials.into() }
    }

    /// Sends a request for this endpoint, up to three times where that may help.
    ///
    /// # Errors
    /// The last attempt's [`CallFailure`].
    pub async fn call(
        &self,
        request: &UnsignedRequest,
        endpoint: &Endpoint,
    ) -> Result<AwsAnswer, CallFailure> {
        let mut attempts = Attempts::default();
        loop {
            match self.call_once(request.clone(), endpoint).await {
                Err(failure) if failure.is_retryable() && attempts.another().await => {}
                ended => return ended,
            }
        }
    }

    /// Sends a request for this endpoint once.
    ///
    /// # Errors
    /// [`CallFailure`].
    pub async fn call_once(
        &self,
        request: UnsignedRequest,
        endpoint: &Endpoint,
    ) -> Result<AwsAnswer, CallFailure> {
        let service = endpoint.service.signing_name();
        let signed = sign_as(request, &self.identity, &endpoint.region, service, SystemTime::now())
            .map_err(|_| CallFailure::Unsigned)?;
        let answer = self.send(signed).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        Err(CallFailure::Refused(Refusal::read(answer.status, &answer.headers, &answer.body)))
    }

    async fn send(&self, request: SignedRequest) -> Result<AwsAnswer, CallFailure> {
        let (method, url, headers, body) = request.into_parts();
        let request = self.http.request(method, url).headers(headers).body(body).timeout(ATTEMPT_TIMEOUT);
        let mut answer = request.send().await.map_err(|error| failure(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(CallFailure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(AwsAnswer { status: answer.status(), headers: answer.headers().clone(), body })
    }
}

fn failure(error: &reqwest::Error) -> CallFailure {
    if error.is_timeout() && !error.is_connect() { CallFailure::TimedOut } else { CallFailure::Unreachable }
}

/// Counts the attempts at one thing, with doubling pauses between them.
#[derive(Default)]
pub struct Attempts(u32);

impl Attempts {
    /// Waits for the next attempt; `false` where the last one has been made.
    pub async fn another(&mut self) -> bool {
        self.0 += 1;
        if self.0 >= ATTEMPTS {
            return false;
        }
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(self.0 - 1)).await;
        true
    }
}
