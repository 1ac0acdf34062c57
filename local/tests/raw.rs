//! The raw upstream: what it keeps and what it sends, to the byte.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::time::Duration;

use common::{ToSign, credentials};
use futures_util::StreamExt;
use rolecall_local::{
    http::client,
    raw::{Answer, Framing, Gate, Raw, RawOptions, Step},
    sts::Registry,
    verifier::Verifier,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const WAIT: Duration = Duration::from_secs(5);

async fn raw() -> Raw {
    Raw::start(RawOptions::default()).await.unwrap()
}

/// Sends these bytes and returns everything that comes back until the connection ends.
async fn exchange(raw: &Raw, request: &[u8]) -> Vec<u8> {
    let address = raw.url().strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap().to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn keeps_requests_as_they_came() {
    let raw = raw().await;
    raw.always(Answer::json(200, "{}").framing(Framing::UntilClose));
    let chunked =
        b"POST /mcp?a=%20b HTTP/1.1\r\nX-B: 2\r\nx-a: 1\r\nX-B: \xe9 3\r\ntransfer-encoding: chunked\r\n\r\n\
        3\r\nab\n\r\n2;ext=1\r\n\xff\x00\r\n0\r\n\r\n";
    let answer = exchange(&raw, chunked).await;
    assert_eq!(answer, b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}");
    let received = raw.received().pop().unwrap();
    assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/mcp?a=%20b"));
    let names: Vec<_> = received.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["X-B", "x-a", "X-B", "transfer-encoding"]);
    assert_eq!(received.header_values("x-b"), [&b"2"[..], b"\xe9 3"]);
    assert_eq!(received.body.as_ref(), b"ab\n\xff\x00");
    assert_eq!(received.disconnected_at, None);
}

#[tokio::test]
async fn answers_in_order_over_one_connection() {
    let raw = raw().await;
    raw.push(Answer::throttled(2));
    raw.push(Answer::accepted());
    raw.push(Answer::session_expired(&7.into()));
    raw.always(Answer::aws_error("ExpiredTokenException"));
    let http = client();
    let ask = async || http.post(raw.url()).body("x").send().await.unwrap();
    let throttled = ask().await;
    assert_eq!(
        (throttled.status().as_u16(), &throttled.headers()["retry-after"]),
        (429, &"2".parse().unwrap())
    );
    let accepted = ask().await;
    assert_eq!(accepted.status(), 202);
    assert!(!accepted.headers().contains_key("content-type"));
    assert_eq!(accepted.bytes().await.unwrap().len(), 0);
    let expired: serde_json::Value = ask().await.json().await.unwrap();
    assert_eq!((&expired["id"], &expired["error"]["code"]), (&7.into(), &(-30_001).into()));
    for _ in 0..2 {
        let refused = ask().await;
        assert_eq!(refused.status(), 403);
        assert_eq!(refused.headers()["x-amzn-errortype"], "ExpiredTokenException");
    }
    assert_eq!(raw.received().len(), 5);
}

#[tokio::test]
async fn a_gate_holds_the_stream_back() {
    let raw = raw().await;
    let gate = Gate::default();
    raw.push(Answer::sse().send("data: 1\n\n").then(Step::Until(gate.clone())).send("data: 2\n\n"));
    let response = client().get(raw.url()).send().await.unwrap();
    let mut stream = response.bytes_stream();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 1\n\n");
    gate.open();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 2\n\n");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn streams_break_when_told_to() {
    let raw = raw().await;
    for step in [Step::Close, Step::Reset] {
        raw.push(Answer::sse().send("data: 1\n\n").then(Step::Wait(Duration::from_millis(20))).then(step));
        assert!(client().get(raw.url()).send().await.unwrap().bytes().await.is_err());
    }
    raw.push(Answer::hangup());
    assert!(client().get(raw.url()).send().await.is_err());
}

#[tokio::test]
async fn sees_the_peer_leave() {
    let raw = raw().await;
    raw.push(Answer::sse().send(": hello\n\n").then(Step::Hang));
    raw.push(Answer::never());
    let response = client().get(raw.url()).send().await.unwrap();
    assert_eq!(raw.received()[0].disconnected_at, None);
    drop(response);
    raw.wait_for(|all| all[0].disconnected_at.is_some(), WAIT).await.unwrap();
    let unanswered = client().get(raw.url()).timeout(Duration::from_millis(50)).send().await;
    assert!(unanswered.unwrap_err().is_timeout());
    raw.wait_for(|all| all[1].disconnected_at.is_some(), WAIT).await.unwrap();
}

#[tokio::test]
async fn verifies_before_it_answers() {
    let registry = Registry::default();
    let verifier = Some(Verifier::new(registry.clone(), "us-east-1", "aws-mcp"));
    let raw = Raw::start(RawOptions { verifier, ..RawOptions::default() }).await.unwrap();
    raw.always(Answer::json(200, "{}"));
    let signer = credentials(&registry, "arn:aws:iam::111122223333:role/R", "alice");
    let url = raw.url();
    let shapes = [
        ToSign::post(&url, b"{}"),
        ToSign { method: "GET", headers: vec![], ..ToSign::post(&url, b"") },
        ToSign { method: "DELETE", headers: vec![("mcp-session-id", "a  b")], ..ToSign::post(&url, b"") },
        ToSign {
            headers: vec![("content-type", "application/json"), ("mcp-name", " =?base64?w6k=?= ")],
            ..ToSign::post(&url, b"")
        },
    ];
    for request in shapes {
        let response = request.send(&signer, &[]).await;
        assert_eq!(
            response.status(),
            200,
            "{} {:?}: {:?}",
            request.method,
            request.headers,
            raw.received().pop()
        );
        assert_eq!(raw.received().pop().unwrap().identity.unwrap().session_name, "alice");
    }
    let large = vec![b'x'; 6 << 20];
    assert_eq!(ToSign::post(&url, &large).send(&signer, &[]).await.status(), 200);
    assert_eq!(raw.received().pop().unwrap().body.len(), large.len());
    registry.revoke(&signer.identity.access_key_id);
    assert_eq!(ToSign::post(&url, b"{}").send(&signer, &[]).await.status(), 403);
    assert_eq!(raw.received().pop().unwrap().rejected.as_deref(), Some("UnrecognizedClientException"));
}
