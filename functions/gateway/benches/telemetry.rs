//! What a request's audit line, metrics and spans cost it: `cargo bench -p rolecall-gateway --bench telemetry > /dev/null`.
//! Audit lines and EMF lines go to standard output, as they do in the function; the table to standard error.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop at its first mistake")]

use std::{env, process::Command, sync::Arc, time::Instant};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use rolecall_core::{
    audit::Aws,
    config::{self, Config, MetricsFormat},
    mcp::Message,
    telemetry::{Sent, Station},
};
use rolecall_gateway::{
    audit::Record,
    call::{Call, Door},
    telemetry::Telemetry,
};
use rolecall_local::raw::{Answer, Raw, RawOptions};
use tokio::runtime::{Builder, Runtime};

const BODY: &[u8] =
    br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"aws___call_aws","arguments":{}}}"#;
const CONFIG: &str = "\
resourceUrl: https://mcp.example.com/mcp
oidc: {issuer: https://idp.example.com, audience: aws-mcp}
awsSts: {region: us-east-1, fallbackRoleArn: 'arn:aws:iam::111122223333:role/R'}
";
const REQUESTS: usize = 20_000;
/// The spans of these fit into the queue.
const BATCH: usize = 200;

/// Names the collector to the child that measures traces: the exporter reads its environment.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

fn main() {
    // `cargo test --all-targets` runs benchmarks too, without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    if env::var_os(ENDPOINT).is_some() {
        let formats = vec![MetricsFormat::Emf, MetricsFormat::Otlp];
        measure("audit line, EMF, OTLP metrics and traces", formats, &runtime);
        return;
    }
    eprintln!("{REQUESTS} requests each, microseconds a request:");
    measure("audit line", Vec::new(), &runtime);
    measure("audit line and EMF", vec![MetricsFormat::Emf], &runtime);
    let backstage = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let collector = backstage.block_on(Raw::start(RawOptions::default())).unwrap();
    collector.always(Answer::json(200, ""));
    let endpoint = collector.url().replace("/mcp", "");
    let child = Command::new(env::current_exe().unwrap()).arg("--bench").env(ENDPOINT, endpoint).status();
    assert!(child.unwrap().success());
}

fn measure(what: &str, formats: Vec<MetricsFormat>, runtime: &Runtime) {
    let mut config = config::load(CONFIG, "gateway.yaml", &|_| None, &|_| Ok(Vec::new())).unwrap();
    config.telemetry.metrics = Some(formats);
    let config = Arc::new(config);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let telemetry = Arc::new(Telemetry::start(&config.telemetry, true, client));
    let mut samples = Vec::with_capacity(REQUESTS);
    for number in 0..REQUESTS {
        let call = call();
        let began = Instant::now();
        request(&config, &telemetry, &call);
        samples.push(began.elapsed());
        if number % BATCH == 0 {
            runtime.block_on(telemetry.settle(None));
        }
    }
    samples.sort_unstable();
    let micros = |percent: usize| samples[REQUESTS * percent / 100].as_secs_f64() * 1e6;
    eprintln!("{what:<42} median {:>6.1}, p99 {:>6.1}", micros(50), micros(99));
}

/// What the handler tells the record of a call that is allowed and answered.
fn request(config: &Arc<Config>, telemetry: &Arc<Telemetry>, call: &Call) {
    let message = Message::peek(BODY);
    let mut record = Record::begin(Arc::clone(config), telemetry, call, &message, BODY);
    record.trail.mark();
    record.lap(Station::Authenticate);
    record.lap(Station::MapRole);
    record.line.aws = Some(Aws {
        role_arn: "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole".to_owned(),
        account: "111122223333".to_owned(),
        session_name: "alice@example.com".to_owned(),
        credentials: Some("cached"),
        ..Aws::default()
    });
    record.lap(Station::Exchange);
    let mut headers = HeaderMap::new();
    record.trail.tell(&mut headers);
    record.lap(Station::Sign);
    record.trail.sending();
    record.trail.sent(Sent::Answered(200));
    record.answered(StatusCode::OK, &headers);
    record.trail.relaying(false);
    record.sent(&[b' '; 512]);
}

fn call() -> Call {
    let parent = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    Call {
        method: Method::POST,
        path: "/mcp".to_owned(),
        path_without_stage: None,
        authority: None,
        headers: HeaderMap::from_iter([(HeaderName::from_static("traceparent"), parent)]),
        body: Ok(bytes::Bytes::new()),
        source: None,
        request_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        xray_trace: None,
        received: Instant::now(),
        deadline: None,
        door: Door::Lambda,
    }
}
