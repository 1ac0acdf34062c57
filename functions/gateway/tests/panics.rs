//! A handler that panics costs its own request a 500 and nobody else anything, at both doors, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and here the code under test does"
)]

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use rolecall_gateway::{
    call::{Answer, AnswerBody, Broken, Call},
    environment::ResponseMode,
    front_door::{lambda, plain},
};
use rolecall_local::runtime_api::{Event, HttpAnswer, Outcome, RuntimeApi};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(10);
const MAX_BYTES: usize = 1024;

/// Panics at the moment that the path names.
fn handler(call: Call) -> impl Future<Output = Answer> + Send {
    assert!(call.path != "/at-once", "a panic before there is a future");
    async move {
        tokio::task::yield_now().await;
        assert!(call.path != "/later", "a panic in the future");
        Response::new(if call.path == "/body" { panicking_body() } else { AnswerBody::Whole("fine".into()) })
    }
}

fn panicking_body() -> AnswerBody {
    let chunks = stream::unfold(0, |sent| async move {
        assert!(sent == 0, "a panic in the body");
        tokio::task::yield_now().await;
        Some((Ok::<_, Broken>(Bytes::from_static(b"begun")), sent + 1))
    });
    AnswerBody::Stream { chunks: Box::pin(chunks), length: None }
}

fn assert_internal(status: u16, body: &Value, case: &str) {
    assert_eq!(status, 500, "{case}");
    assert_eq!(body["error"]["data"]["reason"], "internal", "{case}: {body}");
    assert_eq!(body["id"], "seven", "{case}: the client waits for the answer to this id");
}

const REQUEST: &str = r#"{"jsonrpc":"2.0","id":"seven","method":"ping"}"#;

#[tokio::test]
async fn the_plain_server_answers_500_and_serves_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(plain::serve(listener, || MAX_BYTES, handler, std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let post = |path: &str| client.post(format!("{origin}{path}")).body(REQUEST).send();

    for path in ["/at-once", "/later"] {
        let answer = post(path).await.unwrap();
        let status = answer.status().as_u16();
        assert!(answer.headers().contains_key("x-request-id"), "{path}");
        assert_internal(status, &answer.json().await.unwrap(), path);
        assert_eq!(post("/").await.unwrap().text().await.unwrap(), "fine", "after {path}");
    }
    let cut = post("/body").await.unwrap();
    assert_eq!(cut.status(), 200);
    assert!(cut.bytes().await.is_err(), "a body cut by a panic must look cut");
    assert_eq!(post("/").await.unwrap().text().await.unwrap(), "fine", "after a panic in a body");
}

struct Function(RuntimeApi);

impl Function {
    async fn start(mode: ResponseMode) -> Self {
        let api = RuntimeApi::start().await.unwrap();
        let authority = api.authority();
        tokio::spawn(async move { lambda::serve(&authority, mode, handler).await });
        Self(api)
    }

    async fn post(&self, path: &str) -> HttpAnswer {
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {"host": "x"},
            "requestContext": {"http": {"method": "POST", "path": path, "sourceIp": "203.0.113.9"}},
            "body": REQUEST, "isBase64Encoded": false,
        });
        let progress = self.0.invoke(Event::json(&event)).end(PATIENCE).await.unwrap();
        assert_eq!(progress.outcome, Some(Outcome::Complete), "{path}");
        progress.http().unwrap()
    }
}

#[tokio::test]
async fn the_function_answers_500_and_takes_the_next_event() {
    for mode in [ResponseMode::Streaming, ResponseMode::Buffered] {
        let function = Function::start(mode).await;
        for path in ["/at-once", "/later"] {
            let answer = function.post(path).await;
            assert!(answer.header("x-request-id").is_some(), "{path}");
            assert_internal(answer.status, &answer.json(), path);
            assert_eq!(function.post("/").await.body, b"fine", "after {path}");
        }
        let answer = function.post("/body").await;
        match mode {
            ResponseMode::Streaming => assert_eq!((answer.status, &answer.body[..]), (200, &b"begun"[..])),
            ResponseMode::Buffered => assert_internal(answer.status, &answer.json(), "/body"),
        }
        assert_eq!(function.post("/").await.body, b"fine", "after a panic in a body");
    }
}
