//! The end of the execution environment takes no audit line with it.

use rolecall_local::{
    raw::{Answer, Step},
    runtime_api::Event,
};
use serde_json::json;

use super::{BUFFERED, Function, ping};
use crate::{audit::shutdown::terminate, harness::PATIENCE};

#[tokio::test]
async fn an_invocation_at_hand_leaves_its_line_when_the_function_is_stopped() {
    let silent = Answer::never;
    let stream = || Answer::sse().send("data: {}\n\n").then(Step::Hang);
    for (environment, answer) in [(&[][..], silent()), (&[][..], stream()), (&[BUFFERED][..], stream())] {
        let (mut function, raw) = Function::with_raw(environment).await;
        raw.push(answer);
        let event = function.post(&ping());
        let request_id = event.request_id().to_owned();
        let _invocation = function.invoke(event);
        raw.wait_for(|all| all.len() == 1, PATIENCE).await.unwrap();
        terminate(&function.process).await;
        assert!(function.process.wait(PATIENCE).await.unwrap().success());
        let line = function.audit_line(&request_id).await;
        assert_eq!(
            (&line["outcome"], &line["reason"]),
            (&json!("error"), &json!("gateway_stopped")),
            "{line}"
        );
    }
}

#[tokio::test]
async fn every_answered_invocation_has_its_line_before_the_function_is_stopped() {
    let (mut function, raw) = Function::with_raw(&[]).await;
    raw.always(Answer::accepted());
    let mut ids = Vec::new();
    for _ in 0..20 {
        let event = Event::json(&function.event("function-url", "initialize"));
        ids.push(event.request_id().to_owned());
        assert_eq!(function.answer(event).await.status, 202);
    }
    terminate(&function.process).await;
    assert!(function.process.wait(PATIENCE).await.unwrap().success());
    for id in ids {
        assert_eq!(function.audit_line(&id).await["outcome"], "success");
    }
}
