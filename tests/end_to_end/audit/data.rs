//! Bodies in the line: only where they are asked for, without secrets, and not longer than configured.

use rolecall_local::raw::{Answer, Raw};
use serde_json::{Value, json};

use super::line_of;
use crate::harness::{World, pong, request, without_meta};

const SECRETS: [&str; 6] = [
    "hunter2-hunter2",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
    "fb3fd5e1a1d2c3b4a5968778695a4b3c2d1e0f11",
];

/// An object with every secret in a place of its own; some in a text that is JSON itself.
fn secrets() -> Value {
    let [password, key_id, secret_key, jwt, private_key, signature] = SECRETS;
    let inner = json!({"SecretAccessKey": secret_key, "note": format!("key {secret_key} of {key_id}")});
    json!({
        "Master_Password": {"value": password},
        "note": format!("--master-user-password {password} then Bearer {jwt}"),
        "text": inner.to_string(),
        "pem": format!("-----BEGIN PRIVATE KEY-----\n{private_key}\n-----END PRIVATE KEY-----"),
        "url": format!("https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature={signature}"),
        "bucket": "reports",
    })
}

async fn world(audit: &str) -> (World, Raw) {
    let (world, raw) =
        World::with_raw_upstream_and_config(|yaml| format!("{}audit: {audit}\n", without_meta(yaml))).await;
    raw.always(pong());
    (world, raw)
}

async fn call(world: &World) -> Value {
    let body = request(1, "tools/call", json!({"name": "t", "arguments": secrets()}));
    let response = world.post(&world.token("alice"), body).send().await.unwrap();
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let _ = response.bytes().await.unwrap();
    world.audit_line(|line| line["request_id"] == request_id && line["status"].is_u64()).await
}

fn assert_no_secret(world: &World) {
    let printed = [world.gateway.stdout().text(), world.gateway.stderr().text()].concat();
    for secret in SECRETS {
        assert!(!printed.contains(secret), "{secret} shows");
    }
}

#[tokio::test]
async fn requests_and_answers_are_recorded_without_their_secrets() {
    let (world, raw) = world("{includeRequestData: true, includeResponseData: true}").await;
    let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [
        {"type": "text", "text": secrets().to_string()}
    ]}});
    let document = Answer::json(200, result.to_string());
    let events = format!("event: message\r\ndata: {result}\r\n\r\n");
    let stream =
        events.as_bytes().chunks(11).fold(Answer::sse(), |answer, piece| answer.send(piece.to_vec()));
    for answer in [document, stream] {
        raw.push(answer);
        let line = call(&world).await;
        let request: Value = serde_json::from_str(line["data"]["request"].as_str().unwrap()).unwrap();
        assert_eq!(request["params"]["arguments"]["bucket"], "reports");
        assert_eq!(request["params"]["arguments"]["Master_Password"], "[REDACTED]");
        let response: Value = serde_json::from_str(line["data"]["response"].as_str().unwrap()).unwrap();
        let text = response["result"]["content"][0]["text"].as_str().unwrap();
        let text: Value = serde_json::from_str(text).unwrap();
        assert_eq!(text["bucket"], "reports");
        assert!(text["url"].as_str().unwrap().ends_with("X-Amz-Signature=[REDACTED]"), "{text}");
    }
    assert_no_secret(&world);
}

#[tokio::test]
async fn each_body_is_recorded_only_where_it_is_asked_for() {
    for (audit, request, response) in [
        ("{}", false, false),
        ("{includeRequestData: true}", true, false),
        ("{includeResponseData: true}", false, true),
    ] {
        let (world, _raw) = world(audit).await;
        let line = call(&world).await;
        let has = |name: &str| line["data"][name].is_string();
        assert_eq!((has("request"), has("response")), (request, response), "{audit}");
        assert_no_secret(&world);
    }
}

#[tokio::test]
async fn what_is_recorded_is_cut_by_characters_wherever_that_falls() {
    for size in [0, 1, 40, 90, 150, 220, 300, 333, 400] {
        let audit = format!("{{includeRequestData: true, includeResponseData: true, maxDataSize: {size}}}");
        let (world, raw) = world(&audit).await;
        let body = json!({"é": "🦀".repeat(30), "secrets": secrets()}).to_string();
        raw.push(Answer::json(200, body));
        let line = call(&world).await;
        for name in ["request", "response"] {
            let text = line["data"][name].as_str().unwrap();
            let recorded = text.strip_suffix("…[truncated]").unwrap();
            assert!(recorded.chars().count() <= size, "{size}: {recorded}");
        }
        assert_no_secret(&world);
    }
}

#[tokio::test]
async fn what_strangers_send_is_not_recorded() {
    let (world, _raw) = world("{includeRequestData: true}").await;
    let response = world.ping_with("not a token").await;
    let line = line_of(&world, &response).await;
    assert_eq!((&line["type"], &line["data"]), (&json!("auth_failed"), &Value::Null));
}

#[tokio::test]
async fn the_uri_of_a_resource_is_named_without_its_signature() {
    let (world, _raw) = world("{}").await;
    let uri = format!("https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature={}", SECRETS[5]);
    let body = request(1, "resources/read", json!({"uri": uri}));
    let response = world.post(&world.token("alice"), body).send().await.unwrap();
    let line = line_of(&world, &response).await;
    let named = "https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=[REDACTED]";
    assert_eq!(line["target"]["resource"], named);
    assert_no_secret(&world);
}
