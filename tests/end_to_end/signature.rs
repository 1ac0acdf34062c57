//! The signature, checked by an implementation that is not the gateway's, over what really arrived.

use aws_lc_rs::digest::{SHA256, digest};
use http::Request;
use rolecall_local::raw::{Answer, Raw, RawOptions, Received};

use crate::{
    harness::{World, request, without_meta},
    tcp::{call, exchange, post},
};

const PING: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

async fn world() -> (World, Raw) {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    raw.always(Answer::json(200, "{}"));
    (world, raw)
}

fn last(raw: &Raw) -> Received {
    raw.received().pop().unwrap()
}

/// Verified, by the right role, and with the hash of what arrived.
fn assert_signed(received: &Received, what: &str) {
    assert_eq!(received.rejected, None, "{what}");
    let role = &received.identity.as_ref().unwrap().role_arn;
    assert_eq!(role, "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole", "{what}");
    assert_eq!(received.header_values("x-amz-content-sha256"), [sha256(&received.body).as_bytes()], "{what}");
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names that the signature covers.
fn signed_headers(received: &Received) -> Vec<String> {
    let authorization = String::from_utf8(received.header_values("authorization")[0].to_vec()).unwrap();
    let list = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap().to_owned();
    list.split(';').map(str::to_owned).collect()
}

#[tokio::test]
async fn odd_content_types_are_signed_as_they_are_sent() {
    let (world, raw) = world().await;
    let values: &[&[u8]] = &[
        b"application/json",
        b"Application/JSON; Charset=UTF-8",
        b"application/json;   charset=utf-8",
        b"application/json;\tcharset=utf-8",
        b"application/json; x=\"a  b\"",
        b"application/json; x=\"a\\\"b\"; y=';'",
        b"application/json , text/plain",
        b"a",
        b"%20/+~!*'()",
        b"",
    ];
    for value in values {
        let line = [b"Content-Type: ", *value].concat();
        let answer = exchange(&world, &post(&world, &[&line], PING)).await;
        let what = String::from_utf8_lossy(value);
        let received = last(&raw);
        assert_signed(&received, &what);
        assert_eq!(answer.status(), 200, "{what}");
        assert_eq!(received.header_values("content-type"), [*value], "{what}");
        assert!(signed_headers(&received).contains(&"content-type".into()), "{what}");
    }
}

#[tokio::test]
async fn a_repeated_content_type_is_signed_whole() {
    let (world, raw) = world().await;
    let lines: [&[u8]; 2] = [b"Content-Type: application/json", b"content-type: text/plain"];
    exchange(&world, &post(&world, &lines, PING)).await;
    let received = last(&raw);
    assert_signed(&received, "repeated");
    assert_eq!(received.header_values("content-type"), [b"application/json".as_slice(), b"text/plain"]);
}

#[tokio::test]
async fn a_content_type_without_canonical_form_is_sent_unsigned() {
    let (world, _) = world().await;
    // The verifier demands that a content type be signed; here it is asked about the rest alone.
    let raw = Raw::start(RawOptions::default()).await.unwrap();
    raw.always(Answer::json(200, "{}"));
    let world = world.before(&raw.url()).await;
    let table: [&[&[u8]]; 2] = [
        &[b"Content-Type: application/json; x=\xe9"],
        &[b"Content-Type: application/json", b"Content-Type: x/\xff"],
    ];
    for lines in table {
        assert_eq!(exchange(&world, &post(&world, lines, PING)).await.status(), 200);
        let received = last(&raw);
        let sent: Vec<_> = lines.iter().map(|line| &line[b"Content-Type: ".len()..]).collect();
        assert_eq!(received.header_values("content-type"), sent);
        assert!(!signed_headers(&received).contains(&"content-type".into()));
        let mut rest = Request::post(received.target).body(received.body).unwrap();
        for (name, value) in
            received.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
        {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            rest.headers_mut().append(name, http::HeaderValue::from_bytes(value).unwrap());
        }
        world.stack.verifier().verify(&rest).await.unwrap();
    }
}

#[tokio::test]
async fn every_method_and_size_of_body_is_signed() {
    let (world, raw) = world().await;
    let large = request(1, "ping", serde_json::json!({"x": "y".repeat(6_000_000)})).into_bytes();
    let cases: [(&str, &[u8]); 7] = [
        ("POST", PING),
        ("POST", b""),
        ("POST", b"\0\xff"),
        ("POST", &large),
        ("GET", b""),
        ("DELETE", b""),
        ("DELETE", b"{}"),
    ];
    for (method, body) in cases {
        let answer =
            exchange(&world, &call(&world, method, &[b"Content-Type: application/json"], body)).await;
        let (received, what) = (last(&raw), format!("{method} with {} bytes", body.len()));
        assert_signed(&received, &what);
        assert_eq!(answer.status(), 200, "{what}");
        assert_eq!(received.method, method);
        assert!(received.body == body, "{what}");
    }
}

#[tokio::test]
async fn nothing_is_signed_that_a_proxy_may_touch() {
    let (world, raw) = world().await;
    let lines: [&[u8]; 4] =
        [b"Content-Type: application/json", b"Accept: */*", b"User-Agent: u", b"Mcp-Session-Id: s"];
    exchange(&world, &post(&world, &lines, PING)).await;
    let expected = ["content-type", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]
        .map(str::to_owned);
    assert_eq!(signed_headers(&last(&raw)), expected);
}
