use proptest::prelude::*;
use serde_json::json;

use super::*;

fn region() -> Map<String, Value> {
    let Value::Object(entries) = json!({"AWS_REGION": "us-west-2"}) else { panic!("an object") };
    entries
}

/// `params` in, `params` out; `=` where nothing changes.
#[test]
fn splices_into_params() {
    let table: &[(&str, &str)] = &[
        ("{}", r#"{"_meta":{"AWS_REGION":"us-west-2"}}"#),
        ("{ \r\n}", "{\"_meta\":{\"AWS_REGION\":\"us-west-2\"} \r\n}"),
        (r#"{"name":"t"}"#, r#"{"_meta":{"AWS_REGION":"us-west-2"},"name":"t"}"#),
        (r#"{"_meta":{}}"#, r#"{"_meta":{"AWS_REGION":"us-west-2"}}"#),
        (
            r#"{"_meta" : { "progressToken": 1e2 }, "a": 1152921504606846976}"#,
            r#"{"_meta" : {"AWS_REGION":"us-west-2", "progressToken": 1e2 }, "a": 1152921504606846976}"#,
        ),
        (r#"{"\u005fmeta":{"p":1}}"#, r#"{"\u005fmeta":{"AWS_REGION":"us-west-2","p":1}}"#),
        (
            r#"{"arguments":{"a":1,"a":2,"_meta":{}}}"#,
            r#"{"_meta":{"AWS_REGION":"us-west-2"},"arguments":{"a":1,"a":2,"_meta":{}}}"#,
        ),
        (r#"{"_meta":{"AWS_REGION":"eu-west-1"}}"#, "="),
        (r#"{"_meta":{"AWS\u005fREGION":null}}"#, "="),
        (r#"{"_meta":null}"#, "="),
        (r#"{"_meta":[]}"#, "="),
        ("[1]", "="),
        ("null", "="),
        ("7", "="),
    ];
    for (params, expected) in table {
        let whole =
            |params: &str| format!("\r\n{{\"id\":1.0,\"method\":\"\\u0078\",\"params\":{params} }}\r\n");
        let result = inject_meta(whole(params).as_bytes(), &region()).unwrap();
        let expected = (*expected != "=").then(|| whole(expected));
        assert_eq!(result.map(|body| String::from_utf8(body).unwrap()), expected, "{params}");
    }
}

#[test]
fn leaves_messages_without_params() {
    for body in
        [r#"{"id":1,"method":"ping"}"#, r#"{"id":1,"result":{"_meta":{}}}"#, r#"{"id":1,"error":null}"#]
    {
        assert_eq!(inject_meta(body.as_bytes(), &region()), Ok(None), "{body}");
    }
    assert_eq!(inject_meta(b"not JSON", &Map::new()), Ok(None));
}

#[test]
fn refuses_what_is_not_one_unambiguous_message() {
    let table: &[(&[u8], MetaError)] = &[
        (b"", MetaError::NotJson),
        (b"{", MetaError::NotJson),
        (b"{}{}", MetaError::NotJson),
        (b"{\"method\":\"\xff\"}", MetaError::NotJson),
        (b"{\"\\ud800\":1,\"method\":\"x\"}", MetaError::NotJson),
        (b"\xef\xbb\xbf{\"method\":\"x\"}", MetaError::ByteOrderMark),
        (b" [{\"method\":\"x\"}]", MetaError::Batch),
        (b"7", MetaError::NotAMessage),
        (b"{\"params\":{}}", MetaError::NotAMessage),
        (b"{\"method\":\"x\",\"method\":\"x\"}", MetaError::DuplicateKey(Place::Message)),
        (b"{\"method\":\"x\",\"params\":{},\"p\\u0061rams\":{}}", MetaError::DuplicateKey(Place::Message)),
        (b"{\"method\":\"x\",\"x\":1,\"x\":1}", MetaError::DuplicateKey(Place::Message)),
        (b"{\"method\":\"x\",\"params\":{\"a\":1,\"a\":1}}", MetaError::DuplicateKey(Place::Params)),
        (
            b"{\"method\":\"x\",\"params\":{\"_meta\":{},\"\\u005fmeta\":{}}}",
            MetaError::DuplicateKey(Place::Params),
        ),
        (
            b"{\"method\":\"x\",\"params\":{\"_meta\":{\"a\":1,\"a\":2}}}",
            MetaError::DuplicateKey(Place::Meta),
        ),
    ];
    for (body, expected) in table {
        assert_eq!(inject_meta(body, &region()), Err(*expected), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn bounds_the_members_but_not_the_arguments() {
    let members = |count: usize| (0..count).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(",");
    let params =
        |params: String| inject_meta(format!(r#"{{"method":"x","params":{params}}}"#).as_bytes(), &region());
    assert!(params(format!("{{{}}}", members(MAX_MEMBERS))).unwrap().is_some());
    assert_eq!(
        params(format!("{{{}}}", members(MAX_MEMBERS + 1))),
        Err(MetaError::TooManyKeys(Place::Params))
    );
    assert!(params(format!("{{\"arguments\":{{{}}}}}", members(100_000))).unwrap().is_some());
    assert!(
        params(format!("{{\"arguments\":{}{}}}", "[".repeat(1 << 20), "]".repeat(1 << 20)))
            .unwrap()
            .is_some()
    );
}

#[test]
fn errors_say_what_to_send() {
    insta::assert_snapshot!(MetaError::DuplicateKey(Place::Meta), @"`params._meta` has a key twice; send every key once");
    insta::assert_snapshot!(MetaError::TooManyKeys(Place::Message), @"the JSON-RPC message has more than 1024 keys");
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "[a-c_é\"\\\\\n]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object_of(inner).prop_map(Value::Object),
        ]
    })
}

fn object_of(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    proptest::collection::vec(("[a-d\"é_]{1,2}|_meta", values), 0..4)
        .prop_map(|members| members.into_iter().collect())
}

fn merged(mut body: Value, entries: &Map<String, Value>) -> Value {
    let params = body.get_mut("params").and_then(Value::as_object_mut).filter(|_| !entries.is_empty());
    if let Some(params) = params {
        let meta = params.entry("_meta").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            for (key, value) in entries {
                meta.entry(key).or_insert_with(|| value.clone());
            }
        }
    }
    body
}

proptest! {
    #[test]
    fn splicing_is_merging_and_nothing_else(params in json_value(), entries in object_of(json_value()), pretty: bool) {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "x", "params": params});
        let text = if pretty { serde_json::to_string_pretty(&body) } else { serde_json::to_string(&body) }.unwrap();
        let spliced = inject_meta(text.as_bytes(), &entries).unwrap();
        let result = spliced.clone().unwrap_or_else(|| text.clone().into_bytes());
        prop_assert_eq!(serde_json::from_slice::<Value>(&result).unwrap(), merged(body, &entries));

        let added = result.len() - text.len();
        let common = text.bytes().zip(&result).take_while(|(a, b)| a == *b).count();
        let is_one_insertion = (0..=common).any(|at| text.as_bytes().split_at(at).1 == result.split_at(at + added).1);
        prop_assert!(is_one_insertion);
        prop_assert_eq!(spliced.is_some(), added > 0);
    }

    #[test]
    fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = inject_meta(&body, &region());
    }

    #[test]
    fn never_panics_on_json_like_text(body in r#"(\{|\}|\[|\]|,|:|"|\\u00|"params"|"_meta"|"method"|1| |\n){0,30}"#) {
        let _ = inject_meta(body.as_bytes(), &region());
    }
}
