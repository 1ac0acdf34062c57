//! Policies with mistakes: the gateway does not start, and says all that is wrong.

use std::fs;

use rolecall_local::{
    gateway::free_port,
    stack::{STS_ENDPOINT_VARIABLE, Stack},
};
use serde_json::json;

use super::{PolicyDirectory, call};
use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, World, binary, client, ponging_upstream};

#[tokio::test]
async fn mistakes_in_policies_are_told_with_those_of_the_configuration() {
    let published = r#"permit(principal in Group::"data-analysts", action in [Action::"tools/call"], resource)
when { resource.tool_name == "aws___call_aws" && resource.arguments.cli_command.startsWith("aws s3 ls") };"#;
    let directory = PolicyDirectory::with(published);
    let stack = Stack::start().await.unwrap();
    let port = free_port().unwrap();
    let yaml = format!("{}limits: {{maxTokenBytes: 0}}\n{}", stack.gateway_yaml(port), directory.section(""));
    let mut gateway = GatewayProcess::spawn(binary(), port, &yaml, &[]).await.unwrap();
    let status = gateway.wait(PATIENCE).await.unwrap();
    assert!(!status.success());
    let last = |lines: &[String]| lines.iter().any(|line| line.contains("`startsWith`"));
    gateway.stderr().wait_for(last, PATIENCE).await.unwrap();
    let log = gateway.stderr().text();
    assert!(log.contains("limits.maxTokenBytes: 0 is out of range"), "{log}");
    assert!(log.contains("team.cedar:2:1: `startsWith` is not a valid method"), "{log}");
    assert!(log.contains("resource.arguments.cli_command like \"aws s3 ls*\""), "{log}");
}

#[tokio::test]
async fn paths_begin_where_the_configuration_file_is() {
    let directory = PolicyDirectory::with("permit(principal, action, resource == Tool::\"whoami\");");
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let file = directory.0.join("gateway.yaml");
    let yaml = |port| {
        let yaml = stack.gateway_yaml_for(port, &raw.url());
        let yaml = format!("{yaml}authorization: {{policies: [policies/*.cedar]}}\n");
        fs::write(&file, &yaml).unwrap();
        yaml
    };
    let (sts, config) = (stack.sts.url(), file.display().to_string());
    let environment = [(STS_ENDPOINT_VARIABLE, sts.as_str()), ("ROLECALL_CONFIG", config.as_str())];
    let gateway = GatewayProcess::start(binary(), yaml, &environment).await.unwrap();
    let world = World { stack, gateway, http: client() };
    let alice = world.token("alice");
    for (tool, status) in [("whoami", 200), ("other", 403)] {
        assert_eq!(
            world.post(&alice, call(tool, json!({}))).send().await.unwrap().status(),
            status,
            "{tool}"
        );
    }
}
