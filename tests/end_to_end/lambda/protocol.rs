//! The Runtime API's protocol around the answers: polls that fail, and a function that cannot start.

use rolecall_local::{
    gateway::GatewayProcess,
    runtime_api::{PollFault, RUNTIME_API_VARIABLE, RuntimeApi},
};

use super::Function;
use crate::harness::{PATIENCE, binary};

#[tokio::test]
async fn a_connection_that_breaks_is_made_anew_with_growing_pauses() {
    let function = Function::start(&[]).await;
    function.api.first_poll(PATIENCE).await.unwrap();
    function.api.fail_polls([PollFault::Hangup; 4]);
    function.assert_alive("the first poll").await;
    function.assert_alive("broken polls").await;
    let polls = function.api.polls();
    let pauses: Vec<u128> =
        polls.windows(2).skip(1).take(4).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
    assert!(pauses[0] < pauses[1] + pauses[2], "{pauses:?}");
    assert!(pauses[3] >= 200, "{pauses:?}");
}

#[tokio::test]
async fn polls_that_never_succeed_end_the_process() {
    let mut function = Function::start(&[]).await;
    function.api.first_poll(PATIENCE).await.unwrap();
    function.api.fail_polls([PollFault::Hangup; 50]);
    function.assert_alive("the first poll").await;
    assert!(!function.process.wait(PATIENCE).await.unwrap().success());
    assert!(function.api.polls().len() < 10);
}

#[tokio::test]
async fn a_refused_poll_ends_the_process_because_lambda_wants_it_so() {
    for status in [403, 500] {
        let mut function = Function::start(&[]).await;
        function.api.first_poll(PATIENCE).await.unwrap();
        function.api.fail_polls([PollFault::Status(status)]);
        function.assert_alive("the first poll").await;
        assert!(!function.process.wait(PATIENCE).await.unwrap().success());
        let printed = |lines: &[String]| lines.iter().any(|line| line.contains(&status.to_string()));
        function.process.stderr().wait_for(printed, PATIENCE).await.unwrap();
    }
}

#[tokio::test]
async fn a_function_that_cannot_start_tells_lambda_why() {
    let cases = [
        ("resourceUrl: 7\nnonsense: true\n", ("X", "x"), "nonsense"),
        ("resourceUrl: 7\n", ("ROLECALL_RESPONSE_MODE", "fast"), "ROLECALL_RESPONSE_MODE"),
    ];
    for (yaml, variable, named) in cases {
        let api = RuntimeApi::start().await.unwrap();
        let authority = api.authority();
        let environment = [(RUNTIME_API_VARIABLE, authority.as_str()), variable];
        let mut process = GatewayProcess::spawn(binary(), 0, yaml, &environment).await.unwrap();
        let report = api.init_error(PATIENCE).await.unwrap();
        assert!(report["errorMessage"].as_str().unwrap().contains(named), "{report}");
        assert_eq!(report["errorType"], "Rolecall.FailedStart");
        assert!(!process.wait(PATIENCE).await.unwrap().success());
        let printed = |lines: &[String]| lines.iter().any(|line| line.contains(named));
        process.stderr().wait_for(printed, PATIENCE).await.unwrap();
        assert_eq!(api.polls().len(), 0);
    }
}
