//! The one table that turns a station's error into HTTP: reason, status, JSON-RPC code, who must act.

use http::StatusCode;

use crate::{
    authenticate::TokenError,
    authorize::{Denial, DenyStatus, InvalidRequest, JsonError, Unreadable},
    exchange::{StsFailure, TagError},
    front_door::{HostRefused, OriginRefused},
    mcp::MetaError,
    role::RoleError,
};

mod refusal;

#[cfg(test)]
mod tests;

pub use refusal::Refusal;

/// Why the gateway itself answers a request.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// Station *front door*: `Origin`.
    #[error("{0}")]
    OriginNotAllowed(#[from] OriginRefused),
    /// Station *front door*: `Host` (plain server only).
    #[error("{0}")]
    HostNotAllowed(#[from] HostRefused),
    /// Station *front door*: path.
    #[error("there is nothing at this path; the MCP endpoint is {mcp_path}")]
    NotFound {
        /// Where the endpoint is.
        mcp_path: String,
    },
    /// Station *front door*: method.
    #[error("this method is not supported here; use {allow}")]
    MethodNotAllowed {
        /// Value of `Allow`.
        allow: &'static str,
    },
    /// Station *front door*: size.
    #[error("the request body is larger than {limit} bytes")]
    PayloadTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Station *front door*: a request that cannot be read.
    #[error("the request cannot be read: {0}")]
    Unreadable(&'static str),
    /// Station *authenticate*.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// Station *map role*.
    #[error("{0}")]
    Role(#[from] RoleError),
    /// Station *authorize*: a message that policies cannot judge for certain.
    #[error("{0}")]
    Message(#[from] InvalidRequest),
    /// Station *authorize*: the policies' answer.
    #[error("{denial}")]
    Policy {
        /// Why.
        denial: Denial,
        /// How it is told.
        status: DenyStatus,
    },
    /// Injection of `_meta`.
    #[error("the body cannot be given the configured _meta entries: {0}")]
    Meta(#[from] MetaError),
    /// Station *exchange*.
    #[error("{0}")]
    Sts(#[from] StsFailure),
    /// Station *exchange*: the session's tags.
    #[error("{0}")]
    Tags(#[from] TagError),
    /// Station *relay*: AWS refuses the signature or the credentials, after one refresh.
    #[error(
        "the MCP server refuses the gateway's signature; the operator should check awsSts.region, awsSts.service and the clock"
    )]
    UpstreamRejectedCredentials,
    /// Station *relay*: no answer.
    #[error("the MCP server cannot be reached; try again, and tell the operator if it stays so")]
    UpstreamUnavailable,
    /// Station *relay*: a list that policies cannot filter for certain.
    #[error(
        "the MCP server's answer {0}; the gateway withholds lists that it cannot filter by policy, tell the operator"
    )]
    AnswerWithheld(Unreadable),
    /// Station *authorize*: without the server's word on a tool, policies that ask for it can't decide.
    #[error(
        "the MCP server's list of tools {0}; policies ask what it says of this tool, so the call cannot be decided, tell the operator"
    )]
    ToolsUnlisted(Unreadable),
    /// Station *authorize*: the server's word on a tool was asked for in the caller's MCP session, which is over.
    #[error("the MCP session is over; start a new one")]
    SessionEnded,
    /// Station *relay*: no headers in time.
    #[error("the MCP server did not answer in time")]
    UpstreamTimeout,
    /// The function's own time is nearly up.
    #[error(
        "the gateway's time for this request is up; ask for less at once or raise the function's timeout"
    )]
    Deadline,
    /// A defect of the gateway.
    #[error("the gateway failed; the operator finds the cause in its log under this request id")]
    Internal,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Stable `snake_case` name.
    pub reason: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// JSON-RPC error code: outside the range JSON-RPC reserves, unless it has the reserved meaning.
    pub code: i64,
    /// Which challenge goes with it.
    pub challenge: Challenge,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u32>,
}

/// The `error` of a `WWW-Authenticate` challenge (RFC 6750 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// No challenge: a new sign-in would not help.
    None,
    /// A challenge without `error`.
    Bare,
    /// `invalid_token`.
    InvalidToken,
    /// `insufficient_scope`.
    InsufficientScope,
}

impl Challenge {
    /// The code, where there is one.
    #[must_use]
    pub const fn error(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Bare => None,
            Self::InvalidToken => Some("invalid_token"),
            Self::InsufficientScope => Some("insufficient_scope"),
        }
    }
}

/// Seconds after which a client may try again when a remote party was away.
const RETRY_AFTER: u32 = 5;

impl Rejection {
    /// Reason, status, code and challenge.
    #[must_use]
    pub fn row(&self) -> Row {
        use Challenge as C;
        let (reason, status, code, challenge) = match self {
            Self::Token(TokenError::Missing) => ("missing_token", 401, -31001, C::Bare),
            Self::Token(TokenError::ClientNotAllowed) => ("client_not_allowed", 403, -31003, C::None),
            Self::Token(TokenError::InsufficientScope { .. }) => {
                ("insufficient_scope", 403, -31004, C::InsufficientScope)
            }
            Self::Token(TokenError::KeysUnavailable) => ("keys_unavailable", 503, -31005, C::None),
            Self::Token(_) => ("invalid_token", 401, -31002, C::InvalidToken),
            Self::OriginNotAllowed(_) | Self::HostNotAllowed(_) => {
                ("origin_not_allowed", 403, -31006, C::None)
            }
            Self::Role(RoleError::NoRole) => ("no_role", 403, -31007, C::None),
            Self::Role(RoleError::RoleClaimInvalid { .. }) => ("role_claim_invalid", 403, -31008, C::None),
            Self::Policy { status: DenyStatus::Forbidden, .. } => ("policy_denied", 403, -31009, C::None),
            Self::Policy { status: DenyStatus::Ok, .. } => ("policy_denied", 200, -31009, C::None),
            Self::Message(InvalidRequest::HeaderMismatch(_)) => ("invalid_request", 400, -32020, C::None),
            Self::Message(InvalidRequest::Json(JsonError::NotJson)) => {
                ("invalid_request", 400, -32700, C::None)
            }
            Self::Meta(_) | Self::Unreadable(_) | Self::Message(_) => {
                ("invalid_request", 400, -32600, C::None)
            }
            Self::PayloadTooLarge { .. } => ("payload_too_large", 413, -31010, C::None),
            Self::Sts(StsFailure::Denied) => ("sts_denied", 403, -31011, C::None),
            Self::Sts(StsFailure::TokenRejected) => ("sts_token_rejected", 401, -31012, C::InvalidToken),
            Self::Sts(StsFailure::Misconfigured) | Self::Tags(_) => {
                ("sts_misconfigured", 502, -31013, C::None)
            }
            Self::Sts(StsFailure::Unavailable) => ("sts_unavailable", 503, -31014, C::None),
            Self::UpstreamRejectedCredentials => ("upstream_rejected_credentials", 502, -31015, C::None),
            Self::UpstreamUnavailable | Self::AnswerWithheld(_) | Self::ToolsUnlisted(_) => {
                ("upstream_unavailable", 502, -31016, C::None)
            }
            Self::UpstreamTimeout => ("upstream_timeout", 504, -31017, C::None),
            Self::NotFound { .. } | Self::SessionEnded => ("not_found", 404, -31018, C::None),
            Self::MethodNotAllowed { .. } => ("method_not_allowed", 405, -31019, C::None),
            Self::Internal => ("internal", 500, -32603, C::None),
            Self::Deadline => ("deadline", 504, -31020, C::None),
        };
        let retry_after = (status == 503).then_some(RETRY_AFTER);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Row { reason, status, code, challenge, retry_after }
    }
}
