//! Which headers cross the gateway, seen on the wire of either side.

use std::collections::BTreeSet;

use rolecall_local::raw::{Answer, Raw, Received};

use crate::{
    harness::{World, without_meta},
    tcp::{exchange, post},
};

const PING: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
/// What the gateway's own client and signature send besides.
const OWN: [&str; 8] = [
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "host",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
];

/// The upstream's view of a request with these header lines.
async fn upstream_sees(world: &World, raw: &Raw, lines: &[&[u8]]) -> Received {
    raw.push(Answer::json(200, "{}"));
    let answer = exchange(world, &post(world, lines, PING)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let received = raw.received().pop().unwrap();
    assert_eq!(received.rejected, None);
    received
}

/// Lower-case names beyond those of the gateway itself.
fn others(received: &Received) -> BTreeSet<String> {
    let names = received.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    names.filter(|name| !OWN.contains(&name.as_str())).collect()
}

#[tokio::test]
async fn what_identifies_or_routes_the_client_never_gets_through() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let lines: &[&[u8]] = &[
        b"X-Amz-Date: 20200101T000000Z",
        b"X-Amz-Security-Token: theirs",
        b"X-Amz-Content-Sha256: theirs",
        b"X-AMZ-Target: theirs",
        b"x-amzn-trace-id: Root=1-theirs",
        b"Cookie: session=theirs",
        b"Proxy-Authorization: Basic theirs",
        b"X-Forwarded-For: 192.0.2.1",
        b"X-Forwarded-Host: theirs.example",
        b"X-Forwarded-Proto: https",
        b"Forwarded: for=192.0.2.1",
        b"Via: 1.1 theirs",
        b"X-Real-IP: 192.0.2.1",
        b"Origin: http://localhost:1",
        b"Referer: http://theirs.example/",
        b"TE: trailers",
        b"Trailer: X-Theirs",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAMAAABkAAQAAP__",
        b"Keep-Alive: timeout=5",
        b"Proxy-Connection: keep-alive",
        b"Expect: 100-continue",
        b"Accept-Encoding: gzip, br",
        b"Content-Encoding: gzip",
        b"X-Rolecall-Upstream-Request-Id: theirs",
        b"X-Request-Id: theirs",
        b"X-Mcp-Session-Id: theirs",
    ];
    let received = upstream_sees(&world, &raw, lines).await;
    assert_eq!(others(&received), BTreeSet::new());
    assert_eq!(received.header_values("accept-encoding"), [b"identity"]);
    for name in ["authorization", "host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"] {
        let values = received.header_values(name);
        assert_eq!(values.len(), 1, "{name}");
        assert!(!String::from_utf8_lossy(values[0]).contains("theirs"), "{name}");
    }
    let token = world.token("alice");
    let all = format!("{:?}", received.headers);
    assert!(!all.contains("Bearer") && !all.contains(&token), "{all}");
}

#[tokio::test]
async fn what_mcp_needs_gets_through_byte_for_byte() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let lines: &[(&str, &[u8])] = &[
        ("content-type", b"application/json; Charset=UTF-8"),
        ("accept", b"application/json,  text/event-stream"),
        ("user-agent", b"client/1 (\"odd\")"),
        ("last-event-id", b"7/\xe2\x82\xac"),
        ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", b"a=1,b=2"),
        ("cache-control", b"no-cache"),
        ("mcp-session-id", b"s-1"),
        ("mcp-protocol-version", b"2026-07-28"),
        ("mcp-method", b"ping"),
        ("mcp-name", b"=?base64?w6k=?="),
        ("mcp-param-region", b"\xe9\xff obs-text\tand a tab"),
        ("mcp-of-the-future", b""),
    ];
    let written: Vec<Vec<u8>> =
        lines.iter().map(|(name, value)| [name.as_bytes(), b": ", value].concat()).collect();
    let written: Vec<&[u8]> = written.iter().map(Vec::as_slice).collect();
    let received = upstream_sees(&world, &raw, &written).await;
    for (name, value) in lines {
        assert_eq!(received.header_values(name), [*value], "{name}");
    }
    let names = lines.iter().map(|(name, _)| (*name).to_owned()).filter(|name| name != "accept").collect();
    assert_eq!(others(&received), names);
}

#[tokio::test]
async fn repeated_lines_keep_their_order() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let received = upstream_sees(&world, &raw, &[b"Mcp-X: 2", b"Accept: b", b"mcp-x: 1", b"accept: a"]).await;
    assert_eq!(received.header_values("mcp-x"), [b"2", b"1"]);
    assert_eq!(received.header_values("accept"), [b"b", b"a"]);
}

#[tokio::test]
async fn what_connection_names_stays_here_and_the_signature_stays_whole() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let lines: &[&[u8]] = &[
        b"Connection: x-amz-date, Authorization ,host",
        b"Connection: mcp-session-id, USER-AGENT, content-type,, x-amz-security-token",
        b"Mcp-Session-Id: s",
        b"User-Agent: u",
        b"Content-Type: application/json",
        b"Mcp-Other: o",
    ];
    let received = upstream_sees(&world, &raw, lines).await;
    assert_eq!(others(&received), BTreeSet::from(["mcp-other".to_owned()]));
    assert!(received.identity.is_some());
}

#[tokio::test]
async fn only_what_a_client_may_see_comes_back() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    let kept: &[(&str, &[u8])] = &[
        ("content-type", b"Application/JSON; Charset=\"utf-8\""),
        ("mcp-session-id", b"s-1"),
        ("mcp-odd", b"\xe9\xff"),
        ("cache-control", b"no-store, Private"),
        ("retry-after", b"7"),
        ("allow", b"POST, DELETE"),
        ("x-accel-buffering", b"no"),
    ];
    let dropped: &[(&str, &[u8])] = &[
        ("set-cookie", b"a=b"),
        ("www-authenticate", b"Bearer realm=\"theirs\""),
        ("x-amzn-remapped-www-authenticate", b"Bearer"),
        ("proxy-authenticate", b"Basic"),
        ("location", b"https://elsewhere.example/"),
        ("keep-alive", b"timeout=5"),
        ("upgrade", b"h2c"),
        ("trailer", b"x"),
        ("server", b"theirs"),
        ("x-amzn-trace-id", b"Root=theirs"),
        ("x-request-id", b"theirs"),
        ("access-control-allow-origin", b"https://theirs.example"),
        ("connection", b"mcp-hop"),
        ("mcp-hop", b"hop"),
    ];
    let answer =
        kept.iter().skip(1).chain(dropped).fold(
            Answer::status(200).header("content-type", kept[0].1).send("{}"),
            |answer, (name, value)| answer.header(name, value),
        );
    raw.push(answer.header("x-amzn-RequestId", "upstream-1"));
    let seen = exchange(&world, &post(&world, &[], PING)).await;
    let lines: Vec<&[u8]> = seen.0.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    for (name, value) in kept {
        assert!(
            lines.contains(&[name.as_bytes(), b": ", value].concat().as_slice()),
            "{name}: {}",
            seen.text()
        );
    }
    let names: BTreeSet<String> =
        seen.head().lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
    let own =
        ["connection", "content-length", "date", "vary", "x-request-id", "x-rolecall-upstream-request-id"];
    let expected = kept.iter().map(|(name, _)| *name).chain(own).map(str::to_owned).collect();
    assert_eq!(names, expected);
    assert!(!seen.text().contains("theirs"), "{}", seen.text());
    assert!(seen.head().contains("x-rolecall-upstream-request-id: upstream-1"));
    let line = world.audit_line(|line| line["type"] == "mcp_ping").await;
    assert_eq!(line["aws"]["upstream_request_id"], "upstream-1");
}
