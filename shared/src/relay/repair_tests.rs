use super::*;

#[test]
fn an_expired_session_is_a_json_error_30001_in_a_200() {
    let expired = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-30001,"message":"Session expired"}}"#;
    let table: &[(u16, Option<&str>, &str, bool)] = &[
        (200, Some("application/json"), expired, true),
        (200, Some("Application/JSON; charset=utf-8"), expired, true),
        (200, Some("application/json"), r#" {"id":"","result":null,"error":{"code":-30001}}"#, true),
        (200, Some("text/event-stream"), expired, false),
        (200, Some("application/json-seq"), expired, false),
        (200, None, expired, false),
        (400, Some("application/json"), expired, false),
        (202, Some("application/json"), expired, false),
        (200, Some("application/json"), r#"{"id":1,"error":{"code":-32600,"message":"-30001"}}"#, false),
        (200, Some("application/json"), r#"{"id":1,"error":{"code":"-30001"}}"#, false),
        (200, Some("application/json"), r#"{"id":1,"result":{"error":{"code":-30001}}}"#, false),
        (200, Some("application/json"), r#"{"error":{"code":1},"error":{"code":-30001}}"#, false),
        (200, Some("application/json"), r#"[{"error":{"code":-30001}}]"#, false),
        (200, Some("application/json"), r#"[{"code":-30001}]"#, false),
        (200, Some("application/json"), r#"{"error":[-30001]}"#, false),
        (200, Some("application/json"), "", false),
        (200, Some("application/json"), r#"{"error":{"code":-30001}"#, false),
    ];
    for (status, content_type, body, expected) in table {
        let content_type = content_type.map(HeaderValue::from_static);
        let verdict = is_expired_session(*status, content_type.as_ref(), body.as_bytes());
        assert_eq!(verdict, *expected, "{status} {content_type:?} {body}");
    }
}

#[test]
fn refused_credentials_are_named_by_a_whole_word() {
    let table: &[(u16, &str, &str, bool)] = &[
        (401, "", "", true),
        (401, "", "anything", true),
        (403, "ExpiredTokenException", "", true),
        (403, "InvalidSignatureException:http://internal.amazon.com/coral/", "", true),
        (403, "com.amazon.coral.service#UnrecognizedClientException:http://x", "", true),
        (400, "IncompleteSignature", "", true),
        (403, "AccessDeniedException", "", false),
        (403, "NotExpiredToken", "", false),
        (400, "", r#"{"__type":"com.amazon.coral.service#ExpiredTokenException"}"#, true),
        (403, "", r#"{"__type":"MissingAuthenticationTokenException","message":"Missing"}"#, true),
        (403, "", r#"{"Error":{"Code":"SignatureDoesNotMatch"}}"#, true),
        (403, "", r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"data":{"code":"ExpiredToken"}}}"#, true),
        (403, "", r#"{"message":"ExpiredTokenException: the token has expired"}"#, true),
        (403, "", "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>", true),
        (403, "", "ExpiredToken", true),
        (400, "", "Denied (UnrecognizedClientException).", true),
        // neither parts of words nor words like them
        (403, "", r#"{"__type":"AccessDeniedException","message":"Not authorized"}"#, false),
        (403, "", r#"{"message":"the token expired"}"#, false),
        (403, "", r#"{"code":"expiredtoken"}"#, false),
        (403, "", "ExpiredTokens", false),
        (403, "", "ExpiredTokenExceptionId", false),
        (403, "", "Expired Token", false),
        (403, "", "", false),
        // other statuses pass
        (404, "ExpiredTokenException", "", false),
        (500, "", r#"{"__type":"ExpiredTokenException"}"#, false),
        (200, "ExpiredTokenException", "", false),
    ];
    for (status, error_type, body, expected) in table {
        let mut headers = HeaderMap::new();
        if !error_type.is_empty() {
            headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        }
        let verdict = rejects_credentials(*status, &headers, body.as_bytes());
        assert_eq!(verdict, *expected, "{status} {error_type} {body}");
    }
}

#[test]
fn every_code_is_recognised_in_either_place() {
    for code in CREDENTIAL_ERROR_CODES {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-amzn-errortype"),
            HeaderValue::from_static(code),
        )]);
        assert!(rejects_credentials(403, &headers, b""), "{code}");
        assert!(rejects_credentials(400, &HeaderMap::new(), code.as_bytes()), "{code}");
    }
}

#[test]
fn an_error_body_is_searched_up_to_its_limit_whatever_bytes_it_holds() {
    let none = HeaderMap::new();
    assert!(rejects_credentials(403, &none, b"\xff\xfeExpiredToken\0"));
    let padded = |length: usize| [b"ExpiredToken".to_vec(), vec![b' '; length - 12]].concat();
    assert!(rejects_credentials(403, &none, &padded(MAX_ERROR_BYTES)));
    assert!(!rejects_credentials(403, &none, &padded(MAX_ERROR_BYTES + 1)));
    assert!(!rejects_credentials(403, &none, "[".repeat(1 << 20).as_bytes()));
}

#[test]
fn only_opening_and_listing_methods_are_retried() {
    for method in [
        "initialize",
        "server/discover",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ] {
        assert!(retry_on_throttle(method), "{method}");
    }
    for method in ["tools/call", "prompts/get", "resources/read", "ping", "Tools/List", "tasks/list", ""] {
        assert!(!retry_on_throttle(method), "{method}");
    }
}

#[test]
fn waits_double_and_end_within_three_seconds() {
    let table: &[(u32, Option<&str>, u64, Option<u64>)] = &[
        (0, None, 0, Some(200)),
        (1, None, 250, Some(400)),
        (2, None, 700, Some(800)),
        (3, None, 1400, Some(1600)),
        (3, None, 1401, None),
        (4, None, 0, None),
        (u32::MAX, None, 0, None),
        (0, Some("1"), 0, Some(1000)),
        (0, Some(" 3 "), 0, Some(3000)),
        (0, Some("3"), 1, None),
        (0, Some("0"), 0, Some(200)),
        (0, Some("4"), 0, None),
        (0, Some("18446744073709551615"), 0, None),
        (0, Some("-1"), 0, Some(200)),
        (0, Some("Fri, 20 Nov 2026 00:00:00 GMT"), 0, Some(200)),
        (0, None, u64::MAX, None),
    ];
    for (attempt, retry_after, spent, expected) in table {
        let retry_after = retry_after.map(HeaderValue::from_static);
        let delay = retry_delay(*attempt, retry_after.as_ref(), Duration::from_millis(*spent));
        assert_eq!(delay, expected.map(Duration::from_millis), "{attempt} {retry_after:?} {spent}");
    }
}
