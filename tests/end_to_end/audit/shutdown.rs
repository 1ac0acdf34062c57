//! A process that ends takes no line with it.

use std::{collections::BTreeMap, time::Duration};

use http_body_util::BodyExt;
use rolecall_local::{
    gateway::GatewayProcess,
    raw::{Answer, Gate, Step},
};
use serde_json::json;
use tokio::process::Command;

use crate::harness::{PATIENCE, World, request, without_meta};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;

/// Sends SIGTERM.
pub async fn terminate(gateway: &GatewayProcess) {
    let id = gateway.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
}

#[tokio::test]
async fn open_requests_may_end_after_the_order_to_stop() {
    let (mut world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let gate = Gate::default();
    let answer =
        Answer::sse().send("data: {}\n\n").then(Step::Until(gate.clone())).send("data: {\"n\":2}\n\n");
    raw.push(answer);
    let response = world.post(&world.token("alice"), CALL).send().await.unwrap();
    let mut body = http::Response::from(response).into_body();
    body.frame().await.unwrap().unwrap();
    terminate(&world.gateway).await;
    world.gateway.stderr().wait_for(|_| true, PATIENCE).await.unwrap();
    gate.open();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "data: {\"n\":2}\n\n");
    assert!(world.gateway.wait(PATIENCE).await.unwrap().success());
    let line = world.audit_line(|line| line["type"] == "mcp_tool_call").await;
    assert_eq!((&line["outcome"], line["reason"].is_null()), (&json!("success"), true), "{line}");
}

/// The server's HTTP library asks for no more than an answer's own length.
#[tokio::test]
async fn an_answer_that_ends_at_its_length_after_the_order_to_stop_has_ended() {
    const HALF: usize = 100_000;
    let (mut world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let gate = Gate::default();
    let (first, second) = (format!("\"{}", "a".repeat(HALF)), format!("{}\"", "a".repeat(HALF)));
    raw.push(Answer::json(200, first).then(Step::Until(gate.clone())).send(second));
    let response = world.post(&world.token("alice"), CALL).send().await.unwrap();
    assert!(response.headers().contains_key("content-length"));
    terminate(&world.gateway).await;
    world.gateway.stderr().wait_for(|_| true, PATIENCE).await.unwrap();
    gate.open();
    assert_eq!(response.bytes().await.unwrap().len(), 2 * HALF + 2);
    assert!(world.gateway.wait(PATIENCE).await.unwrap().success());
    let line = world.audit_line(|line| line["type"] == "mcp_tool_call").await;
    assert_eq!((&line["outcome"], line["reason"].is_null()), (&json!("success"), true), "{line}");
}

#[tokio::test]
async fn requests_that_are_cut_leave_their_lines_too() {
    let (mut world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    raw.push(Answer::sse().send("data: {}\n\n").then(Step::Hang));
    let streaming = world.post(&world.token("alice"), CALL).send().await.unwrap();
    raw.push(Answer::never());
    let waiting = world.post(&world.token("alice"), request(2, "ping", json!({})));
    let waiting = tokio::spawn(waiting.send());
    raw.wait_for(|all| all.len() == 2, PATIENCE).await.unwrap();
    terminate(&world.gateway).await;
    // The second signal must not come before the first has been taken: signals of one kind are not counted.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(world.gateway.id().is_some(), "open requests have time to end");
    terminate(&world.gateway).await;
    let ended = world.gateway.wait(Duration::from_secs(5)).await.unwrap();
    assert!(ended.success(), "{ended}");
    drop((streaming, waiting));
    for name in ["mcp_tool_call", "mcp_ping"] {
        let line = world.audit_line(|line| line["type"] == name).await;
        assert_eq!(
            (&line["outcome"], &line["reason"]),
            (&json!("error"), &json!("gateway_stopped")),
            "{line}"
        );
    }
}

/// Many at once, stopped in their middle: as many lines as requests have reached the gateway.
#[tokio::test]
async fn none_of_many_requests_is_lost() {
    const REQUESTS: usize = 60;
    let (mut world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    raw.always(Answer::sse().send("data: {}\n\n").then(Step::Hang));
    let token = world.token("alice");
    let open: Vec<_> = (0..REQUESTS).map(|_| tokio::spawn(world.post(&token, CALL).send())).collect();
    raw.wait_for(|all| all.len() == REQUESTS, PATIENCE).await.unwrap();
    terminate(&world.gateway).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    terminate(&world.gateway).await;
    world.gateway.wait(Duration::from_secs(5)).await.unwrap();
    drop(open);
    let is_call = |line: &&String| line.contains("\"mcp_tool_call\"");
    let all = |lines: &[String]| lines.iter().filter(is_call).count() == REQUESTS;
    world.gateway.stdout().wait_for(all, PATIENCE).await.unwrap();
    let mut ids = BTreeMap::<String, usize>::new();
    for line in world.audit() {
        *ids.entry(line["audit_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(ids.values().all(|count| *count == 1), "no line is written twice");
}
