//! One line joins everybody else's records of the same call: STS's, the MCP server's, the client's.

use rolecall_local::raw::Answer;
use serde_json::{Value, json};

use super::line_of;
use crate::harness::{World, request};

#[tokio::test]
async fn a_line_names_the_session_that_sts_gave_and_the_upstream_saw() {
    let (world, raw) = World::with_raw_upstream().await;
    let pong = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    raw.push(Answer::json(200, pong).header("x-amzn-requestid", "8f2c8f5e-upstream"));
    let call = request(1, "tools/call", json!({"name": "list_buckets"}));
    let response = world.post(&world.token("alice"), call).send().await.unwrap();
    let line = line_of(&world, &response).await;
    let aws = &line["aws"];

    let issued = world.stack.sts.registry().issued().remove(0).identity;
    assert_eq!(aws["access_key_id"], issued.access_key_id);
    assert_eq!(aws["session_name"], issued.session_name);
    assert_eq!(aws["role_arn"], issued.role_arn);
    let role_name = issued.role_arn.rsplit('/').next().unwrap();
    let account = aws["account"].as_str().unwrap();
    let session = format!("arn:aws:sts::{account}:assumed-role/{role_name}/{}", issued.session_name);
    assert_eq!(aws["assumed_role_arn"], session);

    let sts_call = world.stack.sts.calls().remove(0);
    assert_eq!(aws["sts_request_id"], sts_call.request_id);
    assert_eq!(sts_call.outcome, Ok(issued.access_key_id.clone()));
    let exchange = world.audit_line(|line| line["type"] == "sts_exchange").await;
    for field in ["access_key_id", "session_name", "assumed_role_arn", "sts_request_id", "role_arn"] {
        assert_eq!(exchange["aws"][field], aws[field], "{field}");
    }
    assert_eq!(exchange["request_id"], line["request_id"]);
    assert_ne!(exchange["audit_id"], line["audit_id"]);

    let seen = raw.received().remove(0).identity.unwrap();
    assert_eq!((seen.access_key_id, seen.session_name), (issued.access_key_id, issued.session_name));
    assert_eq!(aws["upstream_request_id"], "8f2c8f5e-upstream");
    assert_eq!(response.headers()["x-rolecall-upstream-request-id"], "8f2c8f5e-upstream");
}

#[tokio::test]
async fn who_acts_for_the_user_is_in_the_line() {
    let world = World::start().await;
    let act = json!({"sub": "coding-agent", "iss": "https://agents.example", "act": {"sub": "orchestrator"}});
    let response = world.ping_with(&world.mint(json!({"sub": "alice", "act": act}))).await;
    let line = line_of(&world, &response).await;
    let expected =
        json!([{"issuer": "https://agents.example", "sub": "coding-agent"}, {"sub": "orchestrator"}]);
    assert_eq!(line["subject"]["act"], expected);
    let response = world.ping_with(&world.mint(json!({"sub": "alice", "act": "nobody"}))).await;
    assert_eq!(line_of(&world, &response).await["subject"]["act"], Value::Null);
}

/// The plain server's peer is who connects; what a client writes about itself counts for nothing.
#[tokio::test]
async fn no_header_changes_the_source() {
    let world = World::start().await;
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "via"] {
        let call = world.post(&world.token("alice"), request(1, "ping", json!({})));
        let response = call.header(header, "198.51.100.66").send().await.unwrap();
        assert_eq!(line_of(&world, &response).await["source"], "127.0.0.1", "{header}");
    }
}
