//! The gateway as a Lambda function: the real binary takes events from a Runtime API and hands its answers in there.

mod buffered;
mod deadline;
mod events;
mod front_doors;
mod hostile;
mod protocol;
mod shutdown;
mod streaming;
mod telemetry;

use std::path::{Path, PathBuf};

use rolecall_local::{
    raw::{Raw, RawOptions},
    runtime_api::{Event, HttpAnswer, Invocation, Outcome, Progress, RUNTIME_API_VARIABLE, RuntimeApi},
    stack::{STS_ENDPOINT_VARIABLE, Stack},
};
use serde_json::{Value, json};

use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, binary, token};

const BUFFERED: (&str, &str) = ("ROLECALL_RESPONSE_MODE", "buffered");
/// The port that the events' `Origin` speaks of; nothing listens on it.
const RESOURCE_PORT: u16 = 9000;
const DOORS: [&str; 4] = ["function-url", "http-api", "rest-api", "load-balancer"];

/// A running function with everything around it.
struct Function {
    stack: Stack,
    api: RuntimeApi,
    process: GatewayProcess,
}

impl Function {
    /// In front of the real MCP server.
    async fn start(environment: &[(&str, &str)]) -> Self {
        Self::start_with(environment, |yaml| yaml).await
    }

    /// The same with a changed configuration.
    async fn start_with(environment: &[(&str, &str)], change: impl Fn(String) -> String) -> Self {
        let stack = Stack::start().await.unwrap();
        let yaml = change(stack.gateway_yaml(RESOURCE_PORT));
        Self::spawn(stack, &yaml, environment).await
    }

    /// In front of an upstream whose answers the test scripts.
    async fn with_raw(environment: &[(&str, &str)]) -> (Self, Raw) {
        let stack = Stack::start().await.unwrap();
        let options = RawOptions { verifier: Some(stack.verifier()), ..RawOptions::default() };
        let raw = Raw::start(options).await.unwrap();
        // An injected `_meta` would need bodies to be JSON.
        let yaml = stack
            .gateway_yaml_for(RESOURCE_PORT, &raw.url())
            .replace("  meta: {AWS_REGION: us-west-2}\n", "");
        (Self::spawn(stack, &yaml, environment).await, raw)
    }

    async fn spawn(stack: Stack, yaml: &str, environment: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start().await.unwrap();
        let (authority, sts) = (api.authority(), stack.sts.url());
        let mut all = vec![(RUNTIME_API_VARIABLE, authority.as_str()), (STS_ENDPOINT_VARIABLE, sts.as_str())];
        all.extend_from_slice(environment);
        let process = GatewayProcess::spawn(binary(), RESOURCE_PORT, yaml, &all).await.unwrap();
        Self { stack, api, process }
    }

    /// An event of `events/` with alice's token in it.
    fn event(&self, door: &str, name: &str) -> Value {
        let path = events_directory().join(door).join(format!("{name}.json"));
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text.replace("TOKEN", &token(&self.stack.issuer, "alice"))).unwrap()
    }

    /// A POST through a function URL as alice.
    fn post(&self, body: &str) -> Event {
        let mut event = self.event("function-url", "initialize");
        event["body"] = body.into();
        Event::json(&event)
    }

    fn invoke(&self, event: Event) -> Invocation {
        self.api.invoke(event)
    }

    /// The whole answer.
    async fn answer(&self, event: Event) -> HttpAnswer {
        let (_, answer) = self.progress_and_answer(event).await;
        answer
    }

    async fn progress_and_answer(&self, event: Event) -> (Progress, HttpAnswer) {
        let progress = self.api.invoke(event).end(PATIENCE).await.unwrap_or_else(|error| {
            panic!("{error}; the function said {}", self.process.stderr().text());
        });
        assert_eq!(progress.outcome, Some(Outcome::Complete));
        let answer = progress.http().unwrap();
        (progress, answer)
    }

    /// The function still does its work.
    async fn assert_alive(&self, after: &str) {
        let answer = self.answer(Event::json(&self.event("function-url", "healthz"))).await;
        assert_eq!(answer.status, 200, "after {after}");
    }

    /// The audit line of a request.
    async fn audit_line(&self, request_id: &str) -> Value {
        let find = |lines: &[String]| {
            let mut lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
            lines.find(|line| line["request_id"] == request_id && line["type"] != "sts_exchange")
        };
        let lines = self.process.stdout().wait_for(|lines| find(lines).is_some(), PATIENCE).await.unwrap();
        find(&lines).unwrap()
    }
}

fn events_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

/// The smallest request there is.
fn ping() -> String {
    json!({"jsonrpc": "2.0", "id": 7, "method": "ping"}).to_string()
}

/// The JSON-RPC messages in a stream's `message` events.
fn messages(body: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(body);
    let is_message = |event: &&str| !event.lines().any(|line| line.starts_with("event:"));
    let data =
        |event: &str| -> String { event.lines().filter_map(|line| line.strip_prefix("data: ")).collect() };
    text.split("\n\n")
        .filter(is_message)
        .filter_map(|event| serde_json::from_str(&data(event)).ok())
        .collect()
}
