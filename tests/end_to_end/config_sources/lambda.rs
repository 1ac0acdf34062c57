//! Under Lambda the process is frozen between events: a look is over before the next event is asked for, and delays no
//! answer.

use std::time::{Duration, Instant};

use rolecall_local::{
    config_sources::ConfigSources,
    faults::Fault,
    runtime_api::{Event, RUNTIME_API_VARIABLE, RuntimeApi},
    stack::Stack,
};
use serde_json::{Value, json};

use super::{EACH_SECOND, Kind, assert_no_credentials, borrowed, environment};
use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, binary};

const PORT: u16 = 9000;
const LOOK: Duration = Duration::from_millis(1500);

struct Function {
    api: RuntimeApi,
    sources: ConfigSources,
    process: GatewayProcess,
    yaml: String,
    _stack: Stack,
}

impl Function {
    async fn spawn(prepare: impl Fn(&ConfigSources, &str)) -> Self {
        let (sources, stack) = (ConfigSources::start().await.unwrap(), Stack::start().await.unwrap());
        let api = RuntimeApi::start().await.unwrap();
        let yaml = stack.gateway_yaml(PORT);
        prepare(&sources, &yaml);
        let (name, authority) = (Kind::Object.name(), api.authority());
        let more = [("ROLECALL_CONFIG", name.as_str()), EACH_SECOND, (RUNTIME_API_VARIABLE, &authority)];
        let environment = environment(&sources, &stack, &more);
        let process = GatewayProcess::spawn(binary(), PORT, "", &borrowed(&environment)).await.unwrap();
        Self { api, sources, process, yaml, _stack: stack }
    }

    fn named(&self, name: &str) -> String {
        self.yaml.replace("AWS through Rolecall (local)", name)
    }

    fn put(&self, yaml: &str) {
        Kind::Object.put(&self.sources, yaml);
    }

    /// The name in the metadata, asked for with this much time.
    async fn resource_name(&self, time: Duration) -> String {
        let path = "/.well-known/oauth-protected-resource";
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {"host": "x"},
            "requestContext": {"http": {"method": "GET", "path": path, "sourceIp": "203.0.113.9"}},
            "isBase64Encoded": false,
        });
        let progress = self.api.invoke(Event::json(&event).deadline_in(time)).end(PATIENCE).await;
        let answer = progress.unwrap_or_else(|error| panic!("{error}: {}", self.process.stderr().text()));
        let document: Value = answer.http().unwrap().json();
        document["resource_name"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_look_delays_no_answer_and_is_over_before_the_next_event() {
    let function = Function::spawn(|sources, yaml| Kind::Object.put(sources, yaml)).await;
    assert_eq!(function.resource_name(PATIENCE).await, "AWS through Rolecall (local)");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    function.put(&function.named("second"));
    function.sources.s3.service().faults().set(Fault::Slow(LOOK));
    let asked = Instant::now();
    assert_eq!(function.resource_name(PATIENCE).await, "AWS through Rolecall (local)");
    assert!(asked.elapsed() < LOOK, "the answer waited for the look");
    assert_eq!(function.resource_name(PATIENCE).await, "second", "the look was left unfinished");
    assert!(asked.elapsed() >= LOOK);
}

#[tokio::test]
async fn a_look_ends_before_the_functions_time_does() {
    let function = Function::spawn(|sources, yaml| Kind::Object.put(sources, yaml)).await;
    function.resource_name(PATIENCE).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    function.put(&function.named("second"));
    function.sources.s3.service().faults().set(Fault::Slow(PATIENCE));
    let (asked, time) = (Instant::now(), Duration::from_secs(2));
    function.resource_name(time).await;
    assert_eq!(function.resource_name(time).await, "AWS through Rolecall (local)", "nothing half done");
    assert!(asked.elapsed() < time, "the process would have been killed: {:?}", asked.elapsed());
    function.sources.s3.service().faults().set(Fault::None);
    let began = Instant::now();
    while function.resource_name(PATIENCE).await != "second" {
        assert!(began.elapsed() < PATIENCE, "no look after the one that was given up");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(
        !function.process.stderr().text().contains("cannot be read"),
        "a look that was given up is no failure"
    );
}

#[tokio::test]
async fn lambda_is_told_why_there_is_no_configuration() {
    let mut function =
        Function::spawn(|sources, _| sources.s3.service().refuse(Some(Kind::Object.access_denied()))).await;
    let report = function.api.init_error(PATIENCE).await.unwrap();
    let message = report["errorMessage"].as_str().unwrap();
    assert!(message.contains("s3:GetObject") && message.contains("AccessDenied (403)"), "{message}");
    assert!(!function.process.wait(PATIENCE).await.unwrap().success());
    assert_no_credentials(&function.sources, &function.process);
}
