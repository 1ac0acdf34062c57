//! The protected resource metadata (RFC 9728), in both places where clients look for it.

use http::{Method, StatusCode};
use rolecall_core::front_door::PROTECTED_RESOURCE;
use serde_json::Value;
use url::Url;

use super::{
    findings::Hop,
    http::{Asker, Unheard},
};

const NAME: &str = "metadata";

/// The hop, and the authorization server that the metadata names.
pub(super) async fn examine(asker: &Asker) -> (Hop, Option<String>) {
    let path = asker.url().path().trim_end_matches('/').to_owned();
    let mut forms = vec![PROTECTED_RESOURCE.to_owned()];
    if !path.is_empty() {
        forms.push(format!("{PROTECTED_RESOURCE}{path}"));
    }
    let mut documents = Vec::new();
    for form in &forms {
        match document(asker, form).await {
            Ok(document) => documents.push(document),
            Err(hop) => return (hop, None),
        }
    }
    if documents.windows(2).any(|pair| pair.first() != pair.last()) {
        let remedy = "route both paths to the same gateway";
        return (Hop::failed(NAME, "the two forms differ", remedy), None);
    }
    let document = documents.pop().unwrap_or_default();
    let issuer = document.pointer("/authorization_servers/0").and_then(Value::as_str).map(str::to_owned);
    (judge(asker, &document, issuer.as_deref()), issuer)
}

async fn document(asker: &Asker, path: &str) -> Result<Value, Hop> {
    let heard = asker
        .ask(asker.request(Method::GET, asker.at(path)))
        .await
        .map_err(|Unheard { facts, remedy }| Hop::failed(NAME, format!("{path}: {facts}"), remedy))?;
    match heard.json() {
        Some(document) if heard.status == StatusCode::OK => Ok(document),
        _ => Err(Hop::failed(
            NAME,
            format!("{path} answers {} and no metadata", heard.status.as_u16()),
            "route /.well-known/* at the host's root to the gateway; and resourceUrl must have the path that clients use",
        )),
    }
}

fn judge(asker: &Asker, document: &Value, issuer: Option<&str>) -> Hop {
    let resource = document.get("resource").and_then(Value::as_str).unwrap_or_default();
    let Some(issuer) = issuer else {
        return Hop::failed(NAME, "names no authorization server", "check that the gateway is Rolecall");
    };
    let url = asker.url();
    let shown = asker.shown(resource);
    if resource.trim_end_matches('/') == url.as_str().trim_end_matches('/') {
        return Hop::passed(NAME, format!("both forms; sign-in at {}", asker.shown(issuer)));
    }
    let is_prefix = Url::parse(resource).is_ok_and(|resource| {
        resource.origin() == url.origin() && url.path().starts_with(resource.path().trim_end_matches('/'))
    });
    let remedy = format!("set resourceUrl to the URL that clients use, {url}, or give clients {shown}");
    if is_prefix {
        Hop::odd(NAME, format!("resource is {shown}, a part of this URL; some clients compare them"), remedy)
    } else {
        Hop::failed(NAME, format!("resource is {shown}, so clients do not sign in for this URL"), remedy)
    }
}
