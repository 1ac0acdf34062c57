//! The errors of both operations, with the codes, statuses and texts that AWS uses
//! (STS API reference, "Errors" and "Common errors").

use http::StatusCode;

use crate::verifier::Rejection;

/// An error as STS answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The error code, such as `InvalidIdentityToken`.
    pub code: String,
    /// The message for people.
    pub message: String,
}

impl Refusal {
    /// Any error at all, for [`super::Sts::fail_next`].
    #[must_use]
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    pub(super) fn access_denied(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    /// A signature that does not hold, under the names of the query protocol.
    pub(super) fn unsigned(rejection: &Rejection) -> Self {
        let code = match rejection.error_type.as_str() {
            "ExpiredTokenException" => "ExpiredToken",
            "UnrecognizedClientException" => "InvalidClientTokenId",
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            "IncompleteSignatureException" => "IncompleteSignature",
            "InvalidSignatureException" => "SignatureDoesNotMatch",
            other => other,
        };
        Self::new(rejection.status, code, &rejection.message)
    }

    pub(super) fn invalid_identity_token(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidIdentityToken", message)
    }

    pub(super) fn missing_claim(claim: &str) -> Self {
        Self::invalid_identity_token(&format!("Missing a required claim: {claim}"))
    }

    pub(super) fn expired_token(now: u64, exp: u64) -> Self {
        let message =
            format!("Token expired: current date/time {now} must be before the expiration date/time {exp}");
        Self::new(StatusCode::BAD_REQUEST, "ExpiredTokenException", &message)
    }

    pub(super) fn validation(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationError", message)
    }

    pub(super) fn constraint(value: &str, member: &str, constraint: &str) -> Self {
        Self::validation(&format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ))
    }

    pub(super) fn malformed_policy(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MalformedPolicyDocument", message)
    }

    pub(super) fn packed_policy_too_large(percent: usize) -> Self {
        let message =
            format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.");
        Self::new(StatusCode::BAD_REQUEST, "PackedPolicyTooLarge", &message)
    }

    pub(super) fn internal() -> Self {
        let message = "We encountered an internal error. Please try again.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", message)
    }
}
