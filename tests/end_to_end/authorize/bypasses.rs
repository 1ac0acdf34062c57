//! Ways past other gateways' policies, each written as a call that must not arrive.

use serde_json::json;

use super::{call, world};
use crate::harness::{reason, request};

/// Rules as an operator would write them: what must hold stands behind `unless`, so that what is absent does not pass.
const POLICIES: &str = r#"
@id("any-tool") permit(principal, action == Action::"tools/call", resource);
@id("one-object") permit(principal, action == Action::"resources/read", resource == Resource::"s3://bucket/a");
@id("no-secret") forbid(principal, action, resource == Tool::"secret");
@id("nested") forbid(principal, action, resource == Tool::"nested")
unless { resource.arguments.inner.deep.bucket == "public" };
@id("counted") forbid(principal, action, resource == Tool::"counted") unless { resource.arguments.count <= 10 };
@id("priced") forbid(principal, action, resource == Tool::"priced")
unless { resource.arguments.price.lessThanOrEqual(decimal("1.5")) };
@id("owned") forbid(principal, action, resource == Tool::"owned") unless { context.claims.org == "engineering" };
"#;

const SECRET: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"secret","arguments":{}}}"#;

#[tokio::test]
async fn methods_that_nobody_has_named_need_a_permit() {
    let (world, raw) = world(POLICIES, "").await;
    let alice = world.token("alice");
    for method in [
        "tasks/get",
        "tasks/result",
        "elicitation/create",
        "sampling/createMessage",
        "tools/call/",
        "Tools/Call",
        "tools/calls",
        " tools/call",
        "completion/complete ",
        "notification/initialized",
        "",
    ] {
        let body = request(1, method, json!({"name": "secret", "arguments": {}}));
        let response = world.post(&alice, body).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), reason(response).await.as_str()),
            (403, "policy_denied"),
            "{method:?}"
        );
    }
    assert_eq!(raw.received(), []);
}

#[tokio::test]
async fn bodies_that_two_readers_could_read_differently_are_refused() {
    let (world, raw) = world(POLICIES, "").await;
    let alice = world.token("alice");
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"a","arguments":{{"x":{}{}}}}}}}"#,
        "[".repeat(2000),
        "]".repeat(2000)
    );
    for body in [
        format!("[{SECRET}]"),
        format!("[{ping},{SECRET}]"),
        format!("{ping}\n{SECRET}"),
        format!("\u{feff}{ping}"),
        SECRET.replace(r#""name""#, r#""name":"harmless","name""#),
        SECRET.replace(r#""name""#, r#""name":"harmless","n\u0061me""#),
        SECRET.replace(r#""name":"secret""#, r#""name":"harmless","Name":"secret""#),
        SECRET.replace(r#""method""#, r#""method":"ping","method""#),
        SECRET.replace(r#""id""#, r#""result":{},"id""#),
        SECRET.replace(r#"{}"#, r#"{"a":[{"b":1,"b":2}]}"#),
        SECRET.replace(r#""params":{"name":"secret","arguments":{}}"#, r#""params":["secret",{}]"#),
        SECRET.replace(r#""secret""#, r#"["secret"]"#),
        SECRET.replace(r#""jsonrpc":"2.0","#, ""),
        deep,
        String::new(),
    ] {
        let response = world.post(&alice, body.clone()).send().await.unwrap();
        let body = body.chars().take(120).collect::<String>();
        assert_eq!(
            (response.status().as_u16(), reason(response).await.as_str()),
            (400, "invalid_request"),
            "{body}"
        );
    }
    assert_eq!(raw.received(), []);
    let line = world.audit_line(|line| line["reason"] == "invalid_request").await;
    assert_eq!(line["type"], "request_refused");
}

#[tokio::test]
async fn another_media_type_is_no_way_around() {
    let (world, raw) = world(POLICIES, "").await;
    let alice = world.token("alice");
    for media_type in ["text/plain", "application/json; charset=utf-16", "application/x-www-form-urlencoded"]
    {
        let request = world.http.post(world.gateway.url()).bearer_auth(&alice);
        let response = request.header("content-type", media_type).body(SECRET).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), reason(response).await.as_str()),
            (400, "invalid_request"),
            "{media_type}"
        );
    }
    let response =
        world.http.post(world.gateway.url()).bearer_auth(&alice).body(SECRET).send().await.unwrap();
    assert_eq!(response.status(), 400, "no media type at all");
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = world.http.request(method.clone(), world.gateway.url()).bearer_auth(&alice);
        let response = request.header("content-type", "application/json").body(SECRET).send().await.unwrap();
        assert_eq!(response.status(), 400, "{method} with a body");
    }
    assert_eq!(raw.received(), []);
}

#[tokio::test]
async fn headers_that_contradict_the_body_are_refused() {
    let (world, raw) = world(POLICIES, "").await;
    let alice = world.token("alice");
    for (header, value) in
        [("mcp-method", "ping"), ("mcp-name", "secret"), ("mcp-name", "=?base64?c2VjcmV0?=")]
    {
        let request = world.post(&alice, call("harmless", json!({}))).header(header, value);
        let body: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(body["error"]["code"], -32020, "{header}: {value}: {body}");
        assert_eq!(body["error"]["data"]["reason"], "invalid_request");
    }
    assert_eq!(raw.received(), []);
    let request = world.post(&alice, call("harmless", json!({})));
    let request = request.header("mcp-method", "tools/call").header("mcp-name", "=?base64?aGFybWxlc3M=?=");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn arguments_are_seen_as_deep_and_as_exact_as_they_are() {
    let (world, raw) = world(POLICIES, "").await;
    let alice = world.token("alice");
    let with = |tool: &str, arguments: &str| {
        let params = format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#);
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#)
    };
    for (tool, arguments, status) in [
        ("nested", r#"{"inner":{"deep":{"bucket":"public"}}}"#, 200),
        ("nested", r#"{"inner":{"deep":{"bucket":"secret"}}}"#, 403),
        ("nested", r#"{"inner":{"deep":[{"bucket":"public"}]}}"#, 403),
        ("nested", r#"{"inner":{"deep":{}},"bucket":"public"}"#, 403),
        ("nested", r#"{"inner":"public"}"#, 403),
        ("nested", r#"{"inner.deep.bucket":"public"}"#, 403),
        ("counted", r#"{"count":10}"#, 200),
        ("counted", r#"{"count":11}"#, 403),
        ("counted", r#"{"count":9223372036854775808}"#, 403),
        ("counted", r#"{"count":18446744073709551617}"#, 403),
        ("counted", r#"{"count":1e0}"#, 403),
        ("counted", r#"{"count":"10"}"#, 403),
        ("counted", r#"{"count":null}"#, 403),
        ("counted", r#"{"count":{"__extn":{"fn":"decimal","arg":"1.0"}}}"#, 403),
        ("priced", r#"{"price":1.5}"#, 200),
        ("priced", r#"{"price":15e-1}"#, 200),
        ("priced", r#"{"price":1.5001}"#, 403),
        ("priced", r#"{"price":1.50000000000000000000000000001}"#, 403),
        ("priced", r#"{"price":1e400}"#, 403),
        ("priced", r#"{"price":{"__extn":{"fn":"decimal","arg":"1.0"}}}"#, 403),
        ("other", r#"{"__entity":{"type":"Tool","id":"secret"}}"#, 200),
    ] {
        let response = world.post(&alice, with(tool, arguments)).send().await.unwrap();
        assert_eq!(response.status(), status, "{tool} {arguments}");
    }
    assert_eq!(raw.received().len(), 5);
}

#[tokio::test]
async fn a_missing_claim_does_not_lift_a_rule() {
    let (world, _raw) = world(POLICIES, "").await;
    for (claims, status) in [
        (json!({"org": "engineering"}), 200),
        (json!({"org": "sales"}), 403),
        (json!({}), 403),
        (json!({"org": null}), 403),
        (json!({"org": ["engineering"]}), 403),
    ] {
        let token = world.mint(claims.clone());
        let response = world.post(&token, call("owned", json!({}))).send().await.unwrap();
        assert_eq!(response.status(), status, "{claims}");
    }
}

#[tokio::test]
async fn uris_that_a_cleaner_would_unite_stay_apart() {
    let (world, raw) = world(POLICIES, "").await;
    let alice = world.token("alice");
    let read = |uri: &str| request(1, "resources/read", json!({"uri": uri}));
    assert_eq!(world.post(&alice, read("s3://bucket/a")).send().await.unwrap().status(), 200);
    for uri in [
        "s3://bucket/b/../a",
        "s3://bucket/./a",
        "s3://bucket//a",
        "s3://bucket/%61",
        "S3://bucket/a",
        "s3://bucket/a/",
        "s3://bucket/a?",
        "s3://bucket/a#",
        " s3://bucket/a",
        "s3://bucket/a\u{0}",
        "s3://bucket/a\"",
        "s3_bucket_a",
    ] {
        assert_eq!(world.post(&alice, read(uri)).send().await.unwrap().status(), 403, "{uri:?}");
    }
    assert_eq!(raw.received().len(), 1);
}
