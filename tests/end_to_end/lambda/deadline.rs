//! The function ends an answer itself before the platform cuts it.

use std::time::{Duration, Instant};

use rolecall_local::raw::{Answer, Gate, Step};
use serde_json::json;

use super::{BUFFERED, Function, messages, ping};
use crate::harness::PATIENCE;

/// The gateway keeps a second of it to itself.
const TIME: Duration = Duration::from_millis(1800);

#[tokio::test]
async fn a_silent_upstream_is_a_504_before_the_deadline() {
    let (function, raw) = Function::with_raw(&[]).await;
    raw.push(Answer::never());
    let event = function.post(&ping()).deadline_in(TIME);
    let (request_id, asked) = (event.request_id().to_owned(), Instant::now());
    let answer = function.answer(event).await;
    assert!(asked.elapsed() < TIME, "{:?}", asked.elapsed());
    assert_eq!(answer.status, 504);
    let body = answer.json();
    assert_eq!((&body["id"], &body["error"]["data"]["reason"]), (&json!(7), &json!("deadline")));
    let line = function.audit_line(&request_id).await;
    assert_eq!((&line["reason"], &line["outcome"]), (&json!("deadline"), &json!("error")));
    function.assert_alive("a silent upstream").await;
}

#[tokio::test]
async fn an_open_stream_ends_with_an_error_event_before_the_deadline() {
    for environment in [&[][..], &[BUFFERED][..]] {
        let (function, raw) = Function::with_raw(environment).await;
        raw.push(Answer::sse().send("data: {\"n\":1}\n\ndata: {\"ha").then(Step::Hang));
        let event = function.post(&ping()).deadline_in(TIME);
        let asked = Instant::now();
        let answer = function.answer(event).await;
        assert!(asked.elapsed() < TIME, "{:?}", asked.elapsed());
        let messages = messages(&answer.body);
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert_eq!(messages[1]["error"]["data"]["reason"], "deadline");
        assert_eq!(messages[1]["id"], 7);
        raw.wait_for(|all| all[0].disconnected_at.is_some(), PATIENCE).await.unwrap();
    }
}

#[tokio::test]
async fn a_buffered_answer_that_is_not_whole_in_time_is_a_504() {
    let (function, raw) = Function::with_raw(&[BUFFERED]).await;
    raw.push(Answer::json(200, "{\"half\":").send("}").then(Step::Hang).send("never"));
    let answer = function.answer(function.post(&ping()).deadline_in(TIME)).await;
    assert_eq!(answer.status, 504);
    assert_eq!(answer.json()["error"]["data"]["reason"], "deadline");
}

#[tokio::test]
async fn a_deadline_in_1970_is_none() {
    let (function, raw) = Function::with_raw(&[]).await;
    let gate = Gate::default();
    raw.push(Answer::sse().send("data: 1\n\n").then(Step::Until(gate.clone())).send("data: 2\n\n"));
    let mut invocation = function.invoke(function.post(&ping()).deadline_in_1970());
    invocation.wait_for(|progress| progress.arrival_of("data: 1").is_some(), PATIENCE).await.unwrap();
    gate.open();
    let answer = invocation.end(PATIENCE).await.unwrap().http().unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"data: 1\n\ndata: 2\n\n"[..]));
}
