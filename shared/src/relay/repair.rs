//! When an answer of the AWS MCP Server is not what it seems: an expired session inside a 200, credentials refused as if
//! the client's, throttling where clients show an empty list. Decisions only; a `tools/call` is never among the retried.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::mcp::method;

/// The JSON-RPC error code of an expired or foreign session.
const EXPIRED_SESSION: i64 = -30001;
/// Larger bodies are no error of AWS's request authentication, and none about a session.
pub const MAX_ERROR_BYTES: usize = 64 * 1024;
const RETRY_BUDGET: Duration = Duration::from_secs(3);
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// Error codes with which AWS refuses a signature or the credentials behind it; services differ on the suffix.
pub const CREDENTIAL_ERROR_CODES: [&str; 12] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "SignatureDoesNotMatchException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "InvalidClientTokenIdException",
];

/// Whether this is a JSON-RPC error -30001 in a 200, which clients only understand as a 404.
///
/// `content_type` is the header's value; only `application/json` counts, in any case and with any parameters.
#[must_use]
pub fn is_expired_session(status: u16, content_type: Option<&HeaderValue>, body: &[u8]) -> bool {
    status == 200 && is_json(content_type) && error_code(body) == Some(EXPIRED_SESSION)
}

fn error_code(body: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct Response<'a> {
        #[serde(borrow)]
        error: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Error {
        code: i64,
    }
    // Deriving would also read arrays as these objects.
    let is_object = |text: &[u8]| text.trim_ascii_start().starts_with(b"{");
    let response: Response<'_> = is_object(body).then(|| serde_json::from_slice(body).ok())??;
    let error = response.error.get();
    let error: Error = is_object(error.as_bytes()).then(|| serde_json::from_str(error).ok())??;
    Some(error.code)
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let essence = content_type.and_then(|value| value.as_bytes().split(|byte| *byte == b';').next());
    essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(b"application/json"))
}

/// Whether the upstream refused our signature or credentials, so that fresh ones may help and no login would.
///
/// Any 401 is such a refusal. A 400 or 403 is one only when its `x-amzn-errortype`, or its body of at most
/// [`MAX_ERROR_BYTES`], has a code of [`CREDENTIAL_ERROR_CODES`] as a whole word: AWS puts codes into JSON members, XML
/// elements and sentences, with a namespace before and a URL behind.
#[must_use]
pub fn rejects_credentials(status: u16, headers: &HeaderMap, body: &[u8]) -> bool {
    match status {
        401 => true,
        400 | 403 => {
            let error_types = headers.get_all("x-amzn-errortype");
            error_types.iter().any(|value| names_code(value.as_bytes()))
                || (body.len() <= MAX_ERROR_BYTES && names_code(body))
        }
        _ => false,
    }
}

fn names_code(text: &[u8]) -> bool {
    text.split(|byte| !byte.is_ascii_alphanumeric())
        .any(|word| CREDENTIAL_ERROR_CODES.iter().any(|code| code.as_bytes() == word))
}

/// Whether a 429 to this method is worth waiting for: it only reads, and its failure shows as an empty list.
#[must_use]
pub fn retry_on_throttle(method: &str) -> bool {
    matches!(
        method,
        method::INITIALIZE
            | method::SERVER_DISCOVER
            | method::TOOLS_LIST
            | method::PROMPTS_LIST
            | method::RESOURCES_LIST
            | method::RESOURCES_TEMPLATES_LIST
    )
}

/// How long to wait before the next attempt; `None` passes the 429 on.
///
/// `attempt` counts the retries already made, `spent` is the time since the first attempt began. The wait doubles from
/// 200 ms, is at least `Retry-After` in seconds (a date is ignored: the core has no clock), and never ends later than 3 s
/// after the beginning.
#[must_use]
pub fn retry_delay(attempt: u32, retry_after: Option<&HeaderValue>, spent: Duration) -> Option<Duration> {
    let backoff = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(attempt));
    let asked =
        retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
    let delay = backoff.max(asked.unwrap_or_default());
    (spent.saturating_add(delay) <= RETRY_BUDGET).then_some(delay)
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
