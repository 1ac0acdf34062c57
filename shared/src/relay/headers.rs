//! The two allow-lists of headers. What is not named here stays on its side, so a client's credentials and signature
//! headers never reach the upstream, and the upstream's challenges never reach a client.

use std::collections::HashSet;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT,
    },
};

use crate::mcp::method::TOOLS_LIST;

/// Carries the upstream's own request id to the client.
pub const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-rolecall-upstream-request-id");

const MCP_PREFIX: &str = "mcp-";
const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// Names the session of revisions before 2026-07-28.
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

const REQUEST: [HeaderName; 7] =
    [CONTENT_TYPE, ACCEPT, USER_AGENT, LAST_EVENT_ID, TRACEPARENT, TRACESTATE, CACHE_CONTROL];
const LIST_REQUEST: [HeaderName; 6] =
    [ACCEPT_ENCODING, USER_AGENT, TRACEPARENT, TRACESTATE, SESSION_ID, PROTOCOL_VERSION];
const RESPONSE: [HeaderName; 5] = [CONTENT_TYPE, CACHE_CONTROL, RETRY_AFTER, ALLOW, X_ACCEL_BUFFERING];

/// The names under which AWS services answer their request id, in the order they are looked for.
const AWS_REQUEST_ID: [HeaderName; 3] = [
    HeaderName::from_static("x-amzn-requestid"),
    HeaderName::from_static("x-amz-request-id"),
    HeaderName::from_static("x-amzn-request-id"),
];

/// What goes upstream of a client's headers, repeated lines in their order, and `accept-encoding: identity`.
#[must_use]
pub fn request_headers(client: &HeaderMap) -> HeaderMap {
    let mut headers = allowed(client, &REQUEST);
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

/// What goes upstream with the gateway's own `tools/list` for a call: the call's session and revision, its origin and trace, and
/// of MCP 2026-07-28's own headers ("Streamable HTTP", standard request headers) the method, where the call names its.
#[must_use]
pub fn list_request_headers(call: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &request_headers(call) {
        if LIST_REQUEST.contains(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    if call.contains_key(MCP_METHOD) {
        headers.insert(MCP_METHOD, HeaderValue::from_static(TOOLS_LIST));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    headers
}

/// What goes back of the upstream's headers, repeated lines in their order, its request id as
/// [`UPSTREAM_REQUEST_ID`].
#[must_use]
pub fn response_headers(upstream: &HeaderMap) -> HeaderMap {
    let mut headers = allowed(upstream, &RESPONSE);
    if let Some(id) = AWS_REQUEST_ID.iter().find_map(|name| upstream.get(name)) {
        headers.insert(UPSTREAM_REQUEST_ID, id.clone());
    }
    headers
}

fn allowed(from: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let connection = connection_options(from);
    from.iter()
        .filter(|(name, _)| names.contains(name) || name.as_str().starts_with(MCP_PREFIX))
        .filter(|(name, _)| !connection.contains(name.as_str()))
        .fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value.clone());
            headers
        })
}

/// Names that `Connection` makes hop-by-hop (RFC 9110 section 7.6.1), in lower case.
fn connection_options(headers: &HeaderMap) -> HashSet<String> {
    let lines = headers.get_all(CONNECTION).into_iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .filter_map(|option| std::str::from_utf8(option.trim_ascii()).ok())
        .map(str::to_ascii_lowercase)
        .collect()
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
