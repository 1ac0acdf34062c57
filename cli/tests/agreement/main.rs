//! `rolecall explain` and the running gateway say the same: generated configurations and claims, each put to both.
//!
//! The gateway is the real binary between an issuer, an STS and an MCP server on loopback; what it did is read from its
//! answers, its audit lines and the calls that reached STS, never from code that the two share.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod claims;
mod configurations;
mod explained;
mod served;

use std::{collections::BTreeMap, fs, path::PathBuf};

use proptest::{strategy::Strategy, strategy::ValueTree, test_runner::TestRunner};
use rolecall_local::gateway::GatewayBinary;
use serde_json::{Value, json};

use self::{explained::Explainer, served::Served};

const CONFIGURATIONS: usize = 20;
const CLAIM_SETS: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explain_and_the_gateway_agree() {
    let binary = GatewayBinary::build().await.unwrap();
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..CONFIGURATIONS {
        let configuration = draw(&mut runner, &configurations::configuration(number));
        let served = Served::start(&binary, &configuration).await;
        let explainer = Explainer::new(number, &served.configuration(&configuration));
        for _ in 0..CLAIM_SETS {
            let user = draw(&mut runner, &claims::user(&configuration));
            let token = served.token(&user);
            let message = draw(&mut runner, &claims::message());
            let did = served.ask(&token, &message).await;
            let explainer = explainer.clone();
            let said =
                tokio::task::spawn_blocking(move || explainer.explain(&token, &message)).await.unwrap();
            let context = || {
                format!(
                    "{configuration:#}\n{user:#}\n-- the gateway\n{did:#}\n-- explain\n{:#}",
                    said.document
                )
            };
            compare(&did, &said.document, said.code).unwrap_or_else(|what| panic!("{what}\n{}", context()));
            *seen.entry(kind(&did)).or_default() += 1;
        }
        explainer.clean();
    }
    let total: usize = seen.values().sum();
    assert_eq!(total, CONFIGURATIONS * CLAIM_SETS);
    // Cases that never occur prove nothing.
    for expected in [
        "fallback",
        "mapping",
        "no_role",
        "role_claim_invalid",
        "policy_denied",
        "invalid_request",
        "invalid_token",
        "sts_denied",
    ] {
        assert!(seen.get(expected).is_some_and(|count| *count >= 3), "{expected} is rare: {seen:?}");
    }
}

fn draw<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

/// What happened, for the count.
fn kind(did: &Value) -> String {
    match (&did["reason"], &did["aws"]["mapping"]) {
        (Value::String(reason), _) => reason.clone(),
        (_, Value::String(mapping)) if mapping == "fallback" => mapping.clone(),
        _ => "mapping".to_owned(),
    }
}

/// `did` is the audit line, with the call to STS under `sts` and the answer's status and reason under `answer`.
fn compare(did: &Value, said: &Value, code: i32) -> Result<(), String> {
    let same = |what: &str, did: &Value, said: &Value| {
        if did == said { Ok(()) } else { Err(format!("{what}: the gateway {did}, explain {said}")) }
    };
    let aws = &did["aws"];
    match did["reason"].as_str() {
        None => {
            same("error", &Value::Null, &said["error"])?;
            // The stand-in takes any character in a session tag, which AWS does not.
            let warned = said["notices"].as_array().unwrap().iter().any(|notice| notice["refusal"] == true);
            same("exit code", &json!(i32::from(warned)), &json!(code))?;
            for member in ["role_arn", "mapping", "session_name"] {
                same(member, &aws[member], &said[member])?;
            }
        }
        // The trust of STS is not in the configuration: what explain can know is what STS looks at.
        Some(reason) if reason.starts_with("sts_") && said["error"].is_null() => {
            same("exit code", &json!(1), &json!(code))?;
        }
        Some(reason) => {
            same("error", &json!(reason), &said["error"])?;
            same("message", &did["detail"], &said["message"])?;
            same("status", &did["status"], &said["status"])?;
            same("role_arn", &Value::Null, &said["role_arn"])?;
            same("exit code", &json!(1), &json!(code))?;
        }
    }
    // Also behind a refusal the session is the one that the gateway had chosen.
    if !aws.is_null() {
        for member in ["role_arn", "mapping", "session_name"] {
            same(member, &aws[member], &said["session"][member])?;
        }
    }
    if let Some(policy) = did.get("policy") {
        same("decision", &policy["decision"], &said["decision"])?;
        same("policies", &policy["policies"], &said["policies"])?;
    } else if !aws.is_null() {
        same("decision", &Value::Null, &said["decision"])?;
    }
    match did.get("sts") {
        None => Ok(()),
        Some(sts) => same("the call to STS", sts, &explained::parameters(said)),
    }
}

/// A file of this test's own.
fn scratch(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("rolecall-agreement-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}
