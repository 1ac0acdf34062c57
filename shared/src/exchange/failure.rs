//! What a refusal of STS means and who must act on it.

use super::Operation;

/// An error answer of STS, or the lack of an answer.
#[derive(Clone, Copy, Debug)]
pub enum StsAnswer<'a> {
    /// An error document.
    Error {
        /// HTTP status.
        status: u16,
        /// `Code`.
        code: &'a str,
        /// `Message`.
        message: &'a str,
    },
    /// No answer, or none that can be read.
    None,
}

/// The meaning of an unsuccessful exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StsFailure {
    /// The trust policy or the token's role list refuses.
    #[error("the role's trust policy or the token's roles claim does not let this user assume the role")]
    Denied,
    /// The token itself is refused: a new sign-in can cure it.
    #[error("STS no longer accepts the token: sign in again")]
    TokenRejected,
    /// Provider, audience, duration, policy, region or the function's own credentials are set up wrongly: the operator
    /// must act.
    #[error(
        "STS refuses the exchange because of how the role, the session, the OIDC provider or the function's execution role is set up; the operator finds STS's code in the gateway's log"
    )]
    Misconfigured,
    /// Throttled, failing or unreachable.
    #[error("STS cannot be reached or is throttling; try again shortly")]
    Unavailable,
}

/// `InvalidIdentityToken` is one code for many causes; these texts mean that the set-up is at fault.
const SETUP_MESSAGES: [&str; 4] = [
    "Incorrect token audience",
    "No OpenIDConnect provider found",
    "Missing a required claim",
    VERIFICATION_KEY_MESSAGE,
];
const VERIFICATION_KEY_MESSAGE: &str = "Couldn't retrieve verification key";
const ROLES_CLAIM_MESSAGE: &str = "not present in the roles claim";

/// Kinds of policy that belong to the caller, as IAM words them where it says which one refused; a trust policy is a
/// "resource-based policy" (IAM User Guide, "Troubleshoot access denied error messages").
const CALLERS_POLICIES: [&str; 5] = [
    "identity-based policy",
    "permissions boundary",
    "session policy",
    "service control policy",
    "VPC endpoint policy",
];

impl StsAnswer<'_> {
    /// The meaning of this answer to `operation`.
    ///
    /// Source: the errors of both operations in the STS API reference, and the common errors.
    #[must_use]
    pub fn failure(self, operation: &Operation) -> StsFailure {
        let Self::Error { status, code, message } = self else {
            return StsFailure::Unavailable;
        };
        match code {
            "IDPCommunicationError"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "ServiceUnavailable"
            | "RequestThrottled"
            | "TooManyRequestsException" => StsFailure::Unavailable,
            _ if status >= 500 || status == 429 => StsFailure::Unavailable,
            _ => match operation {
                Operation::AssumeRoleWithWebIdentity => refused_token(code, message),
                Operation::AssumeRole(_) => refused_function(code, message),
            },
        }
    }

    /// STS could not fetch the issuer's keys: asking once more may help, although the code says otherwise.
    #[must_use]
    pub fn deserves_second_try(self) -> bool {
        matches!(self, Self::Error { code: "InvalidIdentityToken", message, .. }
            if message.contains(VERIFICATION_KEY_MESSAGE))
    }
}

/// AssumeRoleWithWebIdentity: STS judges the user's token.
fn refused_token(code: &str, message: &str) -> StsFailure {
    match code {
        "AccessDenied" | "AccessDeniedException" => StsFailure::Denied,
        "ExpiredTokenException" | "ExpiredToken" | "IDPRejectedClaim" => StsFailure::TokenRejected,
        "InvalidIdentityToken" if message.contains(ROLES_CLAIM_MESSAGE) => StsFailure::Denied,
        "InvalidIdentityToken" if SETUP_MESSAGES.iter().any(|text| message.contains(text)) => {
            StsFailure::Misconfigured
        }
        "InvalidIdentityToken" => StsFailure::TokenRejected,
        _ => StsFailure::Misconfigured,
    }
}

/// AssumeRole: STS judges the function, never the user's token, so no answer means that the user should sign in again.
///
/// Credentials of the function that are expired, unknown or sign wrongly (`ExpiredToken`, `InvalidClientTokenId`,
/// `SignatureDoesNotMatch`…) are the operator's matter, not a passing one: they are read once, at start.
fn refused_function(code: &str, message: &str) -> StsFailure {
    match code {
        "AccessDenied" | "AccessDeniedException"
            if !CALLERS_POLICIES.iter().any(|kind| message.contains(kind)) =>
        {
            StsFailure::Denied
        }
        _ => StsFailure::Misconfigured,
    }
}
