//! What a refusal of STS means and who must act on it.

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
    /// Provider, audience, duration, policy or region are set up wrongly: the operator must act.
    #[error(
        "STS refuses the exchange because of how the role, the OIDC provider or the session is set up; the operator finds STS's code in the gateway's log"
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

impl StsAnswer<'_> {
    /// The meaning of this answer.
    ///
    /// Source: the errors of AssumeRoleWithWebIdentity in the STS API reference and the common errors.
    #[must_use]
    pub fn failure(self) -> StsFailure {
        let Self::Error { status, code, message } = self else {
            return StsFailure::Unavailable;
        };
        match code {
            "AccessDenied" | "AccessDeniedException" => StsFailure::Denied,
            "ExpiredTokenException" | "ExpiredToken" | "IDPRejectedClaim" => StsFailure::TokenRejected,
            "InvalidIdentityToken" if message.contains(ROLES_CLAIM_MESSAGE) => StsFailure::Denied,
            "InvalidIdentityToken" if SETUP_MESSAGES.iter().any(|text| message.contains(text)) => {
                StsFailure::Misconfigured
            }
            "InvalidIdentityToken" => StsFailure::TokenRejected,
            "IDPCommunicationError"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "ServiceUnavailable"
            | "RequestThrottled"
            | "TooManyRequestsException" => StsFailure::Unavailable,
            _ if status >= 500 || status == 429 => StsFailure::Unavailable,
            _ => StsFailure::Misconfigured,
        }
    }

    /// STS could not fetch the issuer's keys: asking once more may help, although the code says otherwise.
    #[must_use]
    pub fn deserves_second_try(self) -> bool {
        matches!(self, Self::Error { code: "InvalidIdentityToken", message, .. }
            if message.contains(VERIFICATION_KEY_MESSAGE))
    }
}
