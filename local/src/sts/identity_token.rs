//! Whether STS believes a web identity token: provider, signature, required claims, times, audience.
//! Only [`verify`] makes a [`VerifiedToken`], so nothing is issued on unverified claims.

use serde_json::{Map, Value};

use crate::http::client;

use super::{
    jwt::UnverifiedJwt,
    refusal::Refusal,
    role::{KeySource, Provider},
};

/// The skew that STS forgives, in seconds.
const CLOCK_SKEW: u64 = 300;
const REQUIRED_CLAIMS: [&str; 5] = ["iss", "sub", "aud", "iat", "exp"];
const NO_KEY: &str = "Couldn't retrieve verification key from your identity provider,  please reference \
                      AssumeRoleWithWebIdentity documentation for requirements";

/// A token that STS believes.
pub(super) struct VerifiedToken {
    pub(super) claims: Map<String, Value>,
    pub(super) issuer: String,
    pub(super) subject: String,
    /// What `ISSUER:aud` is compared with: `azp` where there is one, else `aud`.
    pub(super) audience: String,
}

/// Verifies `token` at `now` (Unix seconds) against the providers of `account`.
pub(super) async fn verify(
    token: &str,
    account: &str,
    providers: &[Provider],
    now: u64,
) -> Result<VerifiedToken, Refusal> {
    let jwt = UnverifiedJwt::parse(token).ok_or_else(|| {
        Refusal::invalid_identity_token(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        )
    })?;
    let unverified_issuer = text(&jwt.unverified_claims, "iss")?;
    let provider = providers
        .iter()
        .find(|one| one.issuer == unverified_issuer && one.accounts.iter().any(|id| id == account))
        .ok_or_else(|| {
            Refusal::invalid_identity_token(&format!(
                "No OpenIDConnect provider found in your account for {unverified_issuer}"
            ))
        })?;
    let jwks = jwks(provider).await.ok_or_else(|| Refusal::invalid_identity_token(NO_KEY))?;
    match jwt.verify(&jwks) {
        Some(true) => believe(jwt.unverified_claims, provider, now),
        Some(false) => Err(Refusal::invalid_identity_token("The identity token's signature is invalid")),
        None => Err(Refusal::invalid_identity_token(NO_KEY)),
    }
}

fn believe(claims: Map<String, Value>, provider: &Provider, now: u64) -> Result<VerifiedToken, Refusal> {
    if let Some(missing) = REQUIRED_CLAIMS.iter().find(|name| !claims.contains_key(**name)) {
        return Err(Refusal::missing_claim(missing));
    }
    let exp = timestamp(&claims, "exp")?;
    if exp.saturating_add(CLOCK_SKEW) <= now {
        return Err(Refusal::expired_token(now, exp));
    }
    let too_early = |name| -> Result<bool, Refusal> {
        Ok(claims.contains_key(name) && timestamp(&claims, name)? > now + CLOCK_SKEW)
    };
    if too_early("iat")? || too_early("nbf")? {
        return Err(Refusal::invalid_identity_token("Token is not valid yet"));
    }
    let audience = audience(&claims)?;
    if !provider.client_ids.contains(&audience) {
        return Err(Refusal::invalid_identity_token("Incorrect token audience"));
    }
    let subject = text(&claims, "sub")?;
    Ok(VerifiedToken { issuer: provider.issuer.clone(), subject, audience, claims })
}

fn audience(claims: &Map<String, Value>) -> Result<String, Refusal> {
    if let Some(Value::String(party)) = claims.get("azp") {
        return Ok(party.clone());
    }
    match claims.get("aud") {
        Some(Value::String(one)) => Ok(one.clone()),
        Some(Value::Array(list)) => match list.as_slice() {
            [Value::String(one)] => Ok(one.clone()),
            _ => Err(Refusal::invalid_identity_token("Incorrect token audience")),
        },
        _ => Err(Refusal::missing_claim("aud")),
    }
}

fn text(claims: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    claims.get(name).and_then(Value::as_str).map(Into::into).ok_or_else(|| Refusal::missing_claim(name))
}

/// STS refuses a fractional timestamp.
fn timestamp(claims: &Map<String, Value>, name: &str) -> Result<u64, Refusal> {
    claims
        .get(name)
        .and_then(Value::as_u64)
        .ok_or_else(|| Refusal::invalid_identity_token(&format!("Invalid value for claim: {name}")))
}

async fn jwks(provider: &Provider) -> Option<Value> {
    match &provider.keys {
        KeySource::Embedded(keys) => Some(keys.jwks()),
        KeySource::Unreachable => None,
        KeySource::Discovery => {
            let http = client();
            let document =
                format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'));
            let document: Value = http.get(document).send().await.ok()?.json().await.ok()?;
            http.get(document.get("jwks_uri")?.as_str()?).send().await.ok()?.json().await.ok()
        }
    }
}
