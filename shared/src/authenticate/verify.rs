//! All that must hold before a claim is believed (RFC 7519 section 7.2, RFC 8725).
//!
//! The claims are checked before the signature: it costs less, and a token of another issuer must not make
//! the gateway fetch keys. Nothing of the token is used for anything else until both have passed.

use serde_json::Value;

use super::{Algorithm, Claims, KeySet, TokenError, UnverifiedToken, VerifiedClaims, keys::Verdict};
use crate::config::Oidc;

/// A token that lacks nothing but a valid signature.
pub struct CheckedToken<'a> {
    token: UnverifiedToken<'a>,
    algorithm: Algorithm,
    subject: String,
    expires_at: u64,
}

impl<'a> UnverifiedToken<'a> {
    /// Checks header and claims against the configuration; `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// The first check that fails; it is final for this token.
    pub fn check(self, oidc: &Oidc, now: u64) -> Result<CheckedToken<'a>, TokenError> {
        let algorithm = allowed_algorithm(&self.header.alg, oidc)?;
        if self.header.crit {
            return Err(TokenError::CriticalHeader);
        }
        let claims = &self.unverified_claims;
        check_issuer(claims, oidc)?;
        check_audience(claims, oidc)?;
        let expires_at = check_times(claims, oidc.clock_skew.as_secs(), now)?;
        let subject = non_empty_text(claims, "sub")?.to_owned();
        check_client(claims, oidc)?;
        check_scopes(claims, oidc)?;
        Ok(CheckedToken { token: self, algorithm, subject, expires_at })
    }
}

impl CheckedToken<'_> {
    /// Checks the signature with the issuer's keys.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] means that newer keys might help; every other error is final.
    pub fn verify(&self, keys: &KeySet) -> Result<VerifiedClaims, TokenError> {
        self.check_signature(keys)?;
        let claims = self.token.unverified_claims.clone();
        Ok(VerifiedClaims::new(claims, self.subject.clone(), self.expires_at))
    }

    fn check_signature(&self, keys: &KeySet) -> Result<(), TokenError> {
        let token = &self.token;
        let mut refusal = TokenError::UnknownKey;
        for key in keys.candidates(token.header.kid.as_deref(), self.algorithm) {
            match key.check(self.algorithm, token.signing_input, token.signature) {
                Verdict::Valid => return Ok(()),
                Verdict::Weak => refusal = TokenError::WeakKey,
                // Without a kid, a signature that no known key made may be of a key not fetched yet.
                Verdict::Invalid if token.header.kid.is_some() => refusal = TokenError::BadSignature,
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
    if non_empty_text(claims, "iss")? == oidc.issuer { Ok(()) } else { Err(TokenError::WrongIssuer) }
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

/// Returns `exp`.
fn check_times(claims: &Claims, skew: u64, now: u64) -> Result<u64, TokenError> {
    let expires_at = seconds(claims, "exp")?.ok_or(TokenError::Claim { claim: "exp", problem: "missing" })?;
    if now >= expires_at.saturating_add(skew) {
        return Err(TokenError::Expired);
    }
    let latest_start = now.saturating_add(skew);
    if seconds(claims, "nbf")?.is_some_and(|not_before| not_before > latest_start) {
        return Err(TokenError::NotYetValid);
    }
    if seconds(claims, "iat")?.is_some_and(|issued_at| issued_at > latest_start) {
        return Err(TokenError::IssuedInFuture);
    }
    Ok(expires_at)
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

fn non_empty_text<'a>(claims: &'a Claims, claim: &'static str) -> Result<&'a str, TokenError> {
    let problem = match claims.get(claim) {
        None | Some(Value::Null) => "missing",
        Some(Value::String(text)) if text.is_empty() => "empty",
        Some(Value::String(text)) => return Ok(text),
        Some(_) => "not a string",
    };
    Err(TokenError::Claim { claim, problem })
}
