//! Policies that ask what the MCP server says of its tools: it is asked itself, as the caller, and no other word counts.

use reqwest::Response;
use rolecall_local::{
    mcp::SESSION_ERROR,
    raw::{Answer, Framing, Raw, Received, Step},
};
use serde_json::{Value, json};

use super::{call, world};
use crate::harness::{World, pong, reason, request};

const POLICIES: &str = r#"
@id("read-only")
permit(principal, action == Action::"tools/call", resource)
when { resource has annotations.readOnlyHint && resource.annotations.readOnlyHint };
"#;

async fn annotated() -> (World, Raw) {
    world(POLICIES, "").await
}

/// The id of the gateway's request for this page, for a call with id 1.
fn id(page: usize) -> String {
    format!("rolecall/tools/{page}/1")
}

fn page(page: usize, result: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id(page), "result": result}).to_string()
}

fn tools() -> Value {
    json!([{"name": "read", "annotations": {"readOnlyHint": true}},
           {"name": "write", "annotations": {"readOnlyHint": false}}, {"name": "silent"}])
}

fn list() -> String {
    page(1, json!({"tools": tools()}))
}

async fn send(world: &World, user: &str, tool: &str) -> Response {
    world.post(&world.token(user), call(tool, json!({}))).send().await.unwrap()
}

/// Methods of the messages that the server got.
fn methods(raw: &Raw) -> Vec<String> {
    raw.received().iter().map(|received| body(received)["method"].as_str().unwrap().to_owned()).collect()
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}

#[tokio::test]
async fn a_cold_gateway_decides_as_a_warm_one() {
    for (tool, status) in [("read", 200), ("write", 403), ("silent", 403), ("absent", 403)] {
        let (world, raw) = annotated().await;
        raw.push(Answer::json(200, list()));
        for state in ["cold", "warm", "warm again"] {
            assert_eq!(send(&world, "alice", tool).await.status(), status, "{tool}, {state}");
        }
        let listed = methods(&raw).iter().filter(|method| *method == "tools/list").count();
        assert_eq!(listed, 1, "{tool}: the list is asked for once");
        let line = world.audit_line(|line| line["target"]["tool"] == tool).await;
        assert!(line["timing_ms"]["tool_list"].is_number(), "{line}");
        let credentials = if status == 200 { json!("exchanged") } else { Value::Null };
        assert_eq!(
            line["aws"]["credentials"], credentials,
            "STS was asked for the list, and a denial signs nothing: {line}"
        );
        assert_eq!(line["aws"]["access_key_id"].is_null(), status != 200, "{line}");
        let warm = world.audit().into_iter().filter(|line| line["target"]["tool"] == tool).nth(1).unwrap();
        assert!(warm["timing_ms"].get("tool_list").is_none(), "{warm}");
        assert_eq!(warm["policy"], line["policy"]);
    }
}

#[tokio::test]
async fn the_list_is_asked_for_as_the_caller_in_its_own_session() {
    let (world, raw) = annotated().await;
    raw.push(Answer::json(200, list()));
    let meta = json!({"progressToken": 5, "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"}});
    let message =
        request(1, "tools/call", json!({"name": "read", "arguments": {"a": "secret"}, "_meta": meta}));
    let call = world.post(&world.token("alice"), message);
    let call = call.header("mcp-session-id", "s-1").header("mcp-protocol-version", "2026-07-28");
    let call =
        call.header("mcp-method", "tools/call").header("mcp-name", "read").header("mcp-param-a", "secret");
    assert_eq!(call.send().await.unwrap().status(), 200);
    let received = raw.received();
    let [asked, called] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(asked.identity, called.identity, "with the caller's own credentials");
    assert!(asked.identity.is_some() && world.stack.sts.calls().len() == 1);
    for (name, expected) in [
        ("mcp-session-id", vec![&b"s-1"[..]]),
        ("mcp-protocol-version", vec![b"2026-07-28"]),
        ("mcp-method", vec![b"tools/list"]),
        ("mcp-name", vec![]),
        ("mcp-param-a", vec![]),
        ("accept", vec![b"application/json, text/event-stream"]),
    ] {
        assert_eq!(asked.header_values(name), expected, "{name}");
    }
    let params = json!({"_meta": {"AWS_REGION": "us-west-2", "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                        "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"}}});
    let expected = json!({"jsonrpc": "2.0", "id": id(1), "method": "tools/list", "params": params});
    assert_eq!(body(asked), expected);
}

#[tokio::test]
async fn nobody_decides_by_the_list_of_another() {
    let (world, raw) = annotated().await;
    raw.push(Answer::json(200, list()));
    assert_eq!(send(&world, "alice", "read").await.status(), 200);
    raw.push(pong());
    // What carol is shown differs from what alice is shown.
    raw.always(Answer::json(200, page(1, json!({"tools": [{"name": "read"}]}))));
    raw.push(Answer::json(200, page(1, json!({"tools": [{"name": "read"}]}))));
    assert_eq!(send(&world, "alice", "read").await.status(), 200, "hers is kept");
    assert_eq!(send(&world, "carol", "read").await.status(), 403, "and is not carol's");
    let in_session = world.post(&world.token("alice"), call("read", json!({}))).header("mcp-session-id", "s");
    assert_eq!(in_session.send().await.unwrap().status(), 403, "nor that of another session of hers");
}

#[tokio::test]
async fn pages_and_event_streams_are_read_to_their_end() {
    let (world, raw) = annotated().await;
    let event = |json: String| format!("id: 1\r\nevent: message\r\ndata: {json}\r\n\r\n");
    let noise = event(json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}).to_string());
    let second = page(2, json!({"tools": tools()}));
    raw.push(Answer::json(200, page(1, json!({"tools": [{"name": "other"}], "nextCursor": "p 2"}))));
    raw.push(Answer::sse().send(format!(": hi\n\n{noise}")).send(event(second)).then(Step::Hang));
    raw.push(pong());
    assert_eq!(send(&world, "alice", "read").await.status(), 200);
    assert_eq!(body(&raw.received()[1])["params"]["cursor"], "p 2");
    assert_eq!(methods(&raw), ["tools/list", "tools/list", "tools/call"]);
}

#[tokio::test]
async fn without_a_list_that_is_certain_nothing_is_decided() {
    let twice = json!([{"name": "read", "annotations": {"readOnlyHint": false}},
                       {"name": "read", "annotations": {"readOnlyHint": true}}]);
    let error =
        json!({"jsonrpc": "2.0", "id": id(1), "error": {"code": -32601, "message": "no"}}).to_string();
    let cases = [
        ("down", Answer::hangup()),
        ("an error", Answer::json(200, error)),
        ("a failure", Answer::json(500, "{}")),
        ("not found without a session", Answer::status(404)),
        ("a redirect", Answer::status(307).header("location", "/mcp")),
        ("another media type", Answer::status(200).header("content-type", "text/plain").send(list())),
        ("accepted", Answer::accepted()),
        ("the answer to another request", Answer::json(200, list().replace("/1\"", "/2\""))),
        ("a tool twice", Answer::json(200, page(1, json!({"tools": twice})))),
        (
            "a hint twice",
            Answer::json(
                200,
                list().replace("{\"readOnlyHint\":true}", "{\"readOnlyHint\":true,\"readOnlyHint\":false}"),
            ),
        ),
        ("cut off", Answer::json(200, list()).framing(Framing::Chunked).then(Step::Close)),
        (
            "a stream without the response",
            Answer::sse().send("data: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n"),
        ),
    ];
    for (what, answer) in cases {
        let (world, raw) = annotated().await;
        raw.push(answer);
        let response = send(&world, "alice", "read").await;
        assert_eq!(response.status(), 502, "{what}");
        assert_eq!(reason(response).await, "upstream_unavailable", "{what}");
        assert!(!methods(&raw).iter().any(|method| method == "tools/call"), "{what}");
        raw.push(Answer::json(200, list()));
        assert_eq!(send(&world, "alice", "read").await.status(), 200, "{what}: nothing of it was kept");
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    let (world, raw) = annotated().await;
    for number in 1..=40 {
        raw.push(Answer::json(200, page(number, json!({"tools": [], "nextCursor": "on"}))));
    }
    assert_eq!(send(&world, "alice", "read").await.status(), 502);
    assert_eq!(raw.received().len(), 32);
    let (world, raw) = annotated().await;
    raw.always(Answer::status(200).first(Step::Hang));
    let began = std::time::Instant::now();
    let ask = || send(&world, "alice", "read");
    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    for response in [first, second, third] {
        assert_eq!((response.status().as_u16(), reason(response).await.as_str()), (504, "upstream_timeout"));
    }
    assert!((9..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_session_that_is_over_is_told_as_the_call_would_have_been() {
    let expired =
        json!({"jsonrpc": "2.0", "id": id(1), "error": {"code": SESSION_ERROR, "message": "expired"}});
    for answer in [Answer::json(200, expired.to_string()), Answer::status(404)] {
        let (world, raw) = annotated().await;
        raw.push(answer);
        let call = world.post(&world.token("alice"), call("read", json!({}))).header("mcp-session-id", "old");
        let response = call.send().await.unwrap();
        assert_eq!((response.status().as_u16(), reason(response).await.as_str()), (404, "not_found"));
        assert_eq!(methods(&raw), ["tools/list"]);
    }
}

#[tokio::test]
async fn refused_credentials_are_renewed_and_throttling_is_waited_for() {
    let (world, raw) = annotated().await;
    raw.push(Answer::aws_error("ExpiredTokenException"));
    raw.push(Answer::throttled(0));
    raw.push(Answer::json(200, list()));
    assert_eq!(send(&world, "alice", "read").await.status(), 200);
    assert_eq!(world.stack.sts.calls().len(), 2);
    let line = world.audit_line(|line| line["type"] == "mcp_tool_call").await;
    assert_eq!(line["repairs"], json!(["credentials_renewed", "throttle_retried"]));
}

#[tokio::test]
async fn what_a_client_says_of_a_tool_counts_for_nothing() {
    let (world, raw) = annotated().await;
    raw.push(Answer::json(200, list()));
    let hint = json!({"readOnlyHint": true});
    let params = json!({"name": "write", "annotations": hint, "arguments": {"annotations": hint},
                        "_meta": {"annotations": hint, "io.modelcontextprotocol/annotations": hint}});
    let message = request(1, "tools/call", params);
    assert_eq!(world.post(&world.token("alice"), message).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn lists_show_what_their_own_items_say() {
    let (world, raw) = annotated().await;
    let answer = |tools: Value| json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}).to_string();
    raw.push(Answer::json(200, answer(tools())));
    let shown = world.post(&world.token("alice"), request(1, "tools/list", json!({}))).send().await.unwrap();
    assert_eq!(shown.text().await.unwrap(), answer(json!([tools()[0]])));
    assert_eq!(methods(&raw), ["tools/list"], "nothing else is asked for");
}

#[tokio::test]
async fn nothing_is_asked_for_that_no_policy_asks_about() {
    let (world, raw) =
        world("permit(principal, action, resource) when { resource.arguments has a };", "").await;
    let message = call("read", json!({"a": 1}));
    assert_eq!(world.post(&world.token("alice"), message).send().await.unwrap().status(), 200);
    assert_eq!(send(&world, "alice", "read").await.status(), 403);
    assert_eq!(methods(&raw), ["tools/call"]);
    let (world, raw) = annotated().await;
    raw.always(pong());
    for (method, status) in [("ping", 200), ("prompts/get", 403), ("tasks/list", 403)] {
        let message = request(1, method, json!({"name": "read"}));
        assert_eq!(
            world.post(&world.token("alice"), message).send().await.unwrap().status(),
            status,
            "{method}"
        );
    }
    assert_eq!(methods(&raw), ["ping"]);
}
