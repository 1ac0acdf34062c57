use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn refused(body: &[u8]) -> InvalidRequest {
    let read = Incoming::read(&Method::POST, &headers(&[("content-type", "application/json")]), body);
    read.map(|read| format!("{read:?}")).expect_err(&String::from_utf8_lossy(body))
}

const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"a":[1.50]}}}"#;

#[test]
fn one_message_is_read_whole() {
    let json = headers(&[("content-type", "application/json")]);
    let Ok(Incoming::Call(call)) = Incoming::read(&Method::POST, &json, CALL.as_bytes()) else { panic!() };
    assert_eq!((call.method(), call.target()), ("tools/call", Some(&Target::Tool("t".into()))));
    let a = call.arguments().and_then(|arguments| arguments.get("a"));
    assert_eq!(a, Some(&Json::List(vec![Json::Number("1.50")])), "a number is what was written");
    for response in [r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, r#"{"jsonrpc":"2.0","id":"x","error":{}}"#] {
        assert_eq!(Incoming::read(&Method::POST, &json, response.as_bytes()), Ok(Incoming::Response));
    }
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(Incoming::read(&method, &HeaderMap::new(), b""), Ok(Incoming::Nothing));
        let refused = Incoming::read(&method, &json, CALL.as_bytes());
        assert_eq!(refused, Err(InvalidRequest::UnexpectedBody));
    }
}

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    use InvalidRequest as E;
    let cases: &[(&str, E)] = &[
        ("", E::Json(JsonError::NotJson)),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} {}", E::Json(JsonError::NotJson)),
        ("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", E::ByteOrderMark),
        ("[]", E::Batch),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, E::Batch),
        ("7", E::NotAMessage("it is no object")),
        (r#"{"id":1,"method":"ping"}"#, E::NotAMessage("`jsonrpc` is not \"2.0\"")),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, E::NotAMessage("`jsonrpc` is not \"2.0\"")),
        (
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            E::NotAMessage("`id` is neither text nor a number"),
        ),
        (r#"{"jsonrpc":"2.0","id":[],"method":"ping"}"#, E::NotAMessage("`id` is neither text nor a number")),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, E::NotAMessage("`method` is not text")),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
            E::NotAMessage("it has both a method and a result"),
        ),
        (r#"{"jsonrpc":"2.0","id":1}"#, E::NotAMessage("it has neither `method`, `result` nor `error`")),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"x","params":["name"]}"#,
            E::NotAMessage("`params` is not an object"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#,
            E::Json(JsonError::DuplicateKey),
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"x"}"#, E::Json(JsonError::DuplicateKey)),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[{"b":{"c":1,"c":2}}]}}"#,
            E::Json(JsonError::DuplicateKey),
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#, E::LookAlike("method")),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"param\u{17f}\":{}}", E::LookAlike("params")),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","NAME":"b"}}"#,
            E::LookAlike("name"),
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, E::Params("name", "text")),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["a"]}}"#,
            E::Params("name", "text"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":"{}"}}"#,
            E::Params("arguments", "an object"),
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{}}"#, E::Params("uri", "text")),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt"}}}"#,
            E::Params("ref", "a reference to a prompt or a resource template"),
        ),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}", E::Json(JsonError::NotJson)),
    ];
    for (body, expected) in cases {
        assert_eq!(refused(body.as_bytes()), *expected, "{body}");
    }
    assert_eq!(refused(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}"), E::Json(JsonError::NotJson));
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"a":{open}{close}}}}}"#)
    };
    let json = headers(&[("content-type", "application/json")]);
    assert!(Incoming::read(&Method::POST, &json, nested(30).as_bytes()).is_ok());
    assert_eq!(refused(nested(31).as_bytes()), InvalidRequest::Json(JsonError::TooDeep));
    assert_eq!(refused(nested(3_000_000).as_bytes()), InvalidRequest::Json(JsonError::TooDeep));
    let values = |count: usize| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"a":[{}0]}}}}"#, "0,".repeat(count))
    };
    assert!(Incoming::read(&Method::POST, &json, values(40_000).as_bytes()).is_ok());
    assert_eq!(refused(values(50_000).as_bytes()), InvalidRequest::Json(JsonError::TooManyValues));
    assert_eq!(refused(values(3_000_000).as_bytes()), InvalidRequest::Json(JsonError::TooManyValues));
}

#[test]
fn only_json_in_utf8_is_taken() {
    let read = |pairs: &[(&'static str, &str)]| {
        Incoming::read(&Method::POST, &headers(pairs), CALL.as_bytes()).map(|_| ())
    };
    for taken in
        ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"; v=1"]
    {
        assert_eq!(read(&[("content-type", taken)]), Ok(()), "{taken}");
    }
    for refused in
        ["text/plain", "application/json-rpc", "application/json; charset=utf-16", "", "a, application/json"]
    {
        assert_eq!(read(&[("content-type", refused)]), Err(InvalidRequest::MediaType), "{refused}");
    }
    assert_eq!(read(&[]), Err(InvalidRequest::MediaType));
    let twice = [("content-type", "application/json"), ("content-type", "application/json")];
    assert_eq!(read(&twice), Err(InvalidRequest::MediaType));
}

#[test]
fn headers_must_say_what_the_body_says() {
    let read = |pairs: &[(&'static str, &str)]| {
        let mut headers = headers(pairs);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Incoming::read(&Method::POST, &headers, CALL.as_bytes()).map(|_| ())
    };
    assert_eq!(read(&[("mcp-method", "tools/call"), ("mcp-name", " t ")]), Ok(()));
    assert_eq!(read(&[("mcp-name", "=?base64?dA==?=")]), Ok(()));
    for wrong in ["tools/list", "", "TOOLS/CALL"] {
        assert_eq!(
            read(&[("mcp-method", wrong)]),
            Err(InvalidRequest::HeaderMismatch("Mcp-Method")),
            "{wrong}"
        );
    }
    for wrong in ["T", "", "=?base64?dB==?=", "=?base64?dQ==?=", "=?base64?!?="] {
        assert_eq!(read(&[("mcp-name", wrong)]), Err(InvalidRequest::HeaderMismatch("Mcp-Name")), "{wrong}");
    }
    let twice = [("mcp-name", "t"), ("mcp-name", "u")];
    assert_eq!(read(&twice), Err(InvalidRequest::HeaderMismatch("Mcp-Name")));
}
