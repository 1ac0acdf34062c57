//! What is made good for clients of the AWS MCP Server, and what is left as it is.

use std::time::{Duration, Instant};

use reqwest::Response;
use rolecall_local::raw::{Answer, Framing, Raw};
use serde_json::{Value, json};

use crate::harness::{World, request};

const EXPIRED: &str =
    r#"{"jsonrpc":"2.0","id":1,"error":{"code":-30001,"message":"Session  expired","data":1e2}}"#;

async fn send(world: &World, method: &str) -> Response {
    let body = request(1, method, json!({"name": "t"}));
    world.post(&world.token("alice"), body).send().await.unwrap()
}

/// The repairs in the one audit line of this type.
async fn repairs(world: &World, audit_type: &str) -> Vec<Value> {
    let line = world.audit_line(|line| line["type"] == audit_type).await;
    line["repairs"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn an_expired_session_inside_a_200_becomes_a_404_with_the_same_body() {
    let cases = [
        ("json", Answer::json(200, EXPIRED), 404),
        ("chunked json", Answer::json(200, EXPIRED).framing(Framing::Chunked), 404),
        (
            "json of another spelling",
            Answer::status(200).header("content-type", "Application/JSON;charset=utf-8").send(EXPIRED),
            404,
        ),
        ("an event", Answer::sse().send(format!("data: {EXPIRED}\n\n")), 200),
        ("a failure", Answer::json(500, EXPIRED), 500),
        ("a refusal", Answer::json(400, EXPIRED), 400),
        ("another error", Answer::json(200, EXPIRED.replace("30001", "30002")), 200),
        (
            "a result that mentions it",
            Answer::json(200, r#"{"id":1,"result":{"error":{"code":-30001}}}"#),
            200,
        ),
        ("a body too long for an error", Answer::json(200, format!("{EXPIRED}{}", " ".repeat(70_000))), 200),
    ];
    for (what, answer, status) in cases {
        let (world, raw) = World::with_raw_upstream().await;
        raw.push(answer);
        let response = send(&world, "tools/call").await;
        assert_eq!(response.status(), status, "{what}");
        let body = response.text().await.unwrap();
        if status == 404 {
            assert_eq!(body, EXPIRED, "{what}");
        }
        let named = repairs(&world, "mcp_tool_call").await;
        assert_eq!(named, if status == 404 { vec!["session_expired_to_404"] } else { vec![] }, "{what}");
        assert_eq!(raw.received().len(), 1, "{what}");
    }
}

#[tokio::test]
async fn throttled_lists_are_tried_again_until_three_seconds_are_over() {
    let (world, raw) = World::with_raw_upstream().await;
    for answer in [Answer::throttled(0), Answer::throttled(1), Answer::json(200, "{}")] {
        raw.push(answer);
    }
    let began = Instant::now();
    assert_eq!(send(&world, "tools/list").await.status(), 200);
    assert!(began.elapsed() >= Duration::from_secs(1), "Retry-After was waited for");
    assert!(raw.received().iter().all(|received| received.rejected.is_none()), "each attempt is signed anew");
    assert_eq!(raw.received().len(), 3);
    assert_eq!(repairs(&world, "mcp_tools_list").await, ["throttle_retried", "throttle_retried"]);
}

#[tokio::test]
async fn a_throttle_that_lasts_is_passed_with_retry_after() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.always(Answer::json(429, r#"{"message":"Too Many Requests"}"#));
    let began = Instant::now();
    let response = send(&world, "initialize").await;
    assert!(began.elapsed() < Duration::from_millis(3500), "{:?}", began.elapsed());
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.text().await.unwrap(), r#"{"message":"Too Many Requests"}"#);
    assert!((3..=5).contains(&raw.received().len()), "{}", raw.received().len());

    raw.forget();
    raw.always(Answer::throttled(30));
    let began = Instant::now();
    let response = send(&world, "tools/list").await;
    assert!(began.elapsed() < Duration::from_secs(1), "what will not end in time is not waited for");
    assert_eq!((response.status().as_u16(), raw.received().len()), (429, 1));
    assert_eq!(response.headers()["retry-after"], "30");
}

#[tokio::test]
async fn a_throttled_call_is_passed_at_once() {
    for (method, audit_type) in [("tools/call", "mcp_tool_call"), ("resources/read", "mcp_resource_read")] {
        let (world, raw) = World::with_raw_upstream().await;
        raw.always(Answer::throttled(0));
        let response = send(&world, method).await;
        assert_eq!(response.status(), 429, "{method}");
        assert_eq!(response.headers()["retry-after"], "0", "{method}");
        assert_eq!(raw.received().len(), 1, "{method}");
        assert_eq!(repairs(&world, audit_type).await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn refused_credentials_are_renewed_once() {
    for refusal in [Answer::status(401), Answer::aws_error("ExpiredTokenException"), named_in_xml(400)] {
        let what = format!("{refusal:?}");
        let (world, raw) = World::with_raw_upstream().await;
        raw.push(refusal);
        raw.push(Answer::json(200, "{}"));
        assert_eq!(send(&world, "tools/call").await.status(), 200, "{what}");
        let keys: Vec<_> =
            raw.received().into_iter().map(|one| one.identity.unwrap().access_key_id).collect();
        assert_eq!(keys.len(), 2, "{what}");
        assert_ne!(keys[0], keys[1], "{what}");
        assert_eq!(world.stack.sts.calls().len(), 2, "{what}");
        assert_eq!(repairs(&world, "mcp_tool_call").await, ["credentials_renewed"], "{what}");
    }
}

fn named_in_xml(status: u16) -> Answer {
    Answer::status(status)
        .header("content-type", "text/xml")
        .send("<Error><Code>InvalidClientTokenId</Code></Error>")
}

#[tokio::test]
async fn credentials_that_are_revoked_at_aws_are_replaced_unseen() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.always(Answer::json(200, "{}"));
    assert_eq!(world.ping().await.status(), 200);
    let first = raw.received()[0].identity.clone().unwrap().access_key_id;
    world.stack.sts.registry().revoke(&first);
    assert_eq!(send(&world, "tools/call").await.status(), 200);
    let received = raw.received();
    assert_eq!(received[1].rejected.as_deref(), Some("UnrecognizedClientException"));
    assert!(received[2].identity.is_some());
}

#[tokio::test]
async fn an_upstream_that_refuses_our_signature_is_no_login_prompt() {
    let refusals = [
        Answer::status(401).header("www-authenticate", "Bearer realm=\"aws\""),
        Answer::json(401, r#"{"error":"invalid_token"}"#),
        Answer::aws_error("InvalidSignatureException"),
        Answer::aws_error("com.amazon.coral.service#SignatureDoesNotMatch:http://x"),
        Answer::json(400, r#"{"__type":"MissingAuthenticationToken"}"#),
        named_in_xml(403),
    ];
    for refusal in refusals {
        let what = format!("{refusal:?}");
        let (world, raw) = World::with_raw_upstream().await;
        raw.always(refusal);
        let response = send(&world, "tools/call").await;
        assert_eq!(response.status(), 502, "{what}");
        assert!(!response.headers().contains_key("www-authenticate"), "{what}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["id"], 1, "{what}");
        assert_eq!(body["error"]["data"]["reason"], "upstream_rejected_credentials", "{what}");
        assert_eq!(raw.received().len(), 2, "{what}");
        let line = world.audit_line(|line| line["reason"] == "upstream_rejected_credentials").await;
        assert_eq!(line["repairs"], json!(["credentials_renewed"]), "{what}");
    }
}

#[tokio::test]
async fn any_other_refusal_passes() {
    let refusals = [
        (403, Answer::aws_error("AccessDeniedException")),
        (403, Answer::json(403, r#"{"message":"the token expired"}"#)),
        (400, Answer::json(400, r#"{"code":"ExpiredTokens"}"#)),
        (404, Answer::json(404, r#"{"__type":"ExpiredTokenException"}"#)),
        (500, Answer::json(500, "ExpiredTokenException")),
        (403, Answer::json(403, format!("ExpiredToken{}", " ".repeat(70_000)))),
    ];
    let (world, raw) = World::with_raw_upstream().await;
    for (status, refusal) in refusals {
        raw.push(refusal);
        assert_eq!(send(&world, "tools/call").await.status(), status);
    }
    assert_eq!(raw.received().len(), 6);
    assert_eq!(world.stack.sts.calls().len(), 1);
}

#[tokio::test]
async fn a_call_that_may_have_been_acted_on_is_never_sent_twice() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.push(Answer::json(200, "{}"));
    assert_eq!(send(&world, "tools/call").await.status(), 200, "leaves a connection to be used again");
    for (what, answer) in failures() {
        let before = raw.received().len();
        raw.push(answer);
        let response = send(&world, "tools/call").await;
        assert!(matches!(response.status().as_u16(), 502 | 503), "{what}: {}", response.status());
        assert_eq!(raw.received().len(), before + 1, "{what}");
        raw.push(Answer::json(200, "{}"));
        assert_eq!(send(&world, "tools/call").await.status(), 200, "{what}: the next one works");
    }
    let lines = world.audit();
    assert!(
        lines.iter().all(|line| line.get("repairs").is_none_or(|repairs| repairs == &json!([]))),
        "{lines:#?}"
    );
}

fn failures() -> [(&'static str, Answer); 4] {
    use rolecall_local::raw::Step;
    [
        ("closed", Answer::hangup()),
        ("reset", Answer::status(200).first(Step::Reset)),
        (
            "reset after a while",
            Answer::status(200).first(Step::Wait(Duration::from_millis(50))).first(Step::Reset),
        ),
        ("unavailable", Answer::status(503)),
    ]
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (world, raw) = World::with_raw_upstream().await;
    let elsewhere = Raw::start(rolecall_local::raw::RawOptions::default()).await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        raw.push(Answer::status(status).header("location", elsewhere.url()));
        let response = send(&world, "tools/call").await;
        assert_eq!(response.status(), 502);
        assert_eq!(crate::harness::reason(response).await, "upstream_unavailable");
    }
    assert_eq!(elsewhere.received().len(), 0);
}
