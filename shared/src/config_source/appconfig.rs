//! AppConfig Data (AWS AppConfig API reference): StartConfigurationSession, GetLatestConfiguration.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::json;

use super::{
    Endpoint, InvalidSource, Unreadable,
    endpoint::{encode, url},
};
use crate::sign::UnsignedRequest;

/// Longest name or id.
const MAX_NAME: usize = 128;
/// The longest pause that AppConfig can be asked for, in seconds; what asks for more is not believed.
const MAX_PAUSE: u64 = 86_400;

/// One configuration profile in one environment of one application, each by name or by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub(super) application: String,
    pub(super) environment: String,
    pub(super) profile: String,
}

impl Profile {
    /// Reads `APPLICATION/ENVIRONMENT/PROFILE`.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidSource> {
        let parts: Vec<&str> = text.split('/').collect();
        let is_name = |part: &&str| !part.is_empty() && part.chars().count() <= MAX_NAME;
        match parts.as_slice() {
            [application, environment, profile] if parts.iter().all(is_name) => Ok(Self {
                application: (*application).to_owned(),
                environment: (*environment).to_owned(),
                profile: (*profile).to_owned(),
            }),
            _ => Err(InvalidSource::Profile),
        }
    }
}

/// Begins a session: the first token comes with its answer.
///
/// # Errors
/// [`Unreadable`] where the endpoint cannot be part of a URL.
pub fn start_session(endpoint: &Endpoint, profile: &Profile) -> Result<UnsignedRequest, Unreadable> {
    let body = json!({
        "ApplicationIdentifier": profile.application,
        "EnvironmentIdentifier": profile.environment,
        "ConfigurationProfileIdentifier": profile.profile,
    });
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let address = format!("{}/configurationsessions", endpoint.base());
    Ok(UnsignedRequest {
        method: Method::POST,
        url: url(&address)?,
        headers,
        body: Bytes::from(body.to_string()),
    })
}

/// The token of a new session.
///
/// # Errors
/// [`Unreadable`].
pub fn session_token(body: &[u8]) -> Result<String, Unreadable> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "InitialConfigurationToken")]
        token: String,
    }
    serde_json::from_slice(body).map(|Answer { token }| token).map_err(|_| Unreadable)
}

/// Asks for what is new since the token was given out. A token is good for one request.
///
/// # Errors
/// [`Unreadable`] where the endpoint cannot be part of a URL.
pub fn get_latest_configuration(endpoint: &Endpoint, token: &str) -> Result<UnsignedRequest, Unreadable> {
    let base = endpoint.base();
    let address = format!("{base}/configuration?configuration_token={}", encode(token, b""));
    Ok(UnsignedRequest {
        method: Method::GET,
        url: url(&address)?,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    })
}

/// What an answer says besides the document. An empty body means that nothing has changed.
#[derive(PartialEq, Eq)]
pub struct AnswerHeaders {
    /// For the next request.
    pub next_token: String,
    /// Seconds before which the next request is refused.
    pub next_poll_seconds: u64,
    /// The label of the deployed version, where it has one.
    pub version_label: Option<String>,
}

/// A token is good for a request.
impl fmt::Debug for AnswerHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnswerHeaders(next poll after {} s, {:?})", self.next_poll_seconds, self.version_label)
    }
}

impl AnswerHeaders {
    /// Reads an answer's headers.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(headers: &HeaderMap) -> Result<Self, Unreadable> {
        let text = |name: &'static str| {
            headers.get(HeaderName::from_static(name)).and_then(|value| value.to_str().ok())
        };
        let seconds = text("next-poll-interval-in-seconds").and_then(|seconds| seconds.parse::<u64>().ok());
        Ok(Self {
            next_token: text("next-poll-configuration-token").ok_or(Unreadable)?.to_owned(),
            next_poll_seconds: seconds.ok_or(Unreadable)?.min(MAX_PAUSE),
            version_label: text("version-label").filter(|label| !label.is_empty()).map(str::to_owned),
        })
    }
}
