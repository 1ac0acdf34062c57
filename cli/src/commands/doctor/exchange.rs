//! A whole exchange with a token. The first request walks every station; the ones after it show what is cached.

use http::{Method, StatusCode, header};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{
    findings::Hop,
    http::{Asker, Heard, Unheard},
    reasons::{STATIONS, station},
};

const SESSION: &str = "mcp-session-id";
const REVISION: &str = "mcp-protocol-version";
const OLD: &str = "2025-11-25";
const NEW: &str = "2026-07-28";
/// Of each later hop, in their order.
const LATER: [&str; 3] = ["tools/list", "ping", "server/discover"];

/// The first message of a session.
pub(super) fn initialize() -> Value {
    let client = json!({ "name": "rolecall-doctor", "version": env!("CARGO_PKG_VERSION") });
    request("initialize", &json!({ "protocolVersion": OLD, "capabilities": {}, "clientInfo": client }))
}

fn request(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// Stations of the first request, then each further request.
pub(super) async fn examine(asker: &Asker) -> Vec<Hop> {
    let opened = asker.ask(authorized(asker, asker.message(&initialize()))).await;
    let (mut hops, session) = match opened {
        Ok(heard) => stations(asker, &heard),
        Err(Unheard { facts, remedy }) => (vec![Hop::failed("initialize", facts, remedy)], None),
    };
    match session {
        Some(session) => hops.extend(later(asker, &session).await),
        None => hops.extend(LATER.map(Hop::skipped)),
    }
    hops
}

/// A session's id, where the server gives one, and the revision that was agreed on.
struct Session {
    id: Option<String>,
    revision: String,
}

fn stations(asker: &Asker, heard: &Heard) -> (Vec<Hop>, Option<Session>) {
    let message = heard.message().unwrap_or_default();
    if let Some(refusal) = refusal(&message) {
        return (refused(asker, heard, &refusal), None);
    }
    let Some(result) = message.get("result").filter(|_| heard.status == StatusCode::OK) else {
        let facts = format!(
            "the upstream answers {}: {}",
            heard.status.as_u16(),
            asker.shown(&in_words(&message, heard))
        );
        let remedy = "the gateway did its part; the MCP server's answer says what it wants";
        let mut hops: Vec<Hop> = passed_before(STATIONS.len() - 1);
        hops.push(Hop::failed("relay", facts, remedy));
        return (hops, None);
    };
    let text = |pointer: &str| result.pointer(pointer).and_then(Value::as_str).unwrap_or("unknown");
    let facts = format!(
        "{} {} speaks {}",
        asker.shown(text("/serverInfo/name")),
        asker.shown(text("/serverInfo/version")),
        asker.shown(text("/protocolVersion"))
    );
    let mut hops = passed_before(STATIONS.len() - 1);
    hops.push(Hop::passed("relay", facts).in_time(heard.took));
    let revision = text("/protocolVersion").to_owned();
    (hops, Some(Session { id: heard.header(SESSION).map(str::to_owned), revision }))
}

/// A refusal of the gateway's own, in either of its forms.
struct Refusal {
    reason: String,
    message: String,
}

fn refusal(body: &Value) -> Option<Refusal> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let reason = text("/error/data/reason").or_else(|| text("/error"))?;
    let message = text("/error/message").or_else(|| text("/error_description")).unwrap_or_default();
    station(&reason).is_some().then_some(Refusal { reason, message })
}

fn refused(asker: &Asker, heard: &Heard, refusal: &Refusal) -> Vec<Hop> {
    let Some((name, remedy)) = station(&refusal.reason) else { return Vec::new() };
    let position = STATIONS.iter().position(|station| *station == name).unwrap_or_default();
    let status = heard.status.as_u16();
    let request =
        heard.header("x-request-id").map(|id| format!(" (request {})", asker.shown(id))).unwrap_or_default();
    let facts = format!("{} ({status}): {}{request}", refusal.reason, asker.shown(&refusal.message));
    let remedy = format!("{remedy}; docs/operations.md, `{}`", refusal.reason);
    let mut hops = passed_before(position);
    hops.push(Hop::failed(name, facts, remedy).in_time(heard.took));
    hops.extend(STATIONS.iter().skip(position + 1).copied().map(Hop::skipped));
    hops
}

fn passed_before(position: usize) -> Vec<Hop> {
    STATIONS.iter().take(position).map(|name| Hop::passed(name, "no objection")).collect()
}

async fn later(asker: &Asker, session: &Session) -> Vec<Hop> {
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    // Servers that care say so in the next answer.
    let _ = asker.ask(in_session(asker, session, asker.message(&initialized))).await;
    let [list, ping, discover] = LATER;
    let mut hops = Vec::new();
    for method in [list, ping] {
        let message = request(method, &json!({}));
        let heard = asker.ask(in_session(asker, session, asker.message(&message))).await;
        hops.push(answer(asker, method, heard));
    }
    hops.push(probe(asker, discover).await);
    if session.id.is_some() {
        let end = in_session(asker, session, asker.request(Method::DELETE, asker.url().clone()));
        // A server that keeps its sessions is none of the gateway's trouble.
        let _ = asker.ask(end).await;
    }
    hops
}

fn answer(asker: &Asker, method: &'static str, heard: Result<Heard, Unheard>) -> Hop {
    let heard = match heard {
        Ok(heard) => heard,
        Err(Unheard { facts, remedy }) => return Hop::failed(method, facts, remedy),
    };
    let message = heard.message().unwrap_or_default();
    if let Some(refusal) = refusal(&message) {
        let (name, remedy) = station(&refusal.reason).unwrap_or_default();
        let facts = format!(
            "{name}: {} ({}): {}",
            refusal.reason,
            heard.status.as_u16(),
            asker.shown(&refusal.message)
        );
        return Hop::failed(method, facts, format!("{remedy}; docs/operations.md, `{}`", refusal.reason));
    }
    let Some(result) = message.get("result") else {
        let facts = format!("{}: {}", heard.status.as_u16(), asker.shown(&in_words(&message, &heard)));
        return Hop::failed(
            method,
            facts,
            "the gateway did its part; the MCP server's answer says what it wants",
        );
    };
    let facts = match result.get("tools").and_then(Value::as_array) {
        Some(tools) if tools.is_empty() => {
            let remedy = "a 429 at initialize shows as no tools too; else look at the role's permissions and the policies";
            return Hop::odd(method, "no tool", remedy).in_time(heard.took);
        }
        Some(tools) => format!("{} tools", tools.len()),
        None => "answered".to_owned(),
    };
    Hop::passed(method, facts).in_time(heard.took)
}

/// Revision 2026-07-28 has no sessions; a server that does not speak it is no fault.
async fn probe(asker: &Asker, method: &'static str) -> Hop {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": NEW,
        "io.modelcontextprotocol/clientInfo": { "name": "rolecall-doctor", "version": env!("CARGO_PKG_VERSION") },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message = asker
        .message(&request(method, &json!({ "_meta": meta })))
        .header(REVISION, NEW)
        .header("mcp-method", method);
    match asker.ask(authorized(asker, message)).await {
        Ok(heard) if heard.message().is_some_and(|message| message.get("result").is_some()) => {
            Hop::passed(method, format!("the server speaks {NEW} too")).in_time(heard.took)
        }
        Ok(heard) => {
            let facts =
                format!("the server does not speak {NEW} ({}); clients fall back", heard.status.as_u16());
            Hop::passed(method, facts).in_time(heard.took)
        }
        Err(Unheard { facts, remedy }) => Hop::failed(method, facts, remedy),
    }
}

fn in_words(message: &Value, heard: &Heard) -> String {
    let said = message.pointer("/error/message").or_else(|| message.get("message")).and_then(Value::as_str);
    said.map_or_else(|| String::from_utf8_lossy(&heard.body).into_owned(), str::to_owned)
}

fn in_session(asker: &Asker, session: &Session, request: RequestBuilder) -> RequestBuilder {
    let request = authorized(asker, request).header(REVISION, session.revision.as_str());
    match &session.id {
        Some(id) => request.header(SESSION, id),
        None => request,
    }
}

fn authorized(asker: &Asker, request: RequestBuilder) -> RequestBuilder {
    match asker.token() {
        Some(token) => request.header(header::AUTHORIZATION, token.header()),
        None => request,
    }
}
