//! An answer flows to the Runtime API as the upstream makes it.

use rolecall_local::{
    raw::{Answer, Gate, Step},
    runtime_api::Outcome,
};
use serde_json::json;

use super::{Function, messages, ping};
use crate::harness::PATIENCE;

#[tokio::test]
async fn headers_and_each_event_go_out_before_the_upstream_makes_the_next() {
    let (function, raw) = Function::with_raw(&[]).await;
    let (first, second) = (Gate::default(), Gate::default());
    let answer = Answer::sse().then(Step::Until(first.clone())).send("data: {\"n\":1}\n\n");
    raw.push(answer.then(Step::Until(second.clone())).send("data: {\"n\":2}\n\n"));

    let mut invocation = function.invoke(function.post(&ping()));
    let progress = invocation.wait_for(|progress| progress.http().is_some(), PATIENCE).await.unwrap();
    let answer = progress.http().unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));

    first.open();
    let progress = invocation.wait_for(|p| p.arrival_of("{\"n\":1}\n\n").is_some(), PATIENCE).await.unwrap();
    assert_eq!(progress.outcome, None);

    second.open();
    let progress = invocation.end(PATIENCE).await.unwrap();
    assert_eq!(progress.outcome, Some(Outcome::Complete));
    assert_eq!(progress.http().unwrap().body, b"data: {\"n\":1}\n\ndata: {\"n\":2}\n\n");
}

#[tokio::test]
async fn an_answer_is_announced_as_a_stream_in_chunks_and_names_its_invocation() {
    let (function, raw) = Function::with_raw(&[]).await;
    for answer in [Answer::json(200, "{}"), Answer::sse().send("data: {}\n\n")] {
        raw.push(answer);
        let event = function.post(&ping()).invocation_id("an-invocation");
        let (progress, answer) = function.progress_and_answer(event).await;
        assert_eq!(answer.status, 200);
        let chunks: Vec<&[u8]> = progress.chunks.iter().map(|chunk| chunk.bytes.as_ref()).collect();
        assert_eq!(chunks[0].last(), Some(&b'}'), "cargo lambda takes the first chunk for the prelude");
        assert_eq!(chunks[1], [0; 8], "and the second for the separator");
        let expected = [
            ("lambda-runtime-function-response-mode", "streaming"),
            ("content-type", "application/vnd.awslambda.http-integration-response"),
            ("transfer-encoding", "chunked"),
            ("lambda-runtime-invocation-id", "an-invocation"),
        ];
        for (name, value) in expected {
            assert_eq!(progress.headers.get(name).unwrap(), value, "{name}");
        }
    }
}

#[tokio::test]
async fn a_broken_upstream_is_told_in_a_last_event_under_a_complete_answer() {
    let (function, raw) = Function::with_raw(&[]).await;
    for step in [Step::Close, Step::Reset] {
        raw.push(Answer::sse().send("data: {\"n\":1}\n\ndata: {\"ha").then(step));
        let event = function.post(&ping());
        let request_id = event.request_id().to_owned();
        let answer = function.answer(event).await;
        let messages = messages(&answer.body);
        assert_eq!(messages[0], json!({"n": 1}));
        assert_eq!(messages[1]["id"], 7, "{messages:?}");
        assert_eq!(messages[1]["error"]["data"]["reason"], "upstream_unavailable");
        assert_eq!(messages.len(), 2);
        assert_eq!(function.audit_line(&request_id).await["outcome"], "error");
    }
    function.assert_alive("broken upstreams").await;
}

#[tokio::test]
async fn a_runtime_api_that_accepts_before_the_end_still_gets_the_whole_answer() {
    let (function, raw) = Function::with_raw(&[]).await;
    let gate = Gate::default();
    raw.push(Answer::sse().send("data: 1\n\n").then(Step::Until(gate.clone())).send("data: 2\n\n"));
    let mut invocation = function.invoke(function.post(&ping()).accepted_early());
    invocation.wait_for(|progress| progress.arrival_of("data: 1").is_some(), PATIENCE).await.unwrap();
    gate.open();
    let answer = invocation.end(PATIENCE).await.unwrap().http().unwrap();
    assert_eq!(answer.body, b"data: 1\n\ndata: 2\n\n");
    function.assert_alive("an early acceptance").await;
}
