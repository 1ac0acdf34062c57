//! A function's bytes as the HTTP answer that a function URL, API Gateway or a load balancer makes of them.
//! Only what those read counts: an answer in neither form is none.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use serde_json::{Map, Value};

const STREAMED: &str = "application/vnd.awslambda.http-integration-response";
const PRELUDE_END: &[u8] = &[0; 8];

/// Status, headers and body for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Status.
    pub status: u16,
    /// Headers, those of `multiValueHeaders` included.
    pub headers: HeaderMap,
    /// Body so far, base64 decoded.
    pub body: Vec<u8>,
    /// The prelude of a streamed answer, or the whole document.
    pub document: Value,
}

impl HttpAnswer {
    pub(super) fn read(function_headers: &HeaderMap, raw: &[u8]) -> Option<Self> {
        if function_headers.get(CONTENT_TYPE).is_some_and(|value| value == STREAMED) {
            let end = raw.windows(PRELUDE_END.len()).position(|window| window == PRELUDE_END)?;
            let (prelude, rest) = raw.split_at_checked(end)?;
            let body = rest.get(PRELUDE_END.len()..)?.to_vec();
            return Self::from_document(serde_json::from_slice(prelude).ok()?, Some(body));
        }
        Self::from_document(serde_json::from_slice(raw).ok()?, None)
    }

    fn from_document(document: Value, streamed: Option<Vec<u8>>) -> Option<Self> {
        let status = u16::try_from(document.get("statusCode")?.as_u64()?).ok()?;
        let headers = headers(document.as_object()?)?;
        let body = match streamed {
            Some(body) => body,
            None => buffered_body(&document)?,
        };
        Some(Self { status, headers, body, document })
    }

    /// A header's only value; `None` where there is none or several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())?.to_str().ok()
    }

    /// The body as JSON, `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// API Gateway merges both forms; a pair that stands in both counts once.
fn headers(document: &Map<String, Value>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let single = document.get("headers").and_then(Value::as_object).into_iter().flatten();
    let multiple = document.get("multiValueHeaders").and_then(Value::as_object).into_iter().flatten();
    let multiple = multiple
        .flat_map(|(name, values)| values.as_array().into_iter().flatten().map(move |value| (name, value)));
    for (name, value) in multiple.chain(single) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_str(value.as_str()?).ok()?;
        if !headers.get_all(&name).iter().any(|known| *known == value) {
            headers.append(name, value);
        }
    }
    Some(headers)
}

fn buffered_body(document: &Value) -> Option<Vec<u8>> {
    let body = document.get("body").and_then(Value::as_str).unwrap_or_default();
    if document.get("isBase64Encoded") == Some(&Value::Bool(true)) {
        return BASE64_STANDARD.decode(body).ok();
    }
    Some(body.as_bytes().to_vec())
}
