//! The Runtime API's protocol around the answers: polls that fail, and a function that cannot start.

use rolecall_local::{
    runtime_api::{Event, PollFault, RUNTIME_API_VARIABLE, RuntimeApi},
    stack::Stack,
};

use super::{Function, events_directory};
use crate::audited::GatewayProcess;
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
async fn a_poll_without_an_event_is_just_repeated() {
    let function = Function::start(&[]).await;
    function.api.first_poll(PATIENCE).await.unwrap();
    function.api.fail_polls([PollFault::Status(204); 3]);
    function.assert_alive("the first poll").await;
    function.assert_alive("empty polls").await;
    assert!(function.api.polls().len() >= 5);
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

#[tokio::test]
async fn the_runtime_api_may_be_a_url_with_a_path_as_cargo_lambda_writes_it() {
    let api = RuntimeApi::start().await.unwrap();
    for address in [format!("http://{}/rolecall-gateway", api.authority()), format!("{}/x/", api.authority())]
    {
        let before = api.polls().len();
        let stack = Stack::start().await.unwrap();
        let environment = [(RUNTIME_API_VARIABLE, address.as_str())];
        let process = GatewayProcess::spawn(binary(), 0, &stack.gateway_yaml(0), &environment).await.unwrap();
        let healthz = std::fs::read(events_directory().join("function-url/healthz.json")).unwrap();
        let answered = api.invoke(Event::bytes(healthz)).end(PATIENCE).await;
        assert_eq!(answered.unwrap().http().unwrap().status, 200, "{}", process.stderr().text());
        assert!(api.polls().len() > before);
    }
}
