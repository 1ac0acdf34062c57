//! Where clients sign in, and where gateway and STS find the keys.

use http::{Method, StatusCode};
use rolecall_core::config::is_https_or_loopback;
use serde_json::Value;
use url::Url;

use super::{
    findings::Hop,
    http::{Asker, Unheard},
};

const NAME: &str = "identity provider";

pub(super) async fn examine(asker: &Asker, issuer: &str) -> Hop {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let Some(url) = Url::parse(&address).ok().filter(is_https_or_loopback) else {
        return Hop::failed(NAME, "the metadata names no https address", "correct oidc.issuer");
    };
    let heard = match asker.ask(asker.request(Method::GET, url)).await {
        Ok(heard) => heard,
        Err(Unheard { facts, .. }) => {
            let facts = format!("{}: {facts}", asker.shown(&address));
            let remedy =
                "correct oidc.issuer, or make it reachable: clients, the gateway and STS all need it";
            return Hop::failed(NAME, facts, remedy);
        }
    };
    match heard.json() {
        Some(document) if heard.status == StatusCode::OK => {
            judge(asker, issuer, &document).in_time(heard.took)
        }
        _ => Hop::failed(
            NAME,
            format!("{} answers {} and no discovery document", asker.shown(&address), heard.status.as_u16()),
            "correct oidc.issuer: the document must be below it",
        ),
    }
}

fn judge(asker: &Asker, issuer: &str, document: &Value) -> Hop {
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    let named = text("issuer").unwrap_or_default();
    if named != issuer {
        let facts =
            format!("calls itself {}, and the gateway expects {}", asker.shown(named), asker.shown(issuer));
        return Hop::failed(
            NAME,
            facts,
            "write oidc.issuer exactly as the provider does, final slash included",
        );
    }
    if !text("jwks_uri")
        .and_then(|keys| Url::parse(keys).ok())
        .is_some_and(|keys| is_https_or_loopback(&keys))
    {
        return Hop::failed(NAME, "names no https address of its keys", "correct the provider's jwks_uri");
    }
    let lists = |key: &str, wanted: &str| {
        let items = document.get(key).and_then(Value::as_array);
        items.is_none_or(|items| items.iter().any(|item| item == wanted))
    };
    if !lists("code_challenge_methods_supported", "S256") {
        let remedy = "let the provider offer PKCE with S256: MCP clients require it";
        return Hop::odd(NAME, "offers no PKCE with S256", remedy);
    }
    let registration = match text("registration_endpoint") {
        Some(_) => "clients may register by themselves",
        None => "clients need a client id of yours",
    };
    Hop::passed(NAME, format!("{}; {registration}", asker.shown(issuer)))
}
