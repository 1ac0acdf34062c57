//! The Runtime API hands events out and sees answers arrive as they do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::time::{Duration, Instant};

use rolecall_local::runtime_api::{Event, Outcome, PollFault, RuntimeApi};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATIENCE: Duration = Duration::from_secs(10);

async fn poll(api: &RuntimeApi) -> reqwest::Result<reqwest::Response> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    client.get(format!("http://{}/2018-06-01/runtime/invocation/next", api.authority())).send().await
}

/// Begins an answer with these headers; chunks follow by hand.
async fn begin_answer(api: &RuntimeApi, request_id: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(api.authority()).await.unwrap();
    let head = format!(
        "POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\nhost: x\r\n\
         transfer-encoding: chunked\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn send_chunk(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.write_all(b"\r\n").await.unwrap();
}

#[tokio::test]
async fn an_event_comes_with_its_headers_and_its_answer_is_seen_while_it_arrives() {
    let api = RuntimeApi::start().await.unwrap();
    let event = Event::json(&json!({"a": 1})).trace_id("Root=1-2-3").invocation_id("i-1").deadline_in_1970();
    let request_id = event.request_id().to_owned();
    let mut invocation = api.invoke(event);

    let polled = poll(&api).await.unwrap();
    assert_eq!(polled.headers()["lambda-runtime-aws-request-id"], request_id.as_str());
    assert_eq!(polled.headers()["lambda-runtime-trace-id"], "Root=1-2-3");
    assert_eq!(polled.headers()["lambda-runtime-invocation-id"], "i-1");
    assert_eq!(polled.headers()["lambda-runtime-deadline-ms"], "300000");
    assert_eq!(polled.text().await.unwrap(), r#"{"a":1}"#);
    assert!(api.first_poll(PATIENCE).await.unwrap() <= Instant::now());

    let headers = "lambda-runtime-function-response-mode: streaming\r\n\
                   content-type: application/vnd.awslambda.http-integration-response\r\n";
    let mut stream = begin_answer(&api, &request_id, headers).await;
    send_chunk(&mut stream, b"{\"statusCode\":418,\"headers\":{\"x-a\":\"b, c\"}}\0\0\0\0\0\0\0\0fir").await;
    let progress = invocation.wait_for(|progress| progress.http().is_some(), PATIENCE).await.unwrap();
    assert_eq!(progress.outcome, None);
    assert_eq!(progress.http().unwrap().body, b"fir");

    send_chunk(&mut stream, b"st").await;
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let progress = invocation.end(PATIENCE).await.unwrap();
    let answer = progress.http().unwrap();
    assert_eq!(
        (answer.status, answer.header("x-a"), answer.body.as_slice()),
        (418, Some("b, c"), &b"first"[..])
    );
    assert_eq!(progress.outcome, Some(Outcome::Complete));
    assert!(progress.arrival_of("fir") < progress.arrival_of("first"));
}

#[tokio::test]
async fn a_buffered_answer_is_read_as_its_document_says() {
    let api = RuntimeApi::start().await.unwrap();
    let event = Event::json(&json!({}));
    let request_id = event.request_id().to_owned();
    let mut invocation = api.invoke(event);
    let mut stream = begin_answer(&api, &request_id, "").await;
    let document = json!({
        "statusCode": 200, "body": "/w==", "isBase64Encoded": true,
        "headers": {"x-a": "b"}, "multiValueHeaders": {"x-a": ["b"], "x-c": ["d", "e"]},
    });
    send_chunk(&mut stream, document.to_string().as_bytes()).await;
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = invocation.end(PATIENCE).await.unwrap().http().unwrap();
    assert_eq!(answer.body, [0xff]);
    assert_eq!(answer.header("x-a"), Some("b"), "the pair stands in both forms and counts once");
    assert_eq!(answer.header("x-c"), None);
    assert_eq!(answer.headers.get_all("x-c").iter().count(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_broken() {
    let api = RuntimeApi::start().await.unwrap();
    let event = Event::json(&json!({}));
    let request_id = event.request_id().to_owned();
    let mut invocation = api.invoke(event);
    let mut stream = begin_answer(&api, &request_id, "").await;
    send_chunk(&mut stream, b"half").await;
    invocation.wait_for(|progress| !progress.chunks.is_empty(), PATIENCE).await.unwrap();
    drop(stream);
    assert_eq!(invocation.end(PATIENCE).await.unwrap().outcome, Some(Outcome::Broken));
}

#[tokio::test]
async fn polls_fail_as_told_and_lose_no_event() {
    let api = RuntimeApi::start().await.unwrap();
    api.fail_polls([PollFault::Status(500), PollFault::Hangup]);
    api.invoke(Event::bytes("once"));
    assert_eq!(poll(&api).await.unwrap().status(), 500);
    assert!(poll(&api).await.is_err());
    assert_eq!(poll(&api).await.unwrap().text().await.unwrap(), "once");
    assert_eq!(api.polls().len(), 3);
}

#[tokio::test]
async fn reports_of_failure_are_kept_and_unknown_invocations_refused() {
    let api = RuntimeApi::start().await.unwrap();
    let post = async |path: &str, body: &str| {
        let mut stream = TcpStream::connect(api.authority()).await.unwrap();
        let request = format!(
            "POST /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    assert!(post("init/error", r#"{"errorMessage":"no"}"#).await.starts_with("HTTP/1.1 202"));
    assert_eq!(api.init_error(PATIENCE).await.unwrap()["errorMessage"], "no");

    let event = Event::json(&json!({}));
    let path = format!("invocation/{}/error", event.request_id());
    let mut invocation = api.invoke(event);
    assert!(post(&path, "{}").await.starts_with("HTTP/1.1 202"));
    assert_eq!(invocation.end(PATIENCE).await.unwrap().outcome, Some(Outcome::Error("{}".into())));
    assert!(post(&path, "{}").await.starts_with("HTTP/1.1 403"));
}
