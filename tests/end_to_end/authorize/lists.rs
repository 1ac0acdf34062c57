//! Lists lose what the caller could never use, in JSON and in event streams, and what can't be understood never arrives.

use std::time::Duration;

use http_body_util::BodyExt;
use reqwest::Response;
use rolecall_local::raw::{Answer, Framing, Gate, Raw, Step};
use serde_json::{Value, json};

use super::world;
use crate::harness::{World, request};

const POLICIES: &str = r#"
permit(principal, action == Action::"tools/call", resource is Tool)
when { resource.tool_name like "keep*" && resource.arguments.bucket == "reports" };
permit(principal in Group::"s3-readers", action == Action::"prompts/get", resource == Prompt::"mine");
permit(principal, action == Action::"resources/read", resource is Resource) when { resource.uri like "docs://*" };
"#;
const TOOLS: &str = "{ \"jsonrpc\":\"2.0\", \"id\":1, \"result\":{ \"nextCursor\" : \"p\\/2\", \"tools\":[{\"name\":\"x\"},\n{\"name\":\"keep\",\"inputSchema\":{\"a\":1.50,\"a\":2}} , {\"name\":\"y\"}], \"_meta\":{\"u\":1e2} } }\n";
const CUT: &str = "{ \"jsonrpc\":\"2.0\", \"id\":1, \"result\":{ \"nextCursor\" : \"p\\/2\", \"tools\":[{\"name\":\"keep\",\"inputSchema\":{\"a\":1.50,\"a\":2}}], \"_meta\":{\"u\":1e2} } }\n";

async fn lists() -> (World, Raw) {
    world(POLICIES, "").await
}

async fn ask(world: &World, user: &str, method: &str) -> Response {
    world.post(&world.token(user), request(1, method, json!({}))).send().await.unwrap()
}

async fn body(world: &World, method: &str) -> String {
    ask(world, "alice", method).await.text().await.unwrap()
}

fn listing(member: &str, items: Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "result": {member: items}}).to_string()
}

#[tokio::test]
async fn a_list_loses_what_its_reader_could_never_use_and_not_a_byte_more() {
    let (world, raw) = lists().await;
    for framing in [Framing::Length, Framing::Chunked, Framing::UntilClose] {
        raw.push(Answer::status(200).header("content-type", "application/json").framing(framing).send(TOOLS));
        let response = ask(&world, "alice", "tools/list").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.text().await.unwrap(), CUT, "{framing:?}");
    }
}

#[tokio::test]
async fn every_kind_of_list_is_filtered_for_the_one_who_asks() {
    let (world, raw) = lists().await;
    let prompts = listing("prompts", json!([{"name": "mine"}, {"name": "other"}]));
    raw.push(Answer::json(200, prompts.clone()));
    assert_eq!(body(&world, "prompts/list").await, listing("prompts", json!([{"name": "mine"}])));
    raw.push(Answer::json(200, prompts));
    let carols = ask(&world, "carol", "prompts/list").await.text().await.unwrap();
    assert_eq!(carols, listing("prompts", json!([])), "carol is in another group");

    let resources = json!([{"uri": "docs://a", "name": "a"}, {"uri": "secrets://a", "name": "docs://a"}]);
    raw.push(Answer::json(200, listing("resources", resources.clone())));
    assert_eq!(body(&world, "resources/list").await, listing("resources", json!([resources[0]])));

    let templates = listing("resourceTemplates", json!([{"uriTemplate": "any://{x}", "name": "t"}]));
    raw.push(Answer::json(200, templates.clone()));
    assert_eq!(body(&world, "resources/templates/list").await, templates, "some resource may be read");
}

#[tokio::test]
async fn only_the_event_with_the_response_changes_and_the_others_pass_at_once() {
    let (world, raw) = lists().await;
    let gate = Gate::default();
    let first = ": hi\n\nid: 7\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n";
    let event = |json: &str| {
        let lines: String = json.split('\n').map(|line| format!("data: {line}\r\n")).collect();
        format!("event: message\r\nid: 8\r\n{lines}\r\n")
    };
    let all = event(TOOLS);
    let (half, rest) = all.split_at(60);
    raw.push(
        Answer::sse().send(first).then(Step::Until(gate.clone())).send(half.to_owned()).send(rest.to_owned()),
    );
    let response = ask(&world, "alice", "tools/list").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = http::Response::from(response).into_body();
    assert_eq!(stream.frame().await.unwrap().unwrap().into_data().unwrap(), first);
    gate.open();
    let passed = stream.collect().await.unwrap().to_bytes();
    let mut expected = event(CUT);
    // The line break behind the first item stays where it stood.
    expected = expected.replacen("\"tools\":[{", "\"tools\":[\r\ndata: {", 1);
    assert_eq!(String::from_utf8(passed.to_vec()).unwrap(), expected);
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood_is_withheld() {
    let (world, raw) = lists().await;
    let item = r#""tools":[{"name":"secret"}]"#;
    let json = |status: u16, body: String| Answer::json(status, body);
    let typed = |content_type: &str, body: &str| {
        Answer::status(200).header("content-type", content_type).send(body.to_owned())
    };
    let list = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{{item}}}}}"#);
    let cases = [
        ("201", json(201, list.clone())),
        ("206", json(206, list.clone())),
        ("text", typed("text/plain", &list)),
        ("no media type", Answer::status(200).send(list.clone())),
        ("a batch", json(200, format!("[{list}]"))),
        ("a byte order mark", json(200, format!("\u{feff}{list}"))),
        (
            "duplicate lists",
            json(200, format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[],{item}}}}}"#)),
        ),
        (
            "result and error",
            json(200, format!(r#"{{"id":1,"result":{{{item}}},"error":{{"code":1,"message":"m"}}}}"#)),
        ),
        ("a notification", json(200, format!(r#"{{"method":"notifications/x","params":{{{item}}}}}"#))),
        (
            "a notification with a result",
            json(200, format!(r#"{{"method":"notifications/x","result":{{{item}}}}}"#)),
        ),
        (
            "result and error of an error status",
            json(400, format!(r#"{{"id":1,"result":{{{item}}},"error":{{}}}}"#)),
        ),
        ("half a list", json(200, list.chars().take(60).collect())),
        ("items without names", json(200, r#"{"id":1,"result":{"tools":["secret"]}}"#.to_owned())),
    ];
    for (name, answer) in cases {
        raw.push(answer);
        let response = ask(&world, "alice", "tools/list").await;
        assert_eq!(response.status(), 502, "{name}");
        let body = response.text().await.unwrap();
        assert!(!body.contains("secret"), "{name}: {body}");
        let error: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&error["id"], &error["error"]["data"]["reason"]),
            (&json!(1), &json!("upstream_unavailable")),
            "{name}"
        );
        assert!(error["error"]["message"].as_str().unwrap().contains("withholds lists"), "{name}: {body}");
    }
    let line =
        world.audit_line(|line| line["detail"].as_str().is_some_and(|text| text.contains("key twice"))).await;
    assert_eq!((&line["type"], &line["outcome"]), (&json!("mcp_tools_list"), &json!("error")));
}

#[tokio::test]
async fn a_stream_ends_with_an_error_where_it_can_not_be_understood() {
    let (world, raw) = lists().await;
    let item = r#""tools":[{"name":"secret"}]"#;
    let events = [
        format!(r#"data: [{{"jsonrpc":"2.0","id":1,"result":{{{item}}}}}]"#),
        format!(r#"data: {{"method":"notifications/x","params":{{{item}}}}}"#),
        format!(r#"data: {{"id":1,"result":{{{item}}},"error":{{}}}}"#),
        format!("event: custom\ndata: {{{item}}}"),
        format!("data: {{{item}"),
    ];
    for event in events {
        let late = "data: {\"method\":\"notifications/late\"}";
        raw.push(Answer::sse().send(format!(": first\n\n{event}\n\n{late}\n\n")));
        let passed = body(&world, "tools/list").await;
        let error = passed.strip_prefix(": first\n\ndata: ").unwrap_or_else(|| panic!("{event}: {passed}"));
        assert!(!passed.contains("secret") && !passed.contains("late"), "{event}: {passed}");
        let error: Value = serde_json::from_str(error).unwrap();
        assert_eq!(
            (&error["id"], &error["error"]["data"]["reason"]),
            (&json!(1), &json!("upstream_unavailable"))
        );
        let line = world.audit_line(|line| line["reason"] == "upstream_unavailable").await;
        assert_eq!((&line["type"], &line["status"]), (&json!("mcp_tools_list"), &json!(200)));
    }
}

#[tokio::test]
async fn a_stream_that_breaks_in_the_middle_of_the_list_gives_none_of_it() {
    let (world, raw) = lists().await;
    let beginning = r#"data: {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"secret"},"#;
    raw.push(Answer::sse().framing(Framing::Chunked).send(": first\n\n").send(beginning).then(Step::Reset));
    let response = ask(&world, "alice", "tools/list").await;
    let mut stream = http::Response::from(response).into_body();
    let mut passed = Vec::new();
    while let Some(Ok(frame)) = stream.frame().await {
        passed.extend(frame.into_data().unwrap());
    }
    assert_eq!(String::from_utf8(passed).unwrap(), ": first\n\n");
}

#[tokio::test]
async fn a_document_that_breaks_off_is_an_unreachable_server() {
    let (world, raw) = lists().await;
    let answer = Answer::status(200).header("content-type", "application/json").framing(Framing::Chunked);
    raw.push(answer.send(r#"{"id":1,"result":{"tools":[{"name":"secret"}"#).then(Step::Reset));
    let response = ask(&world, "alice", "tools/list").await;
    assert_eq!(response.status(), 502);
    assert!(!response.text().await.unwrap().contains("secret"));
}

#[tokio::test]
async fn errors_and_empty_answers_pass_as_they_are() {
    let (world, raw) = lists().await;
    let cases = [
        (200, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m"}}"#),
        (400, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"m"}}"#),
        (405, r#"{"jsonrpc":"2.0","id":"","result":null,"error":{"code":-32600}}"#),
        (500, r#"{"message":null}"#),
        (503, "<html>"),
        (202, ""),
    ];
    for (status, text) in cases {
        raw.push(Answer::json(status, text));
        let response = ask(&world, "alice", "tools/list").await;
        assert_eq!(response.status(), status);
        assert_eq!(response.text().await.unwrap(), text, "{status}");
    }
}

#[tokio::test]
async fn a_stream_that_the_client_opens_is_filtered_too() {
    let (world, raw) = lists().await;
    let list = |items: Value| format!("id: 1\ndata: {}\n\n", listing("tools", items));
    let other = "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}\n\n";
    raw.push(Answer::sse().send(other).send(list(json!([{"name": "secret"}, {"name": "keep"}]))));
    let request = world.http.get(world.gateway.url()).bearer_auth(world.token("alice"));
    let passed = request.header("last-event-id", "0").send().await.unwrap().text().await.unwrap();
    assert_eq!(passed, format!("{other}{}", list(json!([{"name": "keep"}]))));
}

#[tokio::test]
async fn answers_to_calls_are_not_read() {
    let (world, raw) = lists().await;
    let call = super::call("keep", json!({"bucket": "reports"}));
    let odd = "{\"id\":1,\"result\":{\"tools\":[{\"name\":\"secret\"}]}} and more";
    raw.push(Answer::json(201, odd));
    let response =
        world.post(&world.token("alice"), call).timeout(Duration::from_secs(10)).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.text().await.unwrap(), odd);
}

#[tokio::test]
async fn without_policies_a_list_passes_unread() {
    let (world, raw) = World::with_raw_upstream().await;
    for text in [TOOLS, "[", "{\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}],\"tools\":[]}}"] {
        raw.push(Answer::json(200, text));
        assert_eq!(body(&world, "tools/list").await, text);
    }
}
