//! What happened and how it ended.

use http::StatusCode;
use serde::{Serialize, Serializer};

use crate::{authenticate::TokenError, exchange::StsFailure, rejection::Rejection};

macro_rules! event_types {
    ($($variant:ident = $name:literal,)*) => {
        /// `type` of an audit line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is the name that the line carries")]
        pub enum EventType {
            $($variant,)*
        }

        impl EventType {
            /// The name in the line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

event_types! {
    McpInitialize = "mcp_initialize",
    McpDiscover = "mcp_discover",
    McpPing = "mcp_ping",
    McpToolsList = "mcp_tools_list",
    McpToolCall = "mcp_tool_call",
    McpPromptsList = "mcp_prompts_list",
    McpPromptGet = "mcp_prompt_get",
    McpResourcesList = "mcp_resources_list",
    McpResourceTemplatesList = "mcp_resource_templates_list",
    McpResourceRead = "mcp_resource_read",
    McpResourceSubscribe = "mcp_resource_subscribe",
    McpResourceUnsubscribe = "mcp_resource_unsubscribe",
    McpCompletion = "mcp_completion",
    McpLogging = "mcp_logging",
    McpListen = "mcp_listen",
    McpNotification = "mcp_notification",
    McpResponse = "mcp_response",
    McpRequest = "mcp_request",
    McpStream = "mcp_stream",
    McpSessionEnd = "mcp_session_end",
    McpUnreadable = "mcp_unreadable",
    RequestRefused = "request_refused",
    AuthFailed = "auth_failed",
    RoleDenied = "role_denied",
    PolicyDenied = "policy_denied",
    ExchangeFailed = "exchange_failed",
    StsExchange = "sts_exchange",
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl EventType {
    /// The type of a JSON-RPC request with this method.
    #[must_use]
    pub fn of_method(method: &str) -> Self {
        match method {
            "initialize" => Self::McpInitialize,
            "server/discover" => Self::McpDiscover,
            "ping" => Self::McpPing,
            "tools/list" => Self::McpToolsList,
            "tools/call" => Self::McpToolCall,
            "prompts/list" => Self::McpPromptsList,
            "prompts/get" => Self::McpPromptGet,
            "resources/list" => Self::McpResourcesList,
            "resources/templates/list" => Self::McpResourceTemplatesList,
            "resources/read" => Self::McpResourceRead,
            "resources/subscribe" => Self::McpResourceSubscribe,
            "resources/unsubscribe" => Self::McpResourceUnsubscribe,
            "completion/complete" => Self::McpCompletion,
            "logging/setLevel" => Self::McpLogging,
            "subscriptions/listen" => Self::McpListen,
            _ => Self::McpRequest,
        }
    }

    /// The type of a refusal, where a station before the relay refused.
    #[must_use]
    pub fn of_rejection(rejection: &Rejection) -> Option<Self> {
        match rejection {
            Rejection::Token(_) => Some(Self::AuthFailed),
            Rejection::Role(_) => Some(Self::RoleDenied),
            Rejection::Policy { .. } => Some(Self::PolicyDenied),
            Rejection::Sts(_) | Rejection::Tags(_) => Some(Self::ExchangeFailed),
            Rejection::OriginNotAllowed(_)
            | Rejection::HostNotAllowed(_)
            | Rejection::NotFound { .. }
            | Rejection::MethodNotAllowed { .. }
            | Rejection::PayloadTooLarge { .. }
            | Rejection::Unreadable(_)
            | Rejection::Message(_)
            | Rejection::Meta(_) => Some(Self::RequestRefused),
            Rejection::UpstreamRejectedCredentials
            | Rejection::UpstreamUnavailable
            | Rejection::AnswerWithheld(_)
            | Rejection::ToolsUnlisted(_)
            | Rejection::SessionEnded
            | Rejection::UpstreamTimeout
            | Rejection::Deadline
            | Rejection::Internal => None,
        }
    }
}

/// `outcome` of an audit line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered.
    Success,
    /// Somebody was not allowed to.
    Denied,
    /// The upstream answered with an error status.
    Failure,
    /// The gateway or a remote party could not do its part.
    Error,
}

impl Outcome {
    /// The name in the line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }

    /// The outcome of a refusal.
    #[must_use]
    pub fn of_rejection(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::Token(TokenError::KeysUnavailable)
            | Rejection::Sts(StsFailure::Misconfigured | StsFailure::Unavailable) => Self::Error,
            Rejection::Policy { .. } => Self::Denied,
            _ if rejection.row().status == StatusCode::FORBIDDEN
                || rejection.row().status == StatusCode::UNAUTHORIZED =>
            {
                Self::Denied
            }
            _ => Self::Error,
        }
    }

    /// The outcome of an answer of the upstream.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        if status.is_client_error() || status.is_server_error() { Self::Failure } else { Self::Success }
    }
}
