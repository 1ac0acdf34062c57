//! Answers flow: at once, in both directions' time, and an end is only what the upstream meant as one.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use reqwest::Response;
use rolecall_local::raw::{Answer, Framing, Gate, Raw, Step};
use serde_json::Value;

use crate::{
    harness::{PATIENCE, World, reason},
    tcp::{exchange, post},
};

const CALL: &str = r#"{"jsonrpc":"2.0","id":"call-1","method":"tools/call","params":{"name":"t"}}"#;
const EVENT: &str = "data: {\"n\":1}\n\n";
const SECOND: Duration = Duration::from_secs(1);

async fn call(world: &World) -> Response {
    world.post(&world.token("alice"), CALL).send().await.unwrap()
}

/// Waits until the upstream's only request is known to have been left; says how long that took.
async fn left(raw: &Raw, since: Instant) -> Duration {
    let gone = raw.wait_for(|all| all[0].disconnected_at.is_some(), PATIENCE).await.unwrap();
    gone[0].disconnected_at.unwrap().duration_since(since)
}

#[tokio::test]
async fn the_first_event_is_there_before_the_second_exists() {
    let (world, raw) = World::with_raw_upstream().await;
    let gate = Gate::default();
    raw.push(Answer::sse().send(EVENT).then(Step::Until(gate.clone())).send("data: 2\n\n"));
    let response = call(&world).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(!response.headers().contains_key("content-length"));
    let mut body = http::Response::from(response).into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, EVENT);
    gate.open();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "data: 2\n\n");
}

#[tokio::test]
async fn headers_come_before_any_byte_of_the_body() {
    let (world, raw) = World::with_raw_upstream().await;
    for method in ["GET", "POST"] {
        let gate = Gate::default();
        raw.push(Answer::sse().header("mcp-session-id", "s").then(Step::Until(gate.clone())).send(EVENT));
        let request = world.http.request(method.parse().unwrap(), world.gateway.url());
        let response = request.bearer_auth(world.token("alice")).body(CALL).send().await.unwrap();
        assert_eq!(response.headers()["mcp-session-id"], "s");
        gate.open();
        assert_eq!(response.text().await.unwrap(), EVENT);
    }
}

#[tokio::test]
async fn an_event_stream_of_known_length_flows_as_well() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.push(Answer::sse().framing(Framing::Length).send(EVENT));
    let response = call(&world).await;
    assert_eq!(response.content_length(), None, "comments may make it longer");
    assert_eq!(response.text().await.unwrap(), EVENT);
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_upstream_request_within_a_second() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.push(Answer::never());
    let waiting = tokio::spawn(world.post(&world.token("alice"), CALL).send());
    raw.wait_for(|all| all.len() == 1, PATIENCE).await.unwrap();
    let since = Instant::now();
    waiting.abort();
    assert!(left(&raw, since).await < SECOND, "while it waited for headers");

    raw.forget();
    raw.push(Answer::sse().send(EVENT).then(Step::Hang));
    let mut body = http::Response::from(call(&world).await).into_body();
    body.frame().await.unwrap().unwrap();
    let since = Instant::now();
    drop(body);
    assert!(left(&raw, since).await < SECOND, "while it read");

    raw.forget();
    raw.push(Answer::json(200, "{\"half\":").framing(Framing::Chunked).then(Step::Hang));
    let waiting = tokio::spawn(world.post(&world.token("alice"), CALL).send());
    raw.wait_for(|all| all.len() == 1, PATIENCE).await.unwrap();
    let since = Instant::now();
    waiting.abort();
    assert!(left(&raw, since).await < SECOND, "while the gateway looked at the answer");
}

#[tokio::test]
async fn a_client_that_leaves_is_in_the_audit_line_of_its_request() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.push(Answer::sse().send(EVENT).then(Step::Hang));
    let mut body = http::Response::from(call(&world).await).into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    let line = world.audit_line(|line| line["type"] == "mcp_tool_call").await;
    assert_eq!(line["bytes"]["response"], EVENT.len());
}

#[tokio::test]
async fn an_upstream_that_dies_is_seen_as_broken_and_never_as_ended() {
    let (world, raw) = World::with_raw_upstream().await;
    let half = [
        ("events, cut", Answer::sse().send(EVENT).then(Step::Close)),
        ("events, reset", Answer::sse().send(EVENT).then(Step::Reset)),
        ("half an event", Answer::sse().send("data: {").then(Step::Close)),
        (
            "events of known length",
            Answer::sse().framing(Framing::Length).send(EVENT).then(Step::Close).send("x"),
        ),
        ("json", Answer::json(200, "{\"a\":").framing(Framing::Chunked).then(Step::Close)),
        ("json of known length", Answer::json(200, "{\"a\":").then(Step::Close).send("1}")),
        ("long json", Answer::json(200, " ".repeat(100_000)).framing(Framing::Chunked).then(Step::Close)),
        ("an error", Answer::json(403, "{\"a\":").framing(Framing::Chunked).then(Step::Close)),
        ("nothing yet", Answer::sse().then(Step::Close)),
    ];
    for (what, answer) in half {
        raw.push(answer);
        let response = call(&world).await;
        assert!(response.bytes().await.is_err(), "{what}");
        let line = world.audit_line(|line| line["reason"] == "upstream_unavailable").await;
        assert_eq!(line["outcome"], "error", "{what}: {line:#}");
    }
    let lines = world.audit();
    let broken = lines.iter().filter(|line| line["reason"] == "upstream_unavailable").count();
    assert_eq!(broken, 9, "each left its line");
}

#[tokio::test]
async fn an_end_is_an_end_however_the_upstream_marks_it() {
    let (world, raw) = World::with_raw_upstream().await;
    for framing in [Framing::Length, Framing::Chunked, Framing::UntilClose] {
        for text in ["", EVENT, "data: no blank line"] {
            raw.push(Answer::sse().framing(framing).send(text));
            assert_eq!(call(&world).await.text().await.unwrap(), text, "{framing:?}");
        }
    }
}

#[tokio::test]
async fn an_upstream_that_ends_before_it_answers_is_unavailable() {
    let (world, raw) = World::with_raw_upstream().await;
    let reset = Answer::status(200).first(Step::Reset);
    for answer in [Answer::hangup(), reset, Answer::status(302).header("location", raw.url())] {
        let sent = raw.received().len();
        raw.push(answer);
        let response = call(&world).await;
        assert_eq!(response.status(), 502);
        assert!(!response.headers().contains_key("location"));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["id"], "call-1");
        assert_eq!(body["error"]["data"]["reason"], "upstream_unavailable");
        assert_eq!(raw.received().len(), sent + 1, "sent once");
    }
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_unavailable() {
    let (world, raw) = World::with_raw_upstream().await;
    drop(raw);
    let response = call(&world).await;
    assert_eq!(response.status(), 502);
    assert_eq!(reason(response).await, "upstream_unavailable");
    let no_request =
        world.http.get(world.gateway.url()).bearer_auth(world.token("alice")).send().await.unwrap();
    let body: Value = no_request.json().await.unwrap();
    assert_eq!(body["error"], "upstream_unavailable", "a GET has no id to answer: {body}");
}

#[tokio::test]
async fn an_upstream_that_stays_silent_is_given_up() {
    let silent = |yaml: String| format!("{yaml}  responseTimeoutSeconds: 1\n");
    let (world, raw) = World::with_raw_upstream_and_config(silent).await;
    raw.push(Answer::never());
    let response = call(&world).await;
    assert_eq!(response.status(), 504);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (&body["id"], &body["error"]["data"]["reason"]),
        (&"call-1".into(), &"upstream_timeout".into())
    );
    raw.wait_for(|all| all[0].disconnected_at.is_some(), PATIENCE).await.unwrap();

    raw.push(Answer::sse().then(Step::Wait(Duration::from_millis(1500))).send(EVENT));
    assert_eq!(call(&world).await.text().await.unwrap(), EVENT, "only headers have a time limit");
}

#[tokio::test]
async fn http_1_0_gets_a_stream_that_ends_with_its_connection() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.push(Answer::sse().send(EVENT).send(EVENT));
    let request =
        String::from_utf8(post(&world, &[], CALL.as_bytes())).unwrap().replace("HTTP/1.1", "HTTP/1.0");
    let seen = exchange(&world, request.as_bytes()).await;
    assert_eq!(seen.status(), 200);
    assert!(!seen.head().contains("transfer-encoding"), "{}", seen.text());
    assert_eq!(seen.body(), [EVENT, EVENT].concat().as_bytes());
}
