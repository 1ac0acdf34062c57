//! `oidc`: whose tokens are accepted.
//!
//! Nothing here has a permissive default: without issuer and audience no token is accepted at all.

use std::time::Duration;

use crate::{
    authenticate::Algorithm,
    config::{field::Field, node::Value, section::Section, types::Oidc, urls},
    exchange::ExchangeMode,
};

const DEFAULT_CLOCK_SKEW_SECONDS: u64 = 60;
/// STS allows five minutes as well.
const MAX_CLOCK_SKEW_SECONDS: i64 = 300;

/// Reads the section; which algorithms are of use depends on who judges the token.
pub(super) fn read(oidc: &Section<'_>, exchange: &ExchangeMode) -> Option<Oidc> {
    let issuer = oidc
        .required("issuer", "write the exact `iss` of the tokens, for example https://idp.example.com")
        .and_then(|field| urls::secure_without_query(&field));
    let audience = audience(oidc);
    let jwks_url = oidc.get("jwksUrl").and_then(|field| urls::secure(&field));
    let algorithms = algorithms(oidc, exchange);
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

fn algorithms(oidc: &Section<'_>, exchange: &ExchangeMode) -> Vec<Algorithm> {
    let Some(field) = oidc.get("algorithms") else { return Algorithm::OF_STS.to_vec() };
    if field.is_empty_list() {
        field.reject("has no element: no token could pass", "remove the key to accept all that STS accepts");
    }
    let usable: &[Algorithm] = match exchange {
        ExchangeMode::WebIdentity => &Algorithm::OF_STS,
        ExchangeMode::AssumeRole { .. } => &Algorithm::ALL,
    };
    field.items().iter().filter_map(|item| algorithm(item, usable)).collect()
}

fn algorithm(field: &Field<'_>, usable: &[Algorithm]) -> Option<Algorithm> {
    let name = field.text()?;
    let problem = match name.parse() {
        Ok(algorithm) if usable.contains(&algorithm) => return Some(algorithm),
        Ok(_) => "is not accepted by STS, only with `exchange: assumeRole`",
        Err(_) => match name {
            "none" => "is no signature: anybody could write the token",
            "HS256" | "HS384" | "HS512" => "is a shared secret: whoever verifies could also sign",
            _ => "is not a known algorithm",
        },
    };
    let names: Vec<&str> = usable.iter().map(|algorithm| algorithm.as_str()).collect();
    field.refuse(problem, format!("write one of {}, and have the provider sign with it", names.join(", ")));
    None
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
