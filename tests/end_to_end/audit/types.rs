//! Every kind of request leaves a line of its own type, and no type is promised that no request can have.

use std::collections::BTreeSet;

use http::StatusCode;
use rolecall_core::audit::EventType;
use rolecall_local::sts::Refusal;
use serde_json::{Value, json};

use super::line_of;
use crate::{
    authorize,
    harness::{World, pong, request, without_meta},
};

/// What is sent to the endpoint, and the type of its line.
fn messages() -> Vec<(String, &'static str)> {
    let requests = [
        ("initialize", "mcp_initialize"),
        ("server/discover", "mcp_discover"),
        ("ping", "mcp_ping"),
        ("tools/list", "mcp_tools_list"),
        ("tools/call", "mcp_tool_call"),
        ("prompts/list", "mcp_prompts_list"),
        ("prompts/get", "mcp_prompt_get"),
        ("resources/list", "mcp_resources_list"),
        ("resources/templates/list", "mcp_resource_templates_list"),
        ("resources/read", "mcp_resource_read"),
        ("resources/subscribe", "mcp_resource_subscribe"),
        ("resources/unsubscribe", "mcp_resource_unsubscribe"),
        ("completion/complete", "mcp_completion"),
        ("logging/setLevel", "mcp_logging"),
        ("subscriptions/listen", "mcp_listen"),
        ("tasks/get", "mcp_request"),
    ];
    let others = [
        (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, "mcp_notification"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "mcp_response"),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "mcp_unreadable"),
        ("not JSON", "mcp_unreadable"),
    ];
    let requests = requests.map(|(method, name)| (request(1, method, json!({})), name));
    requests.into_iter().chain(others.map(|(body, name)| (body.to_owned(), name))).collect()
}

/// Sends one request of every kind, and returns the lines.
pub async fn one_of_each() -> Vec<Value> {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    raw.always(pong());
    let alice = world.token("alice");
    for (body, expected) in messages() {
        let response = world.post(&alice, body.clone()).send().await.unwrap();
        assert_eq!(line_of(&world, &response).await["type"], expected, "{body}");
    }
    for (method, expected) in [("GET", "mcp_stream"), ("DELETE", "mcp_session_end")] {
        let call = world.http.request(method.parse().unwrap(), world.gateway.url()).bearer_auth(&alice);
        assert_eq!(line_of(&world, &call.send().await.unwrap()).await["type"], expected);
    }
    let foreign = world.post(&alice, "{}").header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(line_of(&world, &foreign).await["type"], "request_refused");
    let unknown = world.ping_with("not a token").await;
    assert_eq!(line_of(&world, &unknown).await["type"], "auth_failed");
    let odd_groups = world.ping_with(&world.mint(json!({"sub": "odd", "groups": {"a": 1}}))).await;
    assert_eq!(line_of(&world, &odd_groups).await["type"], "role_denied");
    world.stack.sts.fail_next(1, &Refusal::new(StatusCode::FORBIDDEN, "AccessDenied", "no"));
    let refused = world.ping_with(&world.mint(json!({"sub": "refused"}))).await;
    assert_eq!(line_of(&world, &refused).await["type"], "exchange_failed");

    let (strict, _) = authorize::world("forbid(principal, action, resource);", "  denyStatus: 200\n").await;
    let denied = strict.post(&strict.token("alice"), request(1, "tools/call", json!({"name": "t"})));
    let denied = denied.send().await.unwrap();
    assert_eq!(denied.status(), 200);
    let line = line_of(&strict, &denied).await;
    assert_eq!((&line["type"], &line["outcome"]), (&json!("policy_denied"), &json!("denied")));
    [world.audit(), strict.audit()].concat()
}

#[tokio::test]
async fn every_type_has_a_request_that_leaves_it() {
    let lines = one_of_each().await;
    let seen: BTreeSet<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    let promised: BTreeSet<&str> = EventType::NAMES.iter().copied().collect();
    assert_eq!(seen, promised);
    assert!(promised.len() >= 20);
}
