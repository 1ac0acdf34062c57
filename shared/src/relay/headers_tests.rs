use super::*;

type Lines = &'static [(&'static str, &'static [u8])];

fn map(lines: Lines) -> HeaderMap {
    lines.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value).unwrap());
        map
    })
}

#[test]
fn only_the_request_list_goes_upstream() {
    let table: &[(Lines, Lines)] = &[
        (&[], &[]),
        (
            &[
                ("Content-Type", b"application/json; Charset=UTF-8"),
                ("Accept", b"application/json, text/event-stream"),
                ("User-Agent", b"client/1"),
                ("Last-Event-ID", b"7"),
                ("traceparent", b"00-a-b-01"),
                ("tracestate", b"a=1"),
                ("tracestate", b"b=2"),
                ("Cache-Control", b"no-cache"),
                ("Mcp-Session-Id", b"s"),
                ("MCP-Protocol-Version", b"2025-11-25"),
                ("Mcp-Param-Region", b"=?base64?ZQ==?="),
                ("mcp-future", b"x"),
            ],
            &[
                ("content-type", b"application/json; Charset=UTF-8"),
                ("accept", b"application/json, text/event-stream"),
                ("user-agent", b"client/1"),
                ("last-event-id", b"7"),
                ("traceparent", b"00-a-b-01"),
                ("tracestate", b"a=1"),
                ("tracestate", b"b=2"),
                ("cache-control", b"no-cache"),
                ("mcp-session-id", b"s"),
                ("mcp-protocol-version", b"2025-11-25"),
                ("mcp-param-region", b"=?base64?ZQ==?="),
                ("mcp-future", b"x"),
            ],
        ),
        (
            &[
                ("Authorization", b"Bearer t"),
                ("Proxy-Authorization", b"Basic t"),
                ("Cookie", b"c"),
                ("X-Amz-Date", b"d"),
                ("x-amz-security-token", b"t"),
                ("X-Amzn-Trace-Id", b"t"),
                ("X-Forwarded-For", b"1.2.3.4"),
                ("Forwarded", b"for=1.2.3.4"),
                ("Host", b"h"),
                ("Origin", b"https://o"),
                ("Content-Length", b"1"),
                ("Transfer-Encoding", b"chunked"),
                ("TE", b"trailers"),
                ("Upgrade", b"h2c"),
                ("Keep-Alive", b"timeout=5"),
                ("Expect", b"100-continue"),
                ("Content-Encoding", b"gzip"),
                ("Accept-Encoding", b"gzip"),
                ("x-mcp-session-id", b"s"),
                ("mcp", b"s"),
            ],
            &[],
        ),
        // what Connection names: several lines, lists, any case, odd members
        (
            &[
                ("Connection", b"close, MCP-Session-Id ,,\xff"),
                ("Connection", b"\tuser-agent,x-amz-date"),
                ("Mcp-Session-Id", b"s"),
                ("User-Agent", b"u"),
                ("Accept", b"a"),
            ],
            &[("accept", b"a")],
        ),
        // repeated lines and bytes that are no ASCII
        (
            &[("mcp-x", b"2"), ("accept", b"b"), ("mcp-x", b"\xff\xfe"), ("mcp-x", b"")],
            &[("mcp-x", b"2"), ("mcp-x", b"\xff\xfe"), ("mcp-x", b""), ("accept", b"b")],
        ),
    ];
    for (client, expected) in table {
        let mut expected = map(expected);
        expected.insert("accept-encoding", HeaderValue::from_static("identity"));
        assert_eq!(request_headers(&map(client)), expected, "{client:?}");
    }
}

#[test]
fn identity_is_asked_for_even_when_connection_names_it() {
    let headers = request_headers(&map(&[("connection", b"accept-encoding"), ("accept-encoding", b"br")]));
    assert_eq!(headers, map(&[("accept-encoding", b"identity")]));
}

#[test]
fn only_the_response_list_goes_back() {
    let table: &[(Lines, Lines)] = &[
        (
            &[
                ("Content-Type", b"Text/Event-Stream"),
                ("Mcp-Session-Id", b"s"),
                ("Cache-Control", b"no-store"),
                ("Retry-After", b"1"),
                ("Allow", b"POST, DELETE"),
                ("X-Accel-Buffering", b"no"),
                ("x-amzn-RequestId", b"r"),
            ],
            &[
                ("content-type", b"Text/Event-Stream"),
                ("mcp-session-id", b"s"),
                ("cache-control", b"no-store"),
                ("retry-after", b"1"),
                ("allow", b"POST, DELETE"),
                ("x-accel-buffering", b"no"),
                ("x-rolecall-upstream-request-id", b"r"),
            ],
        ),
        (
            &[
                ("Set-Cookie", b"c"),
                ("WWW-Authenticate", b"Bearer"),
                ("x-amzn-remapped-www-authenticate", b"Bearer"),
                ("Location", b"https://elsewhere"),
                ("Content-Length", b"3"),
                ("Content-Encoding", b"gzip"),
                ("Transfer-Encoding", b"chunked"),
                ("Trailer", b"x"),
                ("Server", b"s"),
                ("Date", b"d"),
                ("x-rolecall-upstream-request-id", b"forged"),
                ("x-request-id", b"theirs"),
                ("Access-Control-Allow-Origin", b"*"),
            ],
            &[],
        ),
        (
            &[
                ("Connection", b"Mcp-X"),
                ("connection", b"ALLOW"),
                ("mcp-x", b"1"),
                ("allow", b"GET"),
                ("mcp-y", b"2"),
            ],
            &[("mcp-y", b"2")],
        ),
        (&[("x-amz-request-id", b"second")], &[("x-rolecall-upstream-request-id", b"second")]),
        (&[("x-amzn-request-id", b"third")], &[("x-rolecall-upstream-request-id", b"third")]),
        (
            &[("x-amz-request-id", b"second"), ("x-amzn-requestid", b"first")],
            &[("x-rolecall-upstream-request-id", b"first")],
        ),
    ];
    for (upstream, expected) in table {
        assert_eq!(response_headers(&map(upstream)), map(expected), "{upstream:?}");
    }
}

#[test]
fn the_gateways_own_list_request_has_the_session_and_nothing_of_the_call() {
    let call = map(&[
        ("authorization", b"Bearer secret"),
        ("content-type", b"Application/JSON; charset=utf-8"),
        ("accept", b"application/json"),
        ("user-agent", b"client/1"),
        ("mcp-session-id", b"s"),
        ("mcp-protocol-version", b"2026-07-28"),
        ("mcp-method", b"tools/call"),
        ("mcp-name", b"t"),
        ("mcp-param-a", b"secret"),
        ("last-event-id", b"7"),
        ("traceparent", b"00-1-2-01"),
    ]);
    let sent = list_request_headers(&call);
    let mut lines: Vec<String> =
        sent.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "accept-encoding: identity",
            "accept: application/json, text/event-stream",
            "content-type: application/json",
            "mcp-method: tools/list",
            "mcp-protocol-version: 2026-07-28",
            "mcp-session-id: s",
            "traceparent: 00-1-2-01",
            "user-agent: client/1",
        ]
    );
    assert!(
        !list_request_headers(&map(&[])).contains_key("mcp-method"),
        "an old revision has no such header"
    );
}
