//! What web pages may do: a stranger's nothing, the resource's own everything.

use http::{Method, header};
use serde_json::Value;

use super::{
    exchange,
    findings::Hop,
    http::{Asker, Unheard},
};

const ORIGIN: &str = "origins";
const PREFLIGHT: &str = "preflight";
/// RFC 2606 keeps the name free.
const STRANGER: &str = "https://stranger.invalid";

pub(super) async fn examine(asker: &Asker) -> [Hop; 2] {
    [stranger(asker).await, preflight(asker).await]
}

async fn stranger(asker: &Asker) -> Hop {
    let request = asker.message(&exchange::initialize()).header(header::ORIGIN, STRANGER);
    let heard = match asker.ask(request).await {
        Ok(heard) => heard,
        Err(Unheard { facts, remedy }) => return Hop::failed(ORIGIN, facts, remedy),
    };
    let reason = heard.json().and_then(|body| Some(body.get("error")?.as_str()?.to_owned()));
    if heard.status.as_u16() == 403 && reason.as_deref() == Some("origin_not_allowed") {
        return Hop::passed(ORIGIN, "pages of other sites are refused").in_time(heard.took);
    }
    Hop::failed(
        ORIGIN,
        format!("a page of another site is answered with {}, not 403", heard.status.as_u16()),
        "let the Origin header pass to the gateway through whatever is in front",
    )
}

async fn preflight(asker: &Asker) -> Hop {
    let own = asker.url().origin().ascii_serialization();
    let request = asker
        .request(Method::OPTIONS, asker.url().clone())
        .header(header::ORIGIN, &own)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type,mcp-protocol-version");
    let heard = match asker.ask(request).await {
        Ok(heard) => heard,
        Err(Unheard { facts, remedy }) => return Hop::failed(PREFLIGHT, facts, remedy),
    };
    let allows = |name, wanted: &str| {
        heard.header(name).is_some_and(|value| value == "*" || value.to_ascii_lowercase().contains(wanted))
    };
    let allowed = heard.header("access-control-allow-origin");
    let is_own = allowed == Some(own.as_str()) || allowed == Some("*");
    if heard.status.is_success() && is_own && allows("access-control-allow-headers", "authorization") {
        return Hop::passed(PREFLIGHT, "pages of the gateway's own origin may call").in_time(heard.took);
    }
    let origin = allowed.map_or(Value::Null, Value::from);
    Hop::odd(
        PREFLIGHT,
        format!("answers {} and allows origin {}", heard.status.as_u16(), asker.shown(&origin.to_string())),
        "browser-based clients cannot connect: remove the CORS settings of the function URL or API in front, which answer \
         in the gateway's place",
    )
}
