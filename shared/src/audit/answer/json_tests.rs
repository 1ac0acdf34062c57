use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn found(document: &[u8]) -> Option<ApplicationError> {
    let mut scan = ResponseScan::default();
    scan.feed(document);
    scan.found()
}

#[test]
fn failures_are_found_where_json_rpc_and_mcp_put_them() {
    use ApplicationError::{JsonRpc, Tool};
    let table: &[(&str, Option<ApplicationError>)] = &[
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#, Some(JsonRpc)),
        (r#"{"error":{},"id":1}"#, Some(JsonRpc)),
        (r#" { "error" : [ ] }"#, Some(JsonRpc)),
        (r#"{"error":"text"}"#, Some(JsonRpc)),
        (r#"{"error":7}"#, Some(JsonRpc)),
        (r#"{"error":false}"#, Some(JsonRpc)),
        (r#"{"err\u006fr":{}}"#, Some(JsonRpc)),
        (r#"{"result":null,"error":{"code":1}}"#, Some(JsonRpc)),
        (r#"[{"id":1,"result":{}},{"id":2,"error":{}}]"#, Some(JsonRpc)),
        (r#"{"result":{"content":[],"isError":true}}"#, Some(Tool)),
        (r#"{"result":{"isError":true,"content":[]},"id":1}"#, Some(Tool)),
        (r#"{"result":{"content":[{"type":"text","text":"\"}\\"}],"\u0069sError" : true}}"#, Some(Tool)),
        (r#"[{"result":{"isError":true}}]"#, Some(Tool)),
        (r#"{"result":{},"error":null}"#, None),
        (r#"{"result":{"isError":false}}"#, None),
        (r#"{"result":{"isError":null}}"#, None),
        (r#"{"result":{"isError":"true"}}"#, None),
        (r#"{"result":{"iserror":true}}"#, None),
        (r#"{"result":{"error":{}}}"#, None),
        (r#"{"result":{"a":{"isError":true}}}"#, None),
        (r#"{"result":[{"isError":true}]}"#, None),
        (r#"{"result":{"result":{"isError":true}}}"#, None),
        (r#"{"isError":true}"#, None),
        (r#"{"params":{"error":{},"isError":true}}"#, None),
        (r#"{"result":{"content":[{"text":"\"error\":{}"}]}}"#, None),
        (r#"{"a":"error","b":{}}"#, None),
        (r#"{"result":{"content":"isError"},"x":true}"#, None),
        (r#"{"result":{},"x":{"isError":true}}"#, None),
        (r#"{"errors":{}}"#, None),
        (r#"[[{"error":{}}]]"#, None),
        ("", None),
        ("error", None),
        ("\u{feff}{}", None),
    ];
    for (document, expected) in table {
        assert_eq!(found(document.as_bytes()), *expected, "{document}");
    }
}

#[test]
fn a_deep_document_costs_no_more_than_its_length() {
    let deep =
        format!(r#"{{"result":{{"a":{}{},"isError":true}}}}"#, "[".repeat(1 << 20), "]".repeat(1 << 20));
    assert_eq!(found(deep.as_bytes()), Some(ApplicationError::Tool));
    let mut scan = ResponseScan::default();
    scan.feed(format!("{{\"{}", "k".repeat(1 << 20)).as_bytes());
    assert!(scan.key.capacity() < 1024, "a key is not kept");
}

/// The same question to a whole parser.
fn reference(document: &Value) -> Option<ApplicationError> {
    let messages = match document {
        Value::Array(messages) => messages.iter().collect(),
        message => vec![message],
    };
    let one = |message: &Value| {
        if message.get("error").is_some_and(|error| !error.is_null()) {
            return Some(ApplicationError::JsonRpc);
        }
        (message.pointer("/result/isError") == Some(&json!(true))).then_some(ApplicationError::Tool)
    };
    messages.into_iter().find_map(one)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-c\"\\\\\n{}\\[\\]:,é]{0,8}|error|isError".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("error|result|isError|id|[a-b\"\\\\]{0,3}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_a_whole_parser_however_the_document_is_cut(
        document in value(), pretty: bool, cuts in proptest::collection::vec(0_usize..200, 0..6)
    ) {
        let text =
            if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
        let text = text.unwrap();
        // Which of two failures is named may differ: the scan takes the first in the text.
        let expected = reference(&document).is_some();
        let mut scan = ResponseScan::default();
        let mut rest = text.as_bytes();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            scan.feed(piece);
            rest = after;
        }
        scan.feed(rest);
        prop_assert_eq!(scan.found().is_some(), expected, "{}", text);
        prop_assert_eq!(scan.found(), found(text.as_bytes()));
    }

    #[test]
    fn any_bytes_are_survived(
        document in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'{'), Just(b'}'), Just(b'\\')], 0..100)
    ) {
        let whole = found(&document);
        let mut scan = ResponseScan::default();
        document.chunks(1).for_each(|byte| scan.feed(byte));
        prop_assert_eq!(scan.found(), whole);
    }
}
