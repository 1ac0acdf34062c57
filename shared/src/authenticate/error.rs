//! Why a token was refused. The texts reach the client as `error_description`: facts about the token's form
//! and about this gateway's public configuration, never a part of the token itself.

use super::Algorithm;

/// A refusal of the station *authenticate*.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No `Authorization: Bearer`.
    #[error("no bearer token: sign in and send `Authorization: Bearer <access token>`")]
    Missing,
    /// More than one `Authorization` header.
    #[error("the request has more than one Authorization header")]
    Repeated,
    /// Longer than `limits.maxTokenBytes`.
    #[error("the token is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not three base64url parts of which the first two are JSON objects.
    #[error(
        "the token is not a signed JWT; opaque and encrypted tokens cannot be exchanged at STS: ask the identity provider for a JWT access token"
    )]
    NotAJwt,
    /// `alg` is none, symmetric, or not in `oidc.algorithms`.
    #[error("the token's signature algorithm is not allowed; allowed: {}", names(.allowed))]
    AlgorithmNotAllowed {
        /// `oidc.algorithms`.
        allowed: Vec<Algorithm>,
    },
    /// The header has `crit` (RFC 7515 section 4.1.11).
    #[error("the token's header demands extensions (crit) that are not supported")]
    CriticalHeader,
    /// A claim is absent or has the wrong type.
    #[error("the token's {claim} claim is {problem}")]
    Claim {
        /// Its name.
        claim: &'static str,
        /// `missing`, `not a string`, …
        problem: &'static str,
    },
    /// `iss` is not the configured issuer.
    #[error("the token was issued by another issuer than this gateway trusts")]
    WrongIssuer,
    /// No element of `aud` is configured.
    #[error("the token is for another audience; request one for {}", .expected.join(" or "))]
    WrongAudience {
        /// `oidc.audience`.
        expected: Vec<String>,
    },
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` lies ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` lies ahead.
    #[error("the token was issued in the future: the clocks of issuer and gateway differ")]
    IssuedInFuture,
    /// No key of the issuer has the token's `kid`, or none fits its algorithm.
    #[error("the token's signing key is not among the issuer's keys")]
    UnknownKey,
    /// The key exists but must not be used.
    #[error("the token is signed with an RSA key of less than 2048 bits")]
    WeakKey,
    /// The signature does not match.
    #[error("the token's signature is not valid")]
    BadSignature,
    /// `azp`, `client_id`, `cid` or `appid` is not in `oidc.allowedClients`.
    #[error(
        "the client that obtained the token is not allowed here; sign in with another, or ask the operator to add it to oidc.allowedClients"
    )]
    ClientNotAllowed,
    /// A required scope is absent.
    #[error("the token lacks a required scope; request: {}", .required.join(" "))]
    InsufficientScope {
        /// `oidc.requiredScopes`, all of them.
        required: Vec<String>,
    },
    /// Neither the issuer nor a cache has keys to check with.
    #[error("the identity provider's signing keys cannot be fetched right now; try again shortly")]
    KeysUnavailable,
}

fn names(algorithms: &[Algorithm]) -> String {
    algorithms.iter().map(|algorithm| algorithm.as_str()).collect::<Vec<_>>().join(", ")
}
