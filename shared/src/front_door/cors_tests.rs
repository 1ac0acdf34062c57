use super::*;

const ORIGIN: HeaderValue = HeaderValue::from_static("https://app.example.com");

fn text(headers: &HeaderMap) -> String {
    let mut lines: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    lines.join("\n")
}

fn asking(names: &[&[u8]]) -> HeaderMap {
    names.iter().fold(HeaderMap::new(), |mut headers, value| {
        headers.append(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_bytes(value).unwrap());
        headers
    })
}

#[test]
fn responses() {
    assert_eq!(text(&endpoint_cors_headers(None)), "vary: Origin");
    insta::assert_snapshot!(text(&endpoint_cors_headers(Some(&ORIGIN))), @r"
    access-control-allow-origin: https://app.example.com
    access-control-expose-headers: mcp-session-id, mcp-protocol-version, www-authenticate, x-request-id, x-rolecall-upstream-request-id, retry-after
    vary: Origin
    ");
    assert_eq!(text(&metadata_cors_headers()), "access-control-allow-origin: *");
}

#[test]
fn preflights() {
    let request = asking(&[b"Authorization, mcp-protocol-version"]);
    insta::assert_snapshot!(text(&endpoint_preflight_headers(&request, Some(&ORIGIN))), @r"
    access-control-allow-headers: authorization, mcp-protocol-version
    access-control-allow-methods: GET, POST, DELETE, OPTIONS
    access-control-allow-origin: https://app.example.com
    access-control-max-age: 7200
    vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
    ");
    insta::assert_snapshot!(text(&endpoint_preflight_headers(&request, None)), @"vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    insta::assert_snapshot!(text(&metadata_preflight_headers(&request)), @r"
    access-control-allow-headers: authorization, mcp-protocol-version
    access-control-allow-methods: GET, HEAD, OPTIONS
    access-control-allow-origin: *
    access-control-max-age: 7200
    vary: Access-Control-Request-Headers
    ");
}

#[test]
fn only_header_names_are_echoed_and_not_without_end() {
    let long = "a,".repeat(2048);
    let too_long = format!("{long}a");
    let table: &[(&[&[u8]], Option<&str>)] = &[
        (&[], None),
        (&[b""], None),
        (&[b" , \xff, a b, \"x\", x:y"], None),
        (&[b"Accept,, bad name ,X-Y", b"Mcp-Name"], Some("accept, x-y, mcp-name")),
        (&[b"*"], Some("*")),
        (&[too_long.as_bytes()], None),
        (&[long.as_bytes(), b"a"], None),
    ];
    for (names, expected) in table {
        let headers = metadata_preflight_headers(&asking(names));
        let echoed = headers.get(ACCESS_CONTROL_ALLOW_HEADERS).map(|value| value.to_str().unwrap());
        assert_eq!(echoed, *expected, "{names:?}");
    }
    let headers = metadata_preflight_headers(&asking(&[long.as_bytes()]));
    assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_HEADERS).unwrap().len(), 2048 * 3 - 2);
}
