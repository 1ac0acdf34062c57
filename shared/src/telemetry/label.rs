//! Label names, and the values that a client's text may become.

use crate::mcp::method;

/// What a value that is not known beforehand counts as.
pub const OTHER: &str = "other";

/// Names of labels; also attributes of spans.
pub(super) mod names {
    pub const HTTP_METHOD: &str = "http.request.method";
    pub const HTTP_STATUS: &str = "http.response.status_code";
    pub const MCP_METHOD: &str = "mcp.method.name";
    pub const ERROR_TYPE: &str = "error.type";
    pub const TOOL: &str = "gen_ai.tool.name";
    pub const STATION: &str = "rolecall.station";
    pub const OUTCOME: &str = "rolecall.outcome";
    pub const REASON: &str = "rolecall.reason";
    pub const ROLE: &str = "rolecall.role_arn";
    pub const RESULT: &str = "rolecall.result";
    pub const CREDENTIALS_FROM: &str = "rolecall.credentials_from";
    pub const REPAIR: &str = "rolecall.repair";
}

const METHODS: [&str; 16] = [
    method::INITIALIZE,
    method::SERVER_DISCOVER,
    method::PING,
    method::TOOLS_CALL,
    method::TOOLS_LIST,
    method::PROMPTS_GET,
    method::PROMPTS_LIST,
    method::RESOURCES_READ,
    method::RESOURCES_SUBSCRIBE,
    method::RESOURCES_UNSUBSCRIBE,
    method::RESOURCES_LIST,
    method::RESOURCES_TEMPLATES_LIST,
    method::COMPLETION_COMPLETE,
    method::LOGGING_SET_LEVEL,
    method::ROOTS_LIST,
    method::SUBSCRIPTIONS_LISTEN,
];

/// The method of an MCP message, one of those that MCP knows or `notifications/*`.
#[must_use]
pub fn mcp_method(name: &str) -> &'static str {
    if name.starts_with(method::NOTIFICATIONS) {
        return "notifications/*";
    }
    METHODS.into_iter().find(|known| *known == name).unwrap_or(OTHER)
}

/// The method of an HTTP request; `_OTHER` is OpenTelemetry's name for the rest (HTTP semantic conventions).
#[must_use]
pub fn http_method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "HEAD" => "HEAD",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_methods_are_labels() {
        for (method, label) in [
            ("tools/call", "tools/call"),
            ("notifications/cancelled", "notifications/*"),
            ("Tools/Call", OTHER),
            ("AKIDEXAMPLE", OTHER),
            ("", OTHER),
        ] {
            assert_eq!(mcp_method(method), label);
        }
        assert_eq!(http_method(&http::Method::POST), "POST");
        assert_eq!(http_method(&http::Method::from_bytes(b"SECRET").unwrap()), "_OTHER");
    }
}
