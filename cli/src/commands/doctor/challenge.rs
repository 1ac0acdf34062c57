//! What a caller without a token gets: the challenge that makes a client sign in.

use http::StatusCode;
use serde_json::Value;

use super::{
    exchange,
    findings::Hop,
    http::{Asker, Heard, Unheard},
};

const NAME: &str = "challenge";
/// What function URLs and REST APIs make of the header.
const REMAPPED: &str = "x-amzn-remapped-www-authenticate";

pub(super) async fn examine(asker: &Asker) -> Hop {
    match asker.ask(asker.message(&exchange::initialize())).await {
        Ok(heard) => judge(asker, &heard).in_time(heard.took),
        Err(Unheard { facts, remedy }) => Hop::failed(NAME, facts, remedy),
    }
}

fn judge(asker: &Asker, heard: &Heard) -> Hop {
    if heard.status != StatusCode::UNAUTHORIZED {
        let facts = format!("a call without a token is answered with {}, not 401", heard.status.as_u16());
        let remedy = match heard.status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                "give the endpoint's URL: the path of resourceUrl, /mcp by default"
            }
            status if status.is_success() => {
                "something in front adds an Authorization header, or this is not Rolecall"
            }
            _ => {
                "something in front answers in the gateway's place: look for a firewall or an authorizer there"
            }
        };
        return Hop::failed(NAME, facts, remedy);
    }
    let body = heard.json().unwrap_or_default();
    let in_body = body.get("resource_metadata").and_then(Value::as_str);
    match (heard.header("www-authenticate"), heard.header(REMAPPED)) {
        (Some(challenge), _) if names_metadata(challenge) => {
            Hop::passed(NAME, "401, and the header names the metadata")
        }
        (None, Some(challenge)) if names_metadata(challenge) => Hop::odd(
            NAME,
            "401, and the header is renamed on the way, as function URLs and REST APIs do; clients fall back to the metadata's \
             well-known places",
            "put CloudFront in front to restore it, if a client does not find the metadata",
        ),
        _ if in_body.is_some() => Hop::odd(
            NAME,
            "401 without WWW-Authenticate; the body names the metadata",
            "let the header pass through whatever is in front",
        ),
        _ => Hop::failed(
            NAME,
            format!(
                "401 without the metadata's address: {}",
                asker.shown(&String::from_utf8_lossy(&heard.body))
            ),
            "something in front answers in the gateway's place: look for an authorizer there",
        ),
    }
}

fn names_metadata(challenge: &str) -> bool {
    challenge.to_ascii_lowercase().starts_with("bearer ") && challenge.contains("resource_metadata=\"")
}
