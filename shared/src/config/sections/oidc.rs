//! `oidc`: whose tokens are accepted.
//!
//! Nothing here has a permissive default: without issuer and audience no token is accepted at all.

use std::time::Duration;

use crate::{
    authenticate::Algorithm,
    config::{field::Field, node::Value, section::Section, types::Oidc, urls},
};

const DEFAULT_CLOCK_SKEW_SECONDS: u64 = 60;
/// STS allows five minutes as well.
const MAX_CLOCK_SKEW_SECONDS: i64 = 300;

/// Reads the section.
pub(super) fn read(oidc: &Section<'_>) -> Option<Oidc> {
    let issuer = oidc
        .required("issuer", "write the exact `iss` of the tokens, for example https://idp.example.com")
        .and_then(|field| urls::secure_without_query(&field));
    let audience = audience(oidc);
    let jwks_url = oidc.get("jwksUrl").and_then(|field| urls::secure(&field));
    let algorithms = algorithms(oidc);
    let required_scopes = oidc.restriction("requiredScopes", scope);
    let scopes_supported = oidc.list("scopesSupported", scope);
    let allowed_clients = oidc.restriction("allowedClients", text);
    let clock_skew =
        oidc.integer_or("clockSkewSeconds", DEFAULT_CLOCK_SKEW_SECONDS, 0..=MAX_CLOCK_SKEW_SECONDS);
    let (issuer, _) = issuer?;
    Some(Oidc {
        issuer: issuer.to_owned(),
        audience: audience?,
        jwks_url: jwks_url.map(|(_, url)| url),
        algorithms,
        required_scopes,
        scopes_supported,
        allowed_clients,
        clock_skew: Duration::from_secs(clock_skew),
    })
}

fn audience(oidc: &Section<'_>) -> Option<Vec<String>> {
    let remedy = "write the `aud` of the tokens, a text or a list";
    let field = oidc.required("audience", remedy)?;
    if !matches!(&field.node().value, Value::List(_)) {
        return field.text().map(|text| vec![text.to_owned()]);
    }
    if field.is_empty_list() {
        field.reject("has no element", remedy);
    }
    let audience: Vec<String> = field.items().iter().filter_map(text).collect();
    (!audience.is_empty()).then_some(audience)
}

fn algorithms(oidc: &Section<'_>) -> Vec<Algorithm> {
    let Some(field) = oidc.get("algorithms") else { return Algorithm::ALL.to_vec() };
    if field.is_empty_list() {
        field.reject("has no element: no token could pass", "remove the key to accept all that STS accepts");
    }
    field.items().iter().filter_map(algorithm).collect()
}

fn algorithm(field: &Field<'_>) -> Option<Algorithm> {
    let name = field.text()?;
    let algorithm = name.parse().ok();
    if algorithm.is_none() {
        let problem = match name {
            "none" => "is no signature: anybody could write the token",
            "HS256" | "HS384" | "HS512" => "is a shared secret, which STS does not accept",
            "PS256" | "PS384" | "PS512" | "EdDSA" | "Ed25519" => "is not accepted by STS",
            _ => "is not an algorithm that STS accepts",
        };
        let names = Algorithm::ALL.map(Algorithm::as_str).join(", ");
        field.refuse(problem, format!("write one of {names}, and have the provider sign with it"));
    }
    algorithm
}

fn text(field: &Field<'_>) -> Option<String> {
    field.text().map(str::to_owned)
}

/// One scope-token of RFC 6749 section 3.3.
fn scope(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
        return Some(text.to_owned());
    }
    field.refuse(
        "is not one scope",
        "write one scope for each element, in printable ASCII without spaces, \" and \\",
    );
    None
}
