//! Whatever a client sends: the gateway's reading of a body is that of a slow reader of its own, and so is the decision.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

mod reference;
mod same;

use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use proptest::prelude::*;
use reference::Value;
use rolecall_core::{
    authenticate::Claims,
    authorize::{
        Authorization, CallFacts, Caller, Connection, DenyStatus, Incoming, Json, MAX_DEPTH, PolicyFile,
    },
    role::RoleArn,
};
use same::same;

/// The longest text that is tried; nothing shorter than this many bytes has too many values.
const MAX_BYTES: usize = 4096;

const POLICIES: &str = r#"
permit(principal, action == Action::"tools/call", resource) when { resource.tool_name like "a*" };
permit(principal, action, resource == Prompt::"a");
forbid(principal, action, resource is Tool) when { resource.arguments has k && resource.arguments.k == "x" };
"#;

/// Pieces of which messages and near-messages are made.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "null",
        "true",
        "1",
        "-0",
        "1.5e-3",
        "1e",
        "01",
        "\"",
        "\\",
        "\u{feff}",
        "\"jsonrpc\":\"2.0\"",
        "\"id\":1",
        "\"id\":null",
        "\"method\":\"tools/call\"",
        "\"method\":\"prompts/get\"",
        "\"method\":\"ping\"",
        "\"m\\u0065thod\":\"ping\"",
        "\"Method\":\"ping\"",
        "\"params\":",
        "\"name\":\"a\"",
        "\"name\":\"ab\"",
        "\"name\":\"b\"",
        "\"arguments\":",
        "{\"k\":\"x\"}",
        "{\"k\":\"\\u0078\"}",
        "{\"k\":[\"x\"]}",
        "{\"k\":\"x\",\"k\":\"y\"}",
        "{}",
        "\"result\":1",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\u{7}\"",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

/// A call that is whole but for its arguments, or with one piece too many somewhere.
fn message() -> impl Strategy<Value = String> {
    let arguments = prop::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat());
    let name = prop::sample::select(vec!["a", "ab", "b", "\\u0061"]);
    let method = prop::sample::select(vec!["tools/call", "prompts/get", "ping", "tasks/get"]);
    let whole = (method, name, arguments).prop_map(|(method, name, arguments)| {
        let arguments = if arguments.is_empty() { "{\"k\":\"x\"}".to_owned() } else { arguments };
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"name":"{name}","arguments":{arguments}}}}}"#
        )
    });
    let whole = whole.boxed();
    let disturbed = (whole.clone(), piece(), any::<prop::sample::Index>()).prop_map(|(text, piece, at)| {
        let letters: Vec<char> = text.chars().collect();
        let (before, after) = letters.split_at(at.index(letters.len() + 1));
        before.iter().collect::<String>() + &piece + &after.iter().collect::<String>()
    });
    prop_oneof![whole, disturbed, prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())]
}

/// What the policies above say of a call, worked out by hand; `None` where it is no such call.
fn expected(message: &Value) -> Option<bool> {
    let params = message.get("params")?;
    let name = params.get("name")?.text()?;
    match message.get("method")?.text()? {
        "tools/call" => {
            let k = params.get("arguments").and_then(|arguments| arguments.get("k")).and_then(Value::text);
            Some(name.starts_with('a') && k != Some("x"))
        }
        "prompts/get" => Some(name == "a"),
        _ => None,
    }
}

fn decided(authorization: &Authorization, body: &str) -> Option<bool> {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let Ok(Incoming::Call(call)) = Incoming::read(&Method::POST, &headers, body.as_bytes()) else {
        return None;
    };
    let claims = Claims::new(serde_json::Map::new());
    let role: RoleArn = "arn:aws:iam::111122223333:role/Any".parse().unwrap();
    let caller = Caller { subject: "alice", claims: &claims, role: &role };
    let connection = Connection { server: "mcp", source_ip: None, protocol_version: None, client: None };
    let (method, target, arguments) = (call.method(), call.target(), call.arguments());
    let facts = CallFacts { method, target, arguments, annotations: None, connection };
    Some(authorization.decide(&caller, &facts).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_body_is_read_as_the_reference_reads_it(body in message()) {
        prop_assume!(body.len() < MAX_BYTES);
        match (Json::read(&body), reference::read(&body, MAX_DEPTH)) {
            (Ok(json), Some(value)) => prop_assert!(same(&json, &value), "{json:?} {value:?}"),
            (Err(_), None) => {}
            (json, value) => prop_assert!(false, "{json:?} {value:?}"),
        }
    }

    #[test]
    fn a_call_is_decided_as_the_reference_reads_it(body in message()) {
        let file = PolicyFile { name: "p".to_owned(), text: POLICIES.to_owned() };
        let authorization = Authorization::new(&[file], None, "groups", None, DenyStatus::Forbidden).unwrap();
        let Some(permitted) = decided(&authorization, &body) else { return Ok(()) };
        let value = reference::read(&body, MAX_DEPTH).unwrap();
        prop_assert_eq!(permitted, expected(&value).unwrap_or(false), "{}", body);
    }

    #[test]
    fn no_bytes_make_the_reading_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let _ = Incoming::read(&Method::POST, &headers, &body);
    }
}
