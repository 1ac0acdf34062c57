//! A failure inside a good answer is seen wherever it lies, and the answer flows as if nobody looked.

use http_body_util::BodyExt;
use rolecall_local::raw::{Answer, Framing, Gate, Step};
use serde_json::{Value, json};

use crate::harness::{World, request, without_meta};

const ERROR: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no such tool"}}"#;
const TOOL: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"isError":true}}"#;
const GOOD: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"error\":{}}"}],"isError":false}}"#;

fn events(data: &[&str]) -> Answer {
    data.iter().fold(Answer::sse(), |answer, data| answer.send(format!("data: {data}\n\n")))
}

/// An event of many chunks, cut in the middle of names.
fn in_pieces(data: &str) -> Answer {
    let event = format!("event: message\r\nid: 1\r\ndata: {data}\r\n\r\n");
    event.as_bytes().chunks(5).fold(Answer::sse(), |answer, piece| answer.send(piece.to_vec()))
}

fn large(tail: &str) -> Answer {
    let text = "x\\\"}".repeat(300_000);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{text}"}}]{tail}}}}}"#
    );
    Answer::json(200, body)
}

#[tokio::test]
async fn failures_inside_answers_are_told_from_successes() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let progress =
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"error":{},"isError":true}}"#;
    let failed = |reason: &'static str| ("application_error", json!(reason));
    let good = ("success", Value::Null);
    let cases = [
        ("a JSON-RPC error", Answer::json(200, ERROR), failed("jsonrpc_error")),
        ("a failed tool", Answer::json(200, TOOL), failed("tool_error")),
        ("an error far behind", large(r#","isError":true"#), failed("tool_error")),
        ("chunked", Answer::json(200, TOOL).framing(Framing::Chunked), failed("tool_error")),
        ("an error in a stream", events(&[progress, ERROR]), failed("jsonrpc_error")),
        ("a failed tool in a stream", events(&[progress, TOOL]), failed("tool_error")),
        ("in pieces", in_pieces(TOOL), failed("tool_error")),
        ("a good answer", Answer::json(200, GOOD), good.clone()),
        ("a large one", large(""), good.clone()),
        ("a good stream", events(&[progress, GOOD]), good.clone()),
        ("another type of event", Answer::sse().send(format!("event: log\ndata: {ERROR}\n\n")), good.clone()),
        ("text", Answer::status(200).header("content-type", "text/plain").send(ERROR), good),
        ("an error by its status", Answer::json(400, ERROR), ("failure", Value::Null)),
    ];
    for (what, answer, (outcome, reason)) in cases {
        raw.push(answer);
        let call = request(1, "tools/call", json!({"name": "t"}));
        let response = world.post(&world.token("alice"), call).send().await.unwrap();
        let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let _ = response.bytes().await.unwrap();
        let line = world.audit_line(|line| line["request_id"] == request_id && line["status"].is_u64()).await;
        assert_eq!((line["outcome"].as_str().unwrap(), &line["reason"]), (outcome, &reason), "{what}");
    }
}

#[tokio::test]
async fn an_event_that_fails_is_on_its_way_before_its_stream_has_ended() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let gate = Gate::default();
    let half = &ERROR[..20];
    raw.push(Answer::sse().send(format!("data: {half}")).then(Step::Until(gate.clone())).send("\"}\n\n"));
    let call = request(1, "tools/call", json!({"name": "t"}));
    let response = world.post(&world.token("alice"), call).send().await.unwrap();
    let mut body = http::Response::from(response).into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, format!("data: {half}"), "half an event goes on as well");
    gate.open();
    body.collect().await.unwrap();
}
