//! How it ended.

use http::StatusCode;
use serde::{Serialize, Serializer};

use crate::{authenticate::TokenError, exchange::StsFailure, rejection::Rejection};

/// `reason` of a request whose client left before the answer's first byte.
pub const CLIENT_DISCONNECTED: &str = "client_disconnected";
/// `reason` of a request that was open when the gateway stopped.
pub const GATEWAY_STOPPED: &str = "gateway_stopped";

/// `outcome` of an audit line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered.
    Success,
    /// Somebody was not allowed to.
    Denied,
    /// The upstream answered with an error status.
    Failure,
    /// The gateway or a remote party could not do its part.
    Error,
    /// Answered, with a JSON-RPC error or a failed tool's result inside.
    ApplicationError,
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
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
            Self::ApplicationError => "application_error",
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
