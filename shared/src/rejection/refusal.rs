//! A rejection as the client reads it: JSON-RPC where a request waits for its answer, plain JSON elsewhere, and
//! the challenge where a sign-in helps.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;
use serde_json::json;

use super::{Challenge, Rejection};
use crate::{
    config::Config,
    front_door::{self, metadata_url, www_authenticate},
    mcp::{RequestId, error_body},
};

/// A rejection together with the request it answers.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// Why.
    pub rejection: &'a Rejection,
    /// Which request.
    pub request_id: &'a str,
    /// Its JSON-RPC id, where it is a JSON-RPC request.
    pub rpc_id: Option<&'a RequestId>,
}

#[derive(Serialize)]
struct PlainBody<'a> {
    error: &'static str,
    error_description: String,
    request_id: &'a str,
    /// Function URLs rename the challenge's header: what it says stands here too.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_metadata: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl Refusal<'_> {
    /// The body: never with `id: null`, because clients wait forever on that.
    #[must_use]
    pub fn body(&self, config: Option<&Config>) -> Vec<u8> {
        let row = self.rejection.row();
        match self.rpc_id {
            Some(id) if self.is_the_calls_failure() => {
                let mut data = json!({"reason": row.reason, "requestId": self.request_id});
                if let (Rejection::Policy { denial, .. }, Some(data)) = (self.rejection, data.as_object_mut())
                {
                    data.insert("policies".to_owned(), denial.policies().into());
                }
                error_body(id, row.code, &self.rejection.to_string(), &data)
            }
            _ => self.plain_body(config),
        }
    }

    /// About the call rather than about the caller: a JSON-RPC client shows the message to its user.
    fn is_the_calls_failure(&self) -> bool {
        let status = self.rejection.row().status;
        matches!(self.rejection, Rejection::Policy { .. })
            || matches!(status.as_u16(), 400 | 413 | 429)
            || status.is_server_error()
    }

    fn plain_body(&self, config: Option<&Config>) -> Vec<u8> {
        let row = self.rejection.row();
        let challenged = config.filter(|_| row.challenge != Challenge::None);
        let body = PlainBody {
            error: row.reason,
            error_description: self.rejection.to_string(),
            request_id: self.request_id,
            resource_metadata: challenged.map(|config| metadata_url(&config.resource)),
            scope: challenged
                .map(|config| config.oidc.required_scopes.join(" "))
                .filter(|scope| !scope.is_empty()),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// `content-type`, `retry-after`, `allow` and the challenge.
    #[must_use]
    pub fn headers(&self, config: &Config) -> HeaderMap {
        let row = self.rejection.row();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
        if let Some(seconds) = row.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Rejection::MethodNotAllowed { allow } = self.rejection {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if row.challenge != Challenge::None {
            headers.insert(WWW_AUTHENTICATE, self.challenge(config, row.challenge));
        }
        headers
    }

    fn challenge(&self, config: &Config, challenge: Challenge) -> HeaderValue {
        let description = self.rejection.to_string();
        let challenge = front_door::Challenge {
            scopes: &config.oidc.required_scopes,
            error: challenge.error(),
            error_description: challenge.error().map(|_| description.as_str()),
        };
        www_authenticate(&config.resource, &challenge)
    }
}
