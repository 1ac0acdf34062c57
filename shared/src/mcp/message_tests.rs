use super::*;

/// `kind id method target version client`, `-` for what is not known.
fn summary(body: &[u8]) -> String {
    match Message::peek(body) {
        Message::Request(request) => {
            let target = match &request.target {
                Some(Target::Tool(name)) => format!("tool:{name}"),
                Some(Target::Prompt(name)) => format!("prompt:{name}"),
                Some(Target::Resource(uri)) => format!("resource:{uri}"),
                None => "-".to_owned(),
            };
            let client = request.client.map_or("-".to_owned(), |client| {
                format!("{}/{}", client.name, client.version.unwrap_or(Cow::Borrowed("-")))
            });
            let version = request.protocol_version.unwrap_or(Cow::Borrowed("-"));
            format!("request {} {} {target} {version} {client}", request.id.as_json(), request.method)
        }
        Message::Notification { method } => format!("notification {method}"),
        Message::Response => "response".to_owned(),
        Message::Batch => "batch".to_owned(),
        Message::Other => "other".to_owned(),
    }
}

#[test]
fn tells_messages_apart() {
    let table: &[(&str, &str)] = &[
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "request 1 ping - - -"),
        (r#" { "method" : "ping" , "id" : "a\u0041\"" } "#, r#"request "a\u0041\"" ping - - -"#),
        (r#"{"id":1.0,"method":"ping"}"#, "request 1.0 ping - - -"),
        (r#"{"id":-1e2,"method":"p\u0069ng"}"#, "request -1e2 ping - - -"),
        (r#"{"id":18446744073709551617,"method":"x"}"#, "request 18446744073709551617 x - - -"),
        (r#"{"method":"notifications/initialized"}"#, "notification notifications/initialized"),
        (r#"{"id":1,"result":{}}"#, "response"),
        (r#"{"id":1,"result":null}"#, "response"),
        (r#"{"id":1,"error":{"code":1}}"#, "response"),
        (r#"[{"id":1,"method":"ping"}]"#, "batch"),
        (" \r\n[]", "batch"),
        ("[", "other"),
        ("", "other"),
        ("null", "other"),
        ("\"ping\"", "other"),
        ("{}", "other"),
        (r#"{"id":1}"#, "other"),
        (r#"{"id":1,"method":"ping"} x"#, "other"),
        (r#"{"id":1,"method":"ping""#, "other"),
        ("\u{feff}{\"id\":1,\"method\":\"ping\"}", "other"),
        // ambiguous
        (r#"{"id":1,"id":1,"method":"ping"}"#, "other"),
        (r#"{"id":1,"\u0069d":2,"method":"ping"}"#, "other"),
        (r#"{"id":1,"method":"ping","method":"tools/call"}"#, "other"),
        (r#"{"id":1,"method":"ping","params":{},"params":{}}"#, "other"),
        (r#"{"id":1,"method":"ping","result":{}}"#, "other"),
        (r#"{"id":null,"method":"ping"}"#, "other"),
        (r#"{"id":{},"method":"ping"}"#, "other"),
        (r#"{"id":true,"method":"ping"}"#, "other"),
        (r#"{"id":1,"method":7}"#, "other"),
        (r#"{"id":1,"method":"\ud800"}"#, "other"),
    ];
    for (body, expected) in table {
        assert_eq!(summary(body.as_bytes()), *expected, "{body}");
    }
    assert_eq!(summary(b"{\"id\":1,\"method\":\"ping\",\"x\":\"\xff\"}"), "other");
}

#[test]
fn names_target_version_and_client() {
    let table: &[(&str, &str, &str)] = &[
        ("tools/call", r#"{"name":"a\u0062","arguments":{"name":"x"}}"#, "tool:ab - -"),
        ("tools/call", r#"{"name":"a","name":"b"}"#, "- - -"),
        ("tools/call", r#"{"name":7}"#, "- - -"),
        ("tools/call", r#"["a"]"#, "- - -"),
        ("tools/call", "null", "- - -"),
        ("tools/list", r#"{"name":"a"}"#, "- - -"),
        ("prompts/get", r#"{"name":"p"}"#, "prompt:p - -"),
        ("resources/read", r#"{"uri":"s3://b/k"}"#, "resource:s3://b/k - -"),
        ("resources/subscribe", r#"{"uri":"u"}"#, "resource:u - -"),
        ("resources/unsubscribe", r#"{"uri":"u"}"#, "resource:u - -"),
        ("completion/complete", r#"{"ref":{"type":"ref/prompt","name":"p"}}"#, "prompt:p - -"),
        ("completion/complete", r#"{"ref":{"type":"ref/resource","uri":"u"}}"#, "resource:u - -"),
        ("completion/complete", r#"{"ref":["ref/prompt","p"]}"#, "- - -"),
        (
            "initialize",
            r#"{"protocolVersion":"2025-11-25","clientInfo":{"name":"c","version":"1"}}"#,
            "- 2025-11-25 c/1",
        ),
        ("initialize", r#"{"clientInfo":{"name":"c"}}"#, "- - c/-"),
        ("initialize", r#"{"clientInfo":{"version":"1"}}"#, "- - -"),
        ("ping", r#"{"protocolVersion":"2025-11-25","clientInfo":{"name":"c"}}"#, "- - -"),
        (
            "tools/call",
            r#"{"name":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                "io.modelcontextprotocol/clientInfo":{"name":"c","version":"2"}}}"#,
            "tool:t 2026-07-28 c/2",
        ),
    ];
    for (method, params, expected) in table {
        let body = format!(r#"{{"id":1,"method":"{method}","params":{params}}}"#);
        assert_eq!(summary(body.as_bytes()), format!("request 1 {method} {expected}"), "{body}");
    }
}

#[test]
fn borrows_what_has_no_escapes() {
    let Message::Request(request) = Message::peek(br#"{"id":1,"method":"tools/call","params":{"name":"t"}}"#)
    else {
        panic!("a request")
    };
    assert!(matches!(request.method, Cow::Borrowed(_)));
    assert!(matches!(request.target, Some(Target::Tool(Cow::Borrowed("t")))));
}

#[test]
fn depth_and_size_are_no_danger() {
    let deep = 2 << 20;
    let mut body = br#"{"id":1,"method":"tools/call","params":{"name":"t","arguments":"#.to_vec();
    body.extend(std::iter::repeat_n(b'[', deep));
    body.extend(std::iter::repeat_n(b']', deep));
    body.extend(b"}}");
    assert_eq!(summary(&body), "request 1 tools/call tool:t - -");
    assert_eq!(summary(&vec![b'['; deep]), "other");
}

#[test]
fn loggable_text_ends_at_a_character() {
    assert_eq!(loggable("short"), "short");
    assert_eq!(loggable(&"é".repeat(256)), "é".repeat(256));
    assert_eq!(loggable(&"é".repeat(257)), "é".repeat(256));
}

proptest::proptest! {
    #[test]
    fn never_panics(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = Message::peek(&body);
    }

    #[test]
    fn the_id_is_repeated_verbatim(id in r#"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,5})?|"[ !#-\[\]-~é]{0,20}""#) {
        let body = format!(r#"{{"id": {id} ,"method":"ping"}}"#);
        match Message::peek(body.as_bytes()) {
            Message::Request(request) => proptest::prop_assert_eq!(request.id.as_json(), id),
            other => proptest::prop_assert!(false, "{:?}", other),
        }
    }
}
