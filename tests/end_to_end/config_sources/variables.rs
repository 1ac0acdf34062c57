//! A variable may hold the name of a parameter instead of a value: what CloudFormation cannot know before it has
//! made the function, its URL above all.

use rolecall_local::{config_sources::ConfigSources, gateway::free_port, stack::Stack};
use serde_json::Value;

use super::{EACH_SECOND, Kind, Sourced, assert_no_credentials, borrowed, environment};
use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, World, binary, client, ponging_upstream};

const URL: &str = "/stack/resource-url";
const TWO: Variables =
    &[("ROLECALL_RESOURCE_URL", "ssm:/stack/resource-url"), ("ROLECALL_NAME", "ssm:/stack/name:1")];

/// Set in addition.
type Variables = &'static [(&'static str, &'static str)];

fn with_variables(yaml: &str) -> String {
    let lines = yaml.lines().map(|line| match line.split_once(':') {
        Some(("resourceUrl", _)) => "resourceUrl: ${ROLECALL_RESOURCE_URL}".to_owned(),
        Some(("resourceName", _)) => "resourceName: ${ROLECALL_NAME:-unnamed}".to_owned(),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A gateway that reads a file with variables.
async fn from_file(more: Variables) -> Sourced {
    let sources = ConfigSources::start().await.unwrap();
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    sources.ssm.put("/stack/name", "first");
    let environment = environment(&sources, &stack, &[more, &[EACH_SECOND]].concat());
    let yaml = |port| {
        sources.ssm.put(URL, format!("http://127.0.0.1:{port}/mcp"));
        with_variables(&stack.gateway_yaml_for(port, &raw.url()))
    };
    let gateway = GatewayProcess::start(binary(), yaml, &borrowed(&environment)).await.unwrap();
    Sourced { kind: Kind::Parameter, world: World { stack, gateway, http: client() }, sources, raw }
}

async fn metadata(it: &Sourced) -> (String, String) {
    let url = format!("{}/.well-known/oauth-protected-resource", it.world.gateway.origin());
    let document: Value = it.world.http.get(url).send().await.unwrap().json().await.unwrap();
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    (text("resource"), text("resource_name"))
}

#[tokio::test]
async fn variables_take_their_values_from_parameters_in_one_call() {
    let it = from_file(TWO).await;
    assert_eq!(it.sources.ssm.service().calls().len(), 1);
    assert_eq!(metadata(&it).await, (it.world.gateway.url(), "first".into()));
    assert_eq!(it.world.ping().await.status(), 200);
}

#[tokio::test]
async fn a_changed_parameter_changes_the_configuration() {
    let it = from_file(TWO).await;
    let moved = it.world.gateway.url().replace("/mcp", "/moved/mcp");
    it.sources.ssm.put(URL, moved.clone());
    let began = std::time::Instant::now();
    while metadata(&it).await.0 != moved {
        assert!(began.elapsed() < PATIENCE, "{}", it.log().join("\n"));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let replaced = it.log().into_iter().find(|line| line.contains("configuration replaced")).unwrap();
    assert!(replaced.contains("ROLECALL_RESOURCE_URL 2"), "{replaced}");
    it.assert_silent();
}

#[tokio::test]
async fn a_parameter_that_vanishes_leaves_its_last_value() {
    let it = from_file(TWO).await;
    it.sources.ssm.delete(URL);
    it.ping_until_logged(&[
        "cannot be read again",
        "ROLECALL_RESOURCE_URL=ssm:/stack/resource-url",
        "no parameter",
    ])
    .await;
    assert_eq!(metadata(&it).await.0, it.world.gateway.url());
}

#[tokio::test]
async fn without_such_a_variable_nobody_is_asked() {
    let sources = ConfigSources::start().await.unwrap();
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    // Not a variable of the configuration, not a variable of ours, not a reference.
    let more = [("ROLECALL_UNUSED", "ssm:/a"), ("STAGE", "ssm:/b"), ("ROLECALL_NAME", "ssm"), EACH_SECOND];
    let yaml = |port| {
        let yaml = stack.gateway_yaml_for(port, &raw.url());
        yaml.replace("resourceName: ", "resourceName: ${STAGE} ${ROLECALL_NAME} ")
    };
    let environment = environment(&sources, &stack, &more);
    let gateway = GatewayProcess::start(binary(), yaml, &borrowed(&environment)).await.unwrap();
    let it = Sourced { kind: Kind::Parameter, world: World { stack, gateway, http: client() }, sources, raw };
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert_eq!(it.world.ping().await.status(), 200);
    }
    assert!(it.sources.ssm.service().calls().is_empty());
    assert!(metadata(&it).await.1.starts_with("ssm:/b ssm "));
}

#[tokio::test]
async fn a_value_that_cannot_be_had_stops_the_start() {
    let sources = ConfigSources::start().await.unwrap();
    let stack = Stack::start().await.unwrap();
    let yaml = with_variables(&stack.gateway_yaml(9000));
    sources.ssm.put("/secret", "hunter2-is-no-url");
    let cases: [(Variables, &[&str]); 5] = [
        (&[("ROLECALL_RESOURCE_URL", "ssm:/secret")], &["resourceUrl: ${ROLECALL_RESOURCE_URL} is not"]),
        (
            &[("ROLECALL_RESOURCE_URL", "ssm:/nowhere")],
            &["ROLECALL_RESOURCE_URL=ssm:/nowhere", "no parameter /nowhere"],
        ),
        (&[("ROLECALL_RESOURCE_URL", "ssm:")], &["ROLECALL_RESOURCE_URL is not the name of a parameter"]),
        (
            &[("ROLECALL_RESOURCE_URL", "ssm:/a"), ("AWS_SECRET_ACCESS_KEY", "")],
            &["ssm:/a", "AWS_SECRET_ACCESS_KEY"],
        ),
        (&[("ROLECALL_RESOURCE_URL", "ssm:/a"), ("AWS_REGION", "")], &["ssm:/a", "AWS_REGION"]),
    ];
    for (more, parts) in cases {
        let environment = environment(&sources, &stack, more);
        let port = free_port().unwrap();
        let mut gateway =
            GatewayProcess::spawn(binary(), port, &yaml, &borrowed(&environment)).await.unwrap();
        assert!(!gateway.wait(PATIENCE).await.unwrap().success(), "{more:?}");
        let says_all = |lines: &[String]| parts.iter().all(|part| lines.join("\n").contains(part));
        let said = gateway.stderr().wait_for(says_all, PATIENCE).await;
        assert!(said.is_ok(), "{parts:?} is not in {}", gateway.stderr().text());
        assert!(!gateway.stderr().text().contains("hunter2"), "a value is shown");
        assert_no_credentials(&sources, &gateway);
    }
}
