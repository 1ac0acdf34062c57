//! All that must hold before a claim is believed (RFC 7519 section 7.2, RFC 8725).
//!
//! What makes a token invalid is checked before the signature: it costs less, and a token of another issuer must
//! not make the gateway fetch keys. What a valid token may do here (client, scopes) is checked after it. Nothing
//! of the token is used for anything else until all has passed.

use serde_json::Value;

use super::{Algorithm, Claims, KeySet, TokenError, UnverifiedToken, VerifiedClaims, keys::Verdict};
use crate::config::Oidc;

/// A token that lacks nothing but a valid signature.
pub struct CheckedToken<'a> {
    token: UnverifiedToken<'a>,
    oidc: &'a Oidc,
    algorithm: Algorithm,
    subject: String,
    expires_at: u64,
}

impl<'a> UnverifiedToken<'a> {
    /// Checks header and claims against the configuration; `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// The first check that fails; it is final for this token.
    pub fn check(self, oidc: &'a Oidc, now: u64) -> Result<CheckedToken<'a>, TokenError> {
        for check in Check::BEFORE_SIGNATURE {
            self.passes(check, oidc, now)?;
        }
        let algorithm = allowed_algorithm(&self.header.alg, oidc)?;
        let expires_at = expiry(&self.unverified_claims)?;
        let subject = self.unverified_claims.required_text("sub")?.to_owned();
        Ok(CheckedToken { token: self, oidc, algorithm, subject, expires_at })
    }

    /// One check alone; `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// Why the token does not pass it.
    pub fn passes(&self, check: Check, oidc: &Oidc, now: u64) -> Result<(), TokenError> {
        let claims = &self.unverified_claims;
        let skew = oidc.clock_skew.as_secs();
        match check {
            Check::Algorithm => allowed_algorithm(&self.header.alg, oidc).map(|_| ()),
            Check::CriticalHeader if self.header.crit => Err(TokenError::CriticalHeader),
            Check::CriticalHeader => Ok(()),
            Check::Issuer => check_issuer(claims, oidc),
            Check::Audience => check_audience(claims, oidc),
            Check::Expiry if now >= expiry(claims)?.saturating_add(skew) => Err(TokenError::Expired),
            Check::Expiry => Ok(()),
            Check::NotBefore => check_start(claims, "nbf", now.saturating_add(skew), TokenError::NotYetValid),
            Check::IssuedAt => {
                check_start(claims, "iat", now.saturating_add(skew), TokenError::IssuedInFuture)
            }
            Check::Subject => claims.required_text("sub").map(|_| ()),
            Check::Client => check_client(claims, oidc),
            Check::Scopes => check_scopes(claims, oidc),
        }
    }
}

/// What is checked of a token besides its form and its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// `alg` is in `oidc.algorithms`.
    Algorithm,
    /// The header demands no extension.
    CriticalHeader,
    /// `iss` is `oidc.issuer`.
    Issuer,
    /// `aud` has one of `oidc.audience`.
    Audience,
    /// `exp` lies ahead.
    Expiry,
    /// `nbf`, where there is one, has passed.
    NotBefore,
    /// `iat`, where there is one, has passed.
    IssuedAt,
    /// `sub` is there.
    Subject,
    /// The client is in `oidc.allowedClients`.
    Client,
    /// The token has `oidc.requiredScopes`.
    Scopes,
}

impl Check {
    /// Those that make a token invalid, in the order they are made.
    pub const BEFORE_SIGNATURE: [Self; 8] = [
        Self::Algorithm,
        Self::CriticalHeader,
        Self::Issuer,
        Self::Audience,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Subject,
    ];

    /// Those of what a valid token may do here, likewise.
    pub const AFTER_SIGNATURE: [Self; 2] = [Self::Client, Self::Scopes];
}

impl CheckedToken<'_> {
    /// Checks the signature with the issuer's keys, then client and scopes.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] means that newer keys might help; every other error is final.
    pub fn verify(&self, keys: &KeySet) -> Result<VerifiedClaims, TokenError> {
        self.check_signature(keys)?;
        let claims = self.token.unverified_claims.clone();
        check_client(&claims, self.oidc)?;
        check_scopes(&claims, self.oidc)?;
        Ok(VerifiedClaims::new(claims, self.subject.clone(), self.expires_at))
    }

    fn check_signature(&self, keys: &KeySet) -> Result<(), TokenError> {
        let token = &self.token;
        let mut refusal = TokenError::UnknownKey;
        for key in keys.candidates(token.header.kid.as_deref(), self.algorithm) {
            match key.check(self.algorithm, token.signing_input, token.signature) {
                Verdict::Valid => return Ok(()),
                Verdict::Weak => refusal = TokenError::WeakKey,
                // Where key or token has no kid, the signature may be of a key not fetched yet.
                Verdict::Invalid if key.is_named() && token.header.kid.is_some() => {
                    refusal = TokenError::BadSignature;
                }
                Verdict::Invalid => {}
            }
        }
        Err(refusal)
    }
}

fn allowed_algorithm(alg: &str, oidc: &Oidc) -> Result<Algorithm, TokenError> {
    alg.parse()
        .ok()
        .filter(|algorithm| oidc.algorithms.contains(algorithm))
        .ok_or_else(|| TokenError::AlgorithmNotAllowed { allowed: oidc.algorithms.clone() })
}

fn check_issuer(claims: &Claims, oidc: &Oidc) -> Result<(), TokenError> {
    if claims.required_text("iss")? == oidc.issuer { Ok(()) } else { Err(TokenError::WrongIssuer) }
}

fn check_audience(claims: &Claims, oidc: &Oidc) -> Result<(), TokenError> {
    let is_ours =
        |value: &Value| value.as_str().is_some_and(|aud| oidc.audience.iter().any(|own| own == aud));
    let found = match claims.get("aud") {
        None => return Err(TokenError::Claim { claim: "aud", problem: "missing" }),
        Some(Value::Array(values)) => values.iter().any(is_ours),
        Some(value) => is_ours(value),
    };
    if found { Ok(()) } else { Err(TokenError::WrongAudience { expected: oidc.audience.clone() }) }
}

fn expiry(claims: &Claims) -> Result<u64, TokenError> {
    seconds(claims, "exp")?.ok_or(TokenError::Claim { claim: "exp", problem: "missing" })
}

fn check_start(
    claims: &Claims,
    claim: &'static str,
    latest: u64,
    refusal: TokenError,
) -> Result<(), TokenError> {
    if seconds(claims, claim)?.is_some_and(|start| start > latest) { Err(refusal) } else { Ok(()) }
}

/// A `NumericDate`; STS refuses fractions, so they end here with a clear word.
fn seconds(claims: &Claims, claim: &'static str) -> Result<Option<u64>, TokenError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or(TokenError::Claim { claim, problem: "not a whole number of seconds since 1970" }),
    }
}

fn check_client(claims: &Claims, oidc: &Oidc) -> Result<(), TokenError> {
    if oidc.allowed_clients.is_empty() {
        return Ok(());
    }
    claims
        .client_id()
        .filter(|client| oidc.allowed_clients.iter().any(|allowed| allowed == client))
        .map(|_| ())
        .ok_or(TokenError::ClientNotAllowed)
}

fn check_scopes(claims: &Claims, oidc: &Oidc) -> Result<(), TokenError> {
    let granted = granted_scopes(claims);
    if oidc.required_scopes.iter().all(|scope| granted.contains(&scope.as_str())) {
        Ok(())
    } else {
        Err(TokenError::InsufficientScope { required: oidc.required_scopes.clone() })
    }
}

/// `scope` (RFC 9068 section 2.2.3) and `scp` (Okta, Entra ID), each a space-separated string or an array.
fn granted_scopes(claims: &Claims) -> Vec<&str> {
    ["scope", "scp"]
        .iter()
        .filter_map(|name| claims.get(name))
        .flat_map(|value| match value {
            Value::String(text) => text.split(' ').collect(),
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        })
        .collect()
}
