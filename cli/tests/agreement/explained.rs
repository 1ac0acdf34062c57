//! Runs `rolecall explain`.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::{scratch, served::TOOLS};

/// `explain` with one configuration.
#[derive(Clone)]
pub struct Explainer {
    configuration: PathBuf,
    tools: PathBuf,
}

/// What it said.
pub struct Said {
    pub code: i32,
    pub document: Value,
}

impl Explainer {
    pub fn new(name: &str, configuration: &str) -> Self {
        let (file, tools) = (scratch(name), scratch("tools.json"));
        fs::write(&file, configuration).unwrap();
        fs::write(&tools, TOOLS).unwrap();
        Self { configuration: file, tools }
    }

    pub fn explain(&self, token: &str, message: &str) -> Said {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let call = scratch(&format!("{}.json", CALLS.fetch_add(1, Ordering::Relaxed)));
        fs::write(&call, message).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_rolecall"))
            .args(["explain", "--json", "--source-ip", "127.0.0.1", "--token", "-", "--config"])
            .arg(&self.configuration)
            .arg("--call")
            .arg(&call)
            .arg("--tools")
            .arg(&self.tools)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        fs::remove_file(call).unwrap();
        let document = serde_json::from_slice(&output.stdout);
        let document = document.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains(token.rsplit('.').next().unwrap()), "the signature is shown: {text}");
        Said { code: output.status.code().unwrap(), document }
    }

    pub fn clean(&self) {
        fs::remove_file(&self.configuration).unwrap();
    }
}

/// What explain says it would ask of STS, in the form in which the stand-in notes it.
pub fn parameters(said: &Value) -> Value {
    let all = said["sts"]["parameters"].as_array().cloned().unwrap_or_default();
    let values = |name: &str| -> Vec<Value> {
        all.iter().filter(|one| one["name"] == name).map(|one| one["value"].clone()).collect()
    };
    let first = |name: &str| values(name).first().cloned().unwrap_or_default();
    json!({
        "action": first("Action"),
        "role_arn": first("RoleArn"),
        "session_name": first("RoleSessionName"),
        "duration": first("DurationSeconds"),
        "policy": first("Policy"),
        "policy_arns": values("PolicyArns"),
    })
}
