//! CORS (WHATWG Fetch) for browser-based clients. Only an origin that [`super::check_origin`] let pass is ever named; no
//! credentials mode: the bearer token is a header of the request's own.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, VARY,
    },
};

const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "mcp-session-id, mcp-protocol-version, www-authenticate, x-request-id, \
     x-rolecall-upstream-request-id, retry-after",
);
const ENDPOINT_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
const METADATA_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// Two hours, the most that Chromium keeps.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const MAX_REQUESTED_BYTES: usize = 4096;

/// For every response on the MCP endpoint; `origin` is what the check returned.
#[must_use]
pub fn endpoint_cors_headers(origin: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    headers
}

/// For every response on the metadata, which is public.
#[must_use]
pub fn metadata_cors_headers() -> HeaderMap {
    HeaderMap::from_iter([(ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN)])
}

/// For the answer to `OPTIONS` on the MCP endpoint. `request` are its headers, `origin` what the check returned; without
/// an origin nothing is allowed, because no browser asks.
#[must_use]
pub fn endpoint_preflight_headers(request: &HeaderMap, origin: Option<&HeaderValue>) -> HeaderMap {
    let mut headers =
        origin.map_or_else(HeaderMap::new, |origin| preflight(request, origin, ENDPOINT_METHODS));
    headers.insert(
        VARY,
        HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    );
    headers
}

/// For the answer to `OPTIONS` on the metadata. Clients send `MCP-Protocol-Version` there, so browsers do ask.
#[must_use]
pub fn metadata_preflight_headers(request: &HeaderMap) -> HeaderMap {
    let mut headers = preflight(request, &ANY_ORIGIN, METADATA_METHODS);
    headers.insert(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    headers
}

fn preflight(request: &HeaderMap, origin: &HeaderValue, methods: HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ]);
    if let Some(names) = requested_headers(request) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
    }
    headers
}

/// The header names that the browser asks for, those that are none left out; `*` would not cover `authorization`. More
/// than 4 KiB of them are no browser's, and get none.
fn requested_headers(request: &HeaderMap) -> Option<HeaderValue> {
    let lines = request.get_all(ACCESS_CONTROL_REQUEST_HEADERS);
    if lines.iter().map(HeaderValue::len).sum::<usize>() > MAX_REQUESTED_BYTES {
        return None;
    }
    let names: Vec<HeaderName> = lines
        .iter()
        .map(HeaderValue::as_bytes)
        .flat_map(|line| line.split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    let names: Vec<&str> = names.iter().map(HeaderName::as_str).collect();
    (!names.is_empty()).then(|| HeaderValue::try_from(names.join(", ")).ok()).flatten()
}

#[cfg(test)]
#[path = "cors_tests.rs"]
mod tests;
