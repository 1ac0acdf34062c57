//! Doors that take an answer only as a whole: it must be whole, and small enough.

use rolecall_local::{
    raw::{Answer, Framing, Step},
    runtime_api::Event,
};
use serde_json::json;

use super::{BUFFERED, Function, messages, ping};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn an_answer_that_the_door_cannot_carry_is_refused_with_the_requests_id() {
    let (function, raw) = Function::with_raw(&[BUFFERED]).await;
    let text = |length| Answer::json(200, vec![b'x'; length]);
    let cases = [
        ("fits", "http-api", text(5 * MIB), 200),
        ("too large as it is", "http-api", text(7 * MIB), 500),
        ("too large once its quotes are escaped", "http-api", Answer::json(200, vec![b'"'; 4 * MIB]), 500),
        ("too large as base64", "rest-api", Answer::json(200, vec![0xff; 5 * MIB]), 500),
        ("too large as it flows", "rest-api", text(7 * MIB).framing(Framing::Chunked), 500),
        ("too large for a load balancer", "load-balancer", text(2 * MIB), 500),
    ];
    for (case, door, upstream, status) in cases {
        raw.push(upstream);
        let mut event = function.event(door, "initialize");
        event["body"] = ping().into();
        let answer = function.answer(Event::json(&event)).await;
        assert_eq!(answer.status, status, "{case}");
        if status == 500 {
            assert_eq!(answer.json()["id"], 7, "{case}");
            assert_eq!(answer.json()["error"]["data"]["reason"], "internal", "{case}");
            assert!(answer.header("x-request-id").is_some(), "{case}");
        }
    }
}

#[tokio::test]
async fn a_broken_upstream_is_a_502_because_nothing_has_gone_out_yet() {
    let (function, raw) = Function::with_raw(&[BUFFERED]).await;
    raw.push(Answer::json(200, "{\"half\":").then(Step::Close).send("never sent"));
    let answer = function.answer(function.post(&ping())).await;
    assert_eq!(answer.status, 502);
    assert_eq!(answer.json()["error"]["data"]["reason"], "upstream_unavailable");
    assert_eq!(answer.json()["id"], 7);
}

#[tokio::test]
async fn a_stream_is_collected_and_its_break_stays_an_event_in_it() {
    let (function, raw) = Function::with_raw(&[BUFFERED]).await;
    raw.push(Answer::sse().send("data: {\"n\":1}\n\n").send("data: {\"n\":2}\n\n"));
    raw.push(Answer::sse().send("data: {\"n\":1}\n\n").then(Step::Close));
    let answer = function.answer(function.post(&ping())).await;
    assert_eq!(messages(&answer.body), [json!({"n": 1}), json!({"n": 2})]);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let answer = function.answer(function.post(&ping())).await;
    assert_eq!(messages(&answer.body)[1]["error"]["data"]["reason"], "upstream_unavailable");
}

#[tokio::test]
async fn each_door_gets_the_document_it_reads() {
    let (function, raw) = Function::with_raw(&[BUFFERED]).await;
    let keys = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let cases = [
        ("http-api", keys(&["statusCode", "headers", "cookies", "body", "isBase64Encoded"])),
        ("function-url", keys(&["statusCode", "headers", "cookies", "body", "isBase64Encoded"])),
        ("rest-api", keys(&["statusCode", "multiValueHeaders", "body", "isBase64Encoded"])),
        (
            "load-balancer",
            keys(&[
                "statusCode",
                "statusDescription",
                "headers",
                "multiValueHeaders",
                "body",
                "isBase64Encoded",
            ]),
        ),
    ];
    for (door, expected) in cases {
        raw.push(Answer::json(200, b"\xff\x00".as_slice()));
        let (progress, answer) =
            function.progress_and_answer(Event::json(&function.event(door, "initialize"))).await;
        let found: Vec<String> = answer.document.as_object().unwrap().keys().cloned().collect();
        assert_eq!(found, expected, "{door}");
        assert_eq!(answer.document["isBase64Encoded"], true, "{door}");
        assert_eq!(answer.body, b"\xff\x00", "{door}");
        assert_eq!(progress.headers["content-type"], "application/json", "{door}");
        assert_eq!(progress.headers.get("lambda-runtime-function-response-mode"), None, "{door}");
    }
}
