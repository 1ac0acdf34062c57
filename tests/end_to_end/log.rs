//! The log beside the audit stream: its level, its form where a machine reads it, its colour where a person does.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use rolecall_local::{
    runtime_api::{Event, RUNTIME_API_VARIABLE, RuntimeApi},
    stack::Stack,
};
use serde_json::{Value, json};

use crate::{
    audited::GatewayProcess,
    harness::{PATIENCE, World, binary, ponging_upstream},
};

/// What is logged by the start and one call with a token of an unknown form.
async fn logged(rust_log: &str) -> String {
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let world = World::over(stack, &raw.url(), &[("RUST_LOG", rust_log)], |yaml| yaml).await;
    world.stack.sts.faults().set(rolecall_local::faults::Fault::Hangup);
    assert_eq!(world.ping().await.status(), 503);
    world.audit_line(|line| line["type"] == "exchange_failed").await;
    world.gateway.stderr().text()
}

#[tokio::test]
async fn rust_log_sets_the_level() {
    let (start, refusal, complaint) = ("ready", "STS refused the exchange", "RUST_LOG can not be read");
    for (rust_log, expected) in [
        ("", [true, true, false]),
        ("info", [true, true, false]),
        ("warn", [false, true, false]),
        ("error", [false, false, false]),
        ("off", [false, false, false]),
        ("error,rolecall_gateway::start=info", [true, false, false]),
        ("warn,rolecall_gateway::sts=off", [false, false, false]),
        ("a=b=c", [true, true, true]),
    ] {
        let log = logged(rust_log).await;
        assert_eq!([start, refusal, complaint].map(|text| log.contains(text)), expected, "{rust_log}: {log}");
    }
}

#[tokio::test]
async fn under_lambda_every_line_is_json_with_its_level() {
    let stack = Stack::start().await.unwrap();
    stack.sts.faults().set(rolecall_local::faults::Fault::Hangup);
    let api = RuntimeApi::start().await.unwrap();
    let (authority, sts) = (api.authority(), stack.sts.url());
    let environment = [(RUNTIME_API_VARIABLE, authority.as_str()), ("AWS_ENDPOINT_URL_STS", sts.as_str())];
    let process =
        GatewayProcess::spawn(binary(), 9000, &stack.gateway_yaml(9000), &environment).await.unwrap();
    let event =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/function-url/initialize.json"));
    let event = event.unwrap().replace("TOKEN", &crate::harness::token(&stack.issuer, "alice"));
    let event: Value = serde_json::from_str(&event).unwrap();
    api.invoke(Event::json(&event)).end(PATIENCE).await.unwrap();
    let lines = process.stderr().wait_for(|lines| !lines.is_empty(), PATIENCE).await.unwrap();
    for line in lines {
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(["WARN", "INFO"].map(|level| json!(level)).contains(&line["level"]), "{line}");
        assert!(line["message"].is_string() && line["timestamp"].is_string(), "{line}");
    }
}

/// Runs the gateway on a terminal of its own; what it prints there comes out on standard error.
fn on_a_terminal() -> PathBuf {
    let path = std::env::temp_dir().join(format!("rolecall-terminal-{}", std::process::id()));
    let command = format!("#!/bin/sh\nexec script -qec '{}' /dev/null >&2\n", binary().display());
    fs::write(&path, command).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_terminal_gets_colour_unless_it_wants_none() {
    let stack = Stack::start().await.unwrap();
    let terminal = on_a_terminal();
    for (no_color, is_coloured) in [("", true), ("1", false)] {
        let yaml = |port| stack.gateway_yaml(port);
        let gateway = GatewayProcess::start(&terminal, yaml, &[("NO_COLOR", no_color)]).await.unwrap();
        let log = gateway.stderr().text();
        assert!(log.contains("ready"), "{log}");
        assert_eq!(log.contains("\u{1b}["), is_coloured, "{log:?}");
    }
    fs::remove_file(terminal).unwrap();
    let plain = World::start().await;
    assert!(!plain.gateway.stderr().text().contains('\u{1b}'), "a pipe is no terminal");
}
