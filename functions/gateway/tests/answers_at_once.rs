//! No answer is lost for being ready before the connection is: one invocation follows the other as fast as it can.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use http::Response;
use rolecall_gateway::{
    call::{AnswerBody, Call},
    environment::ResponseMode,
    front_door::lambda,
};
use rolecall_local::runtime_api::{Event, RuntimeApi};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(5);

// The loop on this thread, the connection's task on others: then it can be behind the loop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_needs_no_time_answers_every_event() {
    let api = RuntimeApi::start().await.unwrap();
    let authority = api.authority();
    let handler = |_: Call| async { Response::new(AnswerBody::Whole("at once".into())) };
    let invocations = tokio::spawn(invoke(api));
    tokio::select! {
        ended = lambda::serve(&authority, ResponseMode::Streaming, handler) => panic!("{ended:?}"),
        invoked = invocations => invoked.unwrap(),
    }
}

async fn invoke(api: RuntimeApi) {
    let event = json!({
        "version": "2.0", "rawPath": "/", "headers": {"host": "x"}, "isBase64Encoded": false,
        "requestContext": {"http": {"method": "GET", "path": "/"}},
    });
    for number in 0..1000 {
        let answered = api.invoke(Event::json(&event)).end(PATIENCE).await;
        let answer = answered.unwrap_or_else(|error| panic!("{number}: {error}")).http().unwrap();
        assert_eq!(answer.body, b"at once", "{number}");
    }
}
