//! Metrics and spans leave a function before it freezes, and after the answer has.

use std::time::{Duration, Instant};

use rolecall_local::{
    raw::{Answer, Gate, Raw, RawOptions, Step},
    runtime_api::Event,
};
use serde_json::Value;

use super::{Function, ping};
use crate::harness::{PATIENCE, pong};

/// Names of the metrics in EMF lines, with the line's dimensions.
fn measured(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter_map(|line| line.pointer("/_aws/CloudWatchMetrics/0/Metrics").cloned())
        .flat_map(|metrics| metrics.as_array().unwrap().clone())
        .map(|metric| metric["Name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_function_writes_its_metrics_as_emf_lines() {
    let (function, raw) = Function::with_raw(&[]).await;
    raw.always(pong());
    for _ in 0..2 {
        function.answer(function.post(&ping())).await;
    }
    let twice = |lines: &[String]| {
        measured(lines).iter().filter(|name| *name == "http.server.request.duration").count() == 2
    };
    let lines = function.process.stdout().wait_for(twice, PATIENCE).await.unwrap();
    let names = measured(&lines);
    let count = |name: &str| names.iter().filter(|found| *found == name).count();
    assert_eq!(count("faas.coldstarts"), 1, "of two requests one was the first: {names:?}");
    assert_eq!(count("rolecall.sts.exchanges"), 1);
    assert_eq!(count("rolecall.credentials"), 2);
    assert_eq!(count("rolecall.jwks.fetches"), 1);
    assert!(
        lines
            .iter()
            .all(|line| !line.contains("_aws") || line.contains("\"service.name\":\"rolecall-gateway\""))
    );
}

#[tokio::test]
async fn telemetry_metrics_switches_emf_off() {
    let function = Function::start_with(&[], |yaml| format!("{yaml}telemetry: {{metrics: []}}\n")).await;
    let event = function.post(&ping());
    let request_id = event.request_id().to_owned();
    function.answer(event).await;
    function.audit_line(&request_id).await;
    function.assert_alive("the lines").await;
    assert_eq!(measured(&function.process.stdout().lines()), [""; 0]);
}

async fn before_collector(answer: Answer, timeout: &str) -> (Function, Raw, Raw) {
    let collector = Raw::start(RawOptions::default()).await.unwrap();
    collector.always(answer);
    let origin = collector.url().trim_end_matches("/mcp").to_owned();
    let settings =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", origin.as_str()), ("OTEL_EXPORTER_OTLP_TIMEOUT", timeout)];
    let (function, raw) = Function::with_raw(&settings).await;
    raw.always(pong());
    (function, raw, collector)
}

#[tokio::test]
async fn spans_leave_after_the_answer_and_before_the_next_event_is_taken() {
    let gate = Gate::default();
    let answer = Answer::json(200, "").first(Step::Until(gate.clone()));
    let (function, raw, collector) = before_collector(answer, "10000").await;
    function.answer(function.post(&ping())).await;
    let both = collector.wait_for(|all| all.len() == 2, PATIENCE).await.unwrap();
    let mut targets: Vec<&str> = both.iter().map(|request| request.target.as_str()).collect();
    targets.sort_unstable();
    assert_eq!(targets, ["/v1/metrics", "/v1/traces"]);

    let mut next = function.invoke(function.post(&ping()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(raw.received().len(), 1, "the next event was taken before the spans were gone");
    gate.open();
    next.end(PATIENCE).await.unwrap();
    assert_eq!(raw.received().len(), 2);
}

#[tokio::test]
async fn a_collector_that_never_answers_holds_the_function_up_once_and_no_longer_than_its_time() {
    let (function, _raw, collector) = before_collector(Answer::never(), "400").await;
    function.answer(function.post(&ping())).await;
    let began = Instant::now();
    for _ in 0..20 {
        function.answer(function.post(&ping())).await;
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(collector.received().len(), 2, "one attempt, for spans and for metrics");
}

#[tokio::test]
async fn a_flush_ends_before_the_functions_own_time_does() {
    let (function, _raw, _collector) = before_collector(Answer::never(), "60000").await;
    let event = function.post(&ping()).deadline_in(Duration::from_secs(3));
    let began = Instant::now();
    function.answer(event).await;
    function.assert_alive("the flush").await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_answer_that_is_cut_at_the_deadline_has_its_spans_sent() {
    let (function, raw, collector) = before_collector(Answer::json(200, ""), "10000").await;
    raw.push(Answer::never());
    let cut = function.answer(function.post(&ping()).deadline_in(Duration::from_millis(1800))).await;
    assert_eq!(cut.status, 504);
    collector.wait_for(|all| all.len() == 2, PATIENCE).await.unwrap();
    function.answer(function.post(&ping())).await;
    collector.wait_for(|all| all.len() == 4, PATIENCE).await.unwrap();
}

#[tokio::test]
async fn an_xray_trace_is_the_trace_of_the_spans() {
    let (function, raw, _collector) = before_collector(Answer::json(200, ""), "1000").await;
    for (sampled, flags) in [("1", "-01"), ("0", "-01")] {
        let header =
            format!("Root=1-65f0a1b2-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled={sampled}");
        let event: Event = function.post(&ping()).trace_id(&header);
        let request_id = event.request_id().to_owned();
        function.answer(event).await;
        let told = raw.received().pop().unwrap();
        let parent = String::from_utf8(told.header_values("traceparent")[0].to_vec()).unwrap();
        assert!(
            parent.starts_with("00-65f0a1b20123456789abcdef01234567-") && parent.ends_with(flags),
            "{parent}"
        );
        let line = function.audit_line(&request_id).await;
        assert_eq!(line["trace_id"], "1-65f0a1b2-0123456789abcdef01234567", "as X-Ray shows it");
    }
}
