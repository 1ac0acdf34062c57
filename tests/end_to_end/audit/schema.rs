//! The published schema promises nothing that no line has: every field and every value of its enumerations occurs. (That no
//! line has anything else is checked for every line of every test, in `audited`; the reasons beside the table of refusals.)

use std::collections::BTreeSet;

use reqwest::RequestBuilder;
use rolecall_core::audit::EventType;
use rolecall_local::raw::{Answer, Step};
use serde_json::{Value, json};

use super::{line_of, types::one_of_each};
use crate::{
    audited::SCHEMA,
    authorize::PolicyDirectory,
    harness::{World, pong, request},
};

/// Paths of fields, and of values where the schema lists them.
fn promised(schema: &Value, path: &str, all: &mut BTreeSet<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        promised(property, &path, all);
        promised(&property["items"], &path, all);
        for value in [property, &property["items"]].iter().filter_map(|one| one["enum"].as_array()).flatten()
        {
            all.insert(format!("{path}={}", value.as_str().unwrap()));
        }
        all.insert(path);
    }
}

fn present(value: &Value, path: &str, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let path = format!("{path}/{name}");
            present(member, &path, all);
            all.insert(path);
        }),
        Value::Array(items) => items.iter().for_each(|item| present(item, path, all)),
        Value::String(text) => {
            all.insert(format!("{path}={text}"));
        }
        _ => {}
    }
}

const POLICIES: &str = r#"@id("all") permit(principal, action, resource);
@id("none") forbid(principal, action, resource == Tool::"none");"#;

/// Everything a request can have on it, and every way it can go.
async fn full_lines() -> Vec<Value> {
    let audit = "audit: {includeRequestData: true, includeResponseData: true}\n";
    let directory = PolicyDirectory::with(POLICIES);
    let policies = directory.section("");
    let (world, raw) = World::with_raw_upstream_and_config(|yaml| format!("{yaml}{audit}{policies}")).await;
    raw.always(pong().header("x-amzn-requestid", "upstream-1"));
    let act =
        json!({"iss": "https://idp.example", "sub": "agent", "client_id": "agents", "act": {"sub": "outer"}});
    let token = world.mint(json!({
        "sub": "full", "name": "Full Name", "email": "full@example.com", "azp": "aws-mcp", "groups": ["s3-readers"],
        "act": act,
    }));
    let send = |body: String| -> RequestBuilder {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        world.post(&token, body).header("traceparent", trace).header("mcp-session-id", "session")
    };
    let call = |name: &str| request(1, "tools/call", json!({"name": name}));
    let hello = json!({"protocolVersion": "2025-11-25", "clientInfo": {"name": "c", "version": "1"}});
    let cases = [
        (None, request(1, "initialize", hello.clone())),
        (None, call("t")),
        (None, request(1, "prompts/get", json!({"name": "p"}))),
        (None, request(1, "resources/read", json!({"uri": "file:///a"}))),
        (None, call("none")),
        (Some(Answer::json(500, "{}")), call("t")),
        (Some(Answer::status(200).first(Step::Close)), call("t")),
        (Some(Answer::json(200, r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}"#)), call("t")),
        (Some(Answer::session_expired(&json!(1))), call("t")),
        (Some(Answer::aws_error("ExpiredTokenException")), call("t")),
        (Some(Answer::throttled(0)), request(1, "initialize", hello)),
    ];
    for (answer, body) in cases {
        answer.into_iter().for_each(|answer| raw.push(answer));
        let response = send(body).send().await.unwrap();
        line_of(&world, &response).await;
    }
    world.audit()
}

/// A call for which the gateway asks for the list of tools first.
async fn annotated_lines() -> Vec<Value> {
    let directory = PolicyDirectory::with(
        "permit(principal, action, resource) when { resource.annotations.readOnlyHint };",
    );
    let policies = directory.section("");
    let (world, raw) = World::with_raw_upstream_and_config(|yaml| format!("{yaml}{policies}")).await;
    let tools = json!({"tools": [{"name": "t", "annotations": {"readOnlyHint": true}}]});
    let list = json!({"jsonrpc": "2.0", "id": "rolecall/tools/1/1", "result": tools});
    raw.push(Answer::json(200, list.to_string()));
    let call = request(1, "tools/call", json!({"name": "t"}));
    let response = world.post(&world.token("alice"), call).send().await.unwrap();
    line_of(&world, &response).await;
    world.audit()
}

#[tokio::test]
async fn every_field_and_every_value_of_the_schema_occurs() {
    let mut expected = BTreeSet::new();
    promised(&SCHEMA, "", &mut expected);
    let mut seen = BTreeSet::new();
    for line in [one_of_each().await, full_lines().await, annotated_lines().await].concat() {
        present(&line, "", &mut seen);
    }
    let missing: Vec<&String> =
        expected.difference(&seen).filter(|path| !path.starts_with("/reason=")).collect();
    assert!(missing.is_empty(), "no line has {missing:#?}");
    assert!(expected.len() > 100, "the schema was read");
}

#[test]
fn the_types_are_those_of_the_gateway() {
    assert_eq!(SCHEMA["properties"]["type"]["enum"], json!(EventType::NAMES));
}
