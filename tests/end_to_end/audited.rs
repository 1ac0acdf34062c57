//! A gateway process whose audit lines are all held against the published schema: whatever a test looks at, every line of
//! every gateway that any test starts is checked when the test is done with it.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::LazyLock,
};

use jsonschema::Validator;
use rolecall_local::{Result, gateway};
use serde_json::Value;

/// `docs/audit.schema.json`.
pub static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../docs/audit.schema.json")).expect("the published schema is JSON")
});

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    jsonschema::options().should_validate_formats(true).build(&SCHEMA).expect("the published schema is one")
});

/// [`gateway::GatewayProcess`], under watch.
#[derive(Debug)]
pub struct GatewayProcess(gateway::GatewayProcess);

impl GatewayProcess {
    /// As [`gateway::GatewayProcess::start`].
    pub async fn start(
        binary: &Path,
        configuration: impl Fn(u16) -> String,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        gateway::GatewayProcess::start(binary, configuration, environment).await.map(Self)
    }

    /// As [`gateway::GatewayProcess::spawn`].
    pub async fn spawn(
        binary: &Path,
        port: u16,
        configuration: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        gateway::GatewayProcess::spawn(binary, port, configuration, environment).await.map(Self)
    }
}

impl Deref for GatewayProcess {
    type Target = gateway::GatewayProcess;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for GatewayProcess {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for line in self.0.stdout().lines() {
            check(&line);
        }
    }
}

/// Standard output holds JSON lines alone; those with a `type` are the audit stream's, those with `_aws` are metrics.
pub fn check(text: &str) {
    let line: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    if line.get("_aws").is_some() && line.get("type").is_none() {
        return;
    }
    let mistakes: Vec<String> = VALIDATOR
        .iter_errors(&line)
        .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
        .collect();
    assert!(mistakes.is_empty(), "docs/audit.schema.json: {mistakes:#?}\n{text}");
}

#[test]
#[should_panic(expected = "Additional properties are not allowed")]
fn an_unknown_field_is_noticed() {
    check(r#"{"type":"mcp_ping","unheard_of":1}"#);
}
