//! Metrics and traces from outside: whose child a request is, what a dead collector costs, what the end loses. What spans and
//! metrics hold is decoded by others' software in tests/interop.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use rolecall_local::{
    raw::{Answer, Raw, RawOptions, Step},
    stack::{STS_ENDPOINT_VARIABLE, Stack},
};
use serde_json::json;
use tokio::process::Command;

use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, World, binary, pong, ponging_upstream, request, without_meta};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const EVENT: &str = "data: {\"n\":1}\n\n";
/// Requests that a lost collector must not slow down.
const REQUESTS: usize = 1_000;

async fn collector() -> (Raw, String) {
    let raw = Raw::start(RawOptions::default()).await.unwrap();
    raw.always(Answer::json(200, ""));
    let origin = origin(&raw);
    (raw, origin)
}

fn origin(raw: &Raw) -> String {
    raw.url().trim_end_matches("/mcp").to_owned()
}

async fn traced(collector: &str, more: &[(&str, &str)]) -> (World, Raw) {
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let environment = [&[("OTEL_EXPORTER_OTLP_ENDPOINT", collector)], more].concat();
    let world = World::over(stack, &raw.url(), &environment, without_meta).await;
    (world, raw)
}

/// `traceparent` and `tracestate` that the MCP server got.
fn told(raw: &Raw) -> (String, String) {
    let last = raw.received().pop().unwrap();
    let value = |name| {
        let values = last.header_values(name);
        assert!(values.len() <= 1, "{values:?}");
        values.first().map_or(String::new(), |value| String::from_utf8(value.to_vec()).unwrap())
    };
    (value("traceparent"), value("tracestate"))
}

async fn ping(world: &World, headers: &[(&str, &str)], meta: Option<&str>) {
    let params = meta.map_or(json!({}), |parent| json!({"_meta": {"traceparent": parent}}));
    let mut post = world.post(&world.token("alice"), request(1, "ping", params));
    for (name, value) in headers {
        post = post.header(*name, *value);
    }
    assert_eq!(post.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_a_collector_the_clients_own_trace_goes_on_unchanged() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.always(pong());
    ping(&world, &[("traceparent", PARENT), ("tracestate", "a=1,b=2")], None).await;
    assert_eq!(told(&raw), (PARENT.to_owned(), "a=1,b=2".to_owned()));
    ping(&world, &[], None).await;
    assert_eq!(told(&raw), (String::new(), String::new()));
}

#[tokio::test]
async fn the_mcp_server_is_told_a_span_of_the_gateway_in_the_callers_trace() {
    let (_collector, origin) = collector().await;
    let (world, raw) = traced(&origin, &[]).await;
    let headers = [("traceparent", PARENT), ("tracestate", "a=1,b=2")];
    ping(&world, &headers, None).await;
    let (parent, state) = told(&raw);
    assert!(parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-01"), "{parent}");
    assert_ne!(parent, PARENT, "the span above is the gateway's");
    assert_eq!(state, "a=1,b=2");
    world.audit_line(|line| line["trace_id"] == TRACE).await;

    let unsampled = PARENT.replace("-01", "-00");
    ping(&world, &[("traceparent", &unsampled)], None).await;
    assert!(told(&raw).0.ends_with("-00"), "the caller's decision holds");
}

#[tokio::test]
async fn the_message_names_its_parent_before_the_request_does() {
    let (_collector, origin) = collector().await;
    let (world, raw) = traced(&origin, &[]).await;
    let other = PARENT.replace("0af7", "1111");
    let headers = [("traceparent", other.as_str()), ("tracestate", "a=1")];
    ping(&world, &headers, Some(PARENT)).await;
    let (parent, state) = told(&raw);
    assert!(parent.starts_with(&format!("00-{TRACE}-")), "{parent}");
    assert_eq!(state, "", "the state belongs to the other trace");
    ping(&world, &headers, Some("00-nonsense-01")).await;
    assert!(told(&raw).0.starts_with("00-1111"), "what can't be read counts for nothing");
}

#[tokio::test]
async fn a_trace_that_cannot_be_read_begins_anew() {
    let (_collector, origin) = collector().await;
    let (world, raw) = traced(&origin, &[]).await;
    for broken in ["00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "00-a-b-01", "ff-x"] {
        ping(&world, &[("traceparent", broken), ("tracestate", "a=1")], None).await;
        let (parent, state) = told(&raw);
        assert_eq!((parent.len(), state.as_str()), (PARENT.len(), ""), "{broken}");
        let id = parent[3..35].to_owned();
        world.audit_line(|line| line["trace_id"] == id).await;
    }
}

#[tokio::test]
async fn a_disabled_sdk_traces_nothing() {
    let (collector, origin) = collector().await;
    let (world, raw) =
        traced(&origin, &[("OTEL_SDK_DISABLED", "true"), ("OTEL_BSP_SCHEDULE_DELAY", "50")]).await;
    ping(&world, &[("traceparent", PARENT)], None).await;
    assert_eq!(told(&raw).0, PARENT);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(collector.received(), []);
}

#[tokio::test]
async fn a_stop_ends_open_streams_with_their_audit_line_and_their_spans() {
    let (collector, origin) = collector().await;
    let (mut world, raw) = traced(&origin, &[("OTEL_BSP_SCHEDULE_DELAY", "600000")]).await;
    raw.push(Answer::sse().send(EVENT).then(Step::Hang));
    let call = world.post(&world.token("alice"), request(1, "tools/call", json!({"name": "t"})));
    let mut body = http::Response::from(call.send().await.unwrap()).into_body();
    body.frame().await.unwrap().unwrap();
    assert_eq!(collector.received(), [], "nothing is due yet");
    stop(&world.gateway).await;
    assert!(world.gateway.wait(PATIENCE).await.unwrap().success());
    assert_eq!(world.audit().iter().filter(|line| line["type"] == "mcp_tool_call").count(), 1);
    let sent: Vec<String> = collector.received().into_iter().map(|request| request.target).collect();
    assert!(sent.contains(&"/v1/traces".to_owned()) && sent.contains(&"/v1/metrics".to_owned()), "{sent:?}");
}

#[tokio::test]
async fn a_stop_sends_what_a_collector_has_not_taken_yet() {
    let (collector, origin) = collector().await;
    collector.push(Answer::never());
    let settings = [("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_METRICS_EXPORTER", "none")];
    let (mut world, _raw) = traced(&origin, &settings).await;
    ping(&world, &[], None).await;
    collector.wait_for(|all| all.len() == 1, PATIENCE).await.unwrap();
    stop(&world.gateway).await;
    assert!(world.gateway.wait(PATIENCE).await.unwrap().success());
    let sent = collector.received();
    assert_eq!(sent.len(), 2, "the attempt that was under way, and the last");
    assert_eq!(sent[0].body, sent[1].body);
}

#[tokio::test]
async fn a_backend_without_metrics_still_gets_all_traces() {
    let (traces, origin) = collector().await;
    let metrics = Raw::start(RawOptions::default()).await.unwrap();
    metrics.always(Answer::status(404));
    let settings = [
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &*metrics.url()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let (world, _raw) = traced(&origin, &settings).await;
    ping(&world, &[], None).await;
    metrics.wait_for(|all| all.len() == 1, PATIENCE).await.unwrap();
    let failed = |text: &str| text.contains("does not take");
    while !failed(&world.gateway.stderr().text()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let before = traces.received().len();
    ping(&world, &[], None).await;
    // Less than the 10 s for which metrics are left in peace.
    traces.wait_for(|all| all.len() > before, Duration::from_secs(5)).await.unwrap();
    assert_eq!(metrics.received().len(), 1);
}

#[tokio::test]
async fn each_signal_can_be_switched_off() {
    for (variable, target) in
        [("OTEL_METRICS_EXPORTER", "/v1/traces"), ("OTEL_TRACES_EXPORTER", "/v1/metrics")]
    {
        let (collector, origin) = collector().await;
        let (mut world, raw) = traced(&origin, &[(variable, "none")]).await;
        ping(&world, &[("traceparent", PARENT)], None).await;
        assert_eq!(told(&raw).0 == PARENT, target == "/v1/metrics", "without traces the client's goes on");
        stop(&world.gateway).await;
        assert!(world.gateway.wait(PATIENCE).await.unwrap().success());
        let sent: Vec<String> = collector.received().into_iter().map(|request| request.target).collect();
        assert_eq!(sent, [target], "{variable}");
    }
}

#[tokio::test]
async fn who_is_not_authenticated_does_not_decide_what_is_traced() {
    let (collector, origin) = collector().await;
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*origin),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_METRICS_EXPORTER", "none"),
    ];
    let change = |yaml: String| format!("{}telemetry: {{traceSampleRatio: 0}}\n", without_meta(yaml));
    let world = World::over(stack, &raw.url(), &settings, change).await;
    let post = world.post("no-token", request(1, "ping", json!({}))).header("traceparent", PARENT);
    assert_eq!(post.send().await.unwrap().status(), 401);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(collector.received(), []);
    ping(&world, &[("traceparent", PARENT)], None).await;
    collector.wait_for(|all| all.len() == 1, PATIENCE).await.unwrap();
}

async fn stop(gateway: &GatewayProcess) {
    let pid = gateway.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
}

/// Ways for a collector to be of no use.
enum Useless {
    Unreachable,
    Slow,
    Full,
}

impl Useless {
    async fn start(&self) -> (Option<Raw>, String) {
        if let Self::Unreachable = self {
            let free = rolecall_local::gateway::free_port().unwrap();
            return (None, format!("http://127.0.0.1:{free}"));
        }
        let raw = Raw::start(RawOptions::default()).await.unwrap();
        raw.always(if let Self::Slow = self { Answer::never() } else { Answer::status(503) });
        let origin = origin(&raw);
        (Some(raw), origin)
    }
}

#[tokio::test]
async fn a_useless_collector_costs_a_thousand_requests_no_speed_and_no_audit_line() {
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let (_healthy, endpoint) = collector().await;
    let even = gateway(&stack, &raw, &sending_to(&endpoint)).await;
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let token = crate::harness::token(&stack.issuer, "alice");
    for useless in [Useless::Unreachable, Useless::Slow, Useless::Full] {
        let (_collector, endpoint) = useless.start().await;
        let traced = gateway(&stack, &raw, &sending_to(&endpoint)).await;
        let once = async |gateway: &GatewayProcess| {
            let began = Instant::now();
            let ping =
                http.post(gateway.url()).bearer_auth(&token).header("content-type", "application/json");
            let ping = ping.body(request(1, "ping", json!({}))).send().await.unwrap();
            assert_eq!(ping.status(), 200);
            ping.bytes().await.unwrap();
            began.elapsed().as_secs_f64()
        };
        let mut pairs = Vec::new();
        for _ in 0..REQUESTS {
            pairs.push((once(&traced).await, once(&even).await));
            if raw.received().len() > 100 {
                raw.forget();
            }
        }
        // Beside a collector that takes everything: what telemetry itself costs is the benchmark's to say.
        let mut ratios: Vec<f64> = pairs.iter().map(|(traced, even)| traced / even).collect();
        ratios.sort_by(f64::total_cmp);
        let (median, slow) = (ratios[REQUESTS / 2], pairs.iter().filter(|(traced, _)| *traced > 0.4).count());
        eprintln!("{endpoint}: median ratio {median:.2}, {slow} over 0.4 s");
        assert!(median < 1.5, "the median request takes {median} times as long");
        assert!(slow < REQUESTS / 100, "{slow} requests waited");
        let is_request = |line: &&String| line.contains("\"mcp_ping\"");
        let all = |lines: &[String]| lines.iter().filter(is_request).count() == REQUESTS;
        traced.stdout().wait_for(all, PATIENCE).await.unwrap();
        let said = traced.stderr().text();
        assert_eq!(said.matches("collector").count(), 2, "once for traces, once for metrics: {said}");
    }
}

/// As often as can be.
fn sending_to(endpoint: &str) -> [(&str, &str); 4] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
    ]
}

async fn gateway(stack: &Stack, raw: &Raw, settings: &[(&str, &str)]) -> GatewayProcess {
    let sts = stack.sts.url();
    let settings = [settings, &[(STS_ENDPOINT_VARIABLE, &sts)]].concat();
    let yaml = |port| without_meta(stack.gateway_yaml_for(port, &raw.url()));
    GatewayProcess::start(binary(), yaml, &settings).await.unwrap()
}
