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

#[allow(dead_code, reason = "the end-to-end tests start gateways in more ways")]
#[path = "../../../tests/end_to_end/audited.rs"]
mod audited;
mod claims;
mod configurations;
mod explained;
mod served;

use std::{collections::BTreeMap, fmt, fs, path::PathBuf, sync::Arc};

use proptest::{strategy::Strategy, strategy::ValueTree, test_runner::TestRunner};
use rolecall_local::gateway::GatewayBinary;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::{
    explained::{Explainer, Said},
    served::Served,
};

const CONFIGURATIONS: usize = 20;
const CLAIM_SETS: usize = 25;
const AT_ONCE: usize = 5;

const PERMITTED_BY_HINT: &str = "permitted by an annotation";
const DENIED_BEHIND_LIST: &str = "denied once the list was there";
const NO_SESSION_FOR_LIST: &str = "refused by STS before policies were asked";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explain_and_the_gateway_agree() {
    let binary = GatewayBinary::build().await.unwrap();
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut of_annotations: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..CONFIGURATIONS {
        let configuration = draw(&mut runner, &configurations::configuration(number));
        let served = Arc::new(Served::start(&binary, &configuration).await);
        let explainer = Explainer::new(&format!("{number}.yaml"), &served.configuration(&configuration));
        for _ in 0..CLAIM_SETS / AT_ONCE {
            let mut pairs = JoinSet::new();
            for _ in 0..AT_ONCE {
                let user = draw(&mut runner, &claims::user(&configuration));
                let message = draw(&mut runner, &claims::message());
                pairs.spawn(pair(Arc::clone(&served), explainer.clone(), user, message));
            }
            for pair in pairs.join_all().await {
                compare(&pair.did, &pair.said)
                    .unwrap_or_else(|what| panic!("{what}\n{configuration:#}\n{pair}"));
                *seen.entry(kind(&pair.did)).or_default() += 1;
                for rare in annotated(&pair) {
                    *of_annotations.entry(rare).or_default() += 1;
                }
            }
        }
        explainer.clean();
    }
    fs::remove_dir_all(directory()).unwrap();
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
    for expected in [PERMITTED_BY_HINT, DENIED_BEHIND_LIST, NO_SESSION_FOR_LIST] {
        assert!(of_annotations.contains_key(expected), "no case is {expected}: {of_annotations:?}");
    }
}

/// One user with one message, before the gateway and before `explain`.
struct Pair {
    user: Value,
    message: String,
    did: Value,
    said: Said,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, message, did, said } = self;
        write!(f, "{user:#}\n{message}\n-- the gateway\n{did:#}\n-- explain\n{:#}", said.document)
    }
}

async fn pair(served: Arc<Served>, explainer: Explainer, user: Value, message: String) -> Pair {
    let token = served.token(&user);
    let did = served.ask(&token, &message).await;
    let asked = message.clone();
    let said = tokio::task::spawn_blocking(move || explainer.explain(&token, &asked)).await.unwrap();
    Pair { user, message, did, said }
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

/// What the gateway did with a tool whose annotations it had to know first.
fn annotated(Pair { did, said, .. }: &Pair) -> impl Iterator<Item = &'static str> {
    let policies = did["policy"]["policies"].as_array().into_iter().flatten();
    let by_hint = policies.into_iter().any(|policy| policy == "said-to-read-only");
    let behind_list = !did["sts"].is_null() && did["reason"] == "policy_denied";
    let no_session = did["reason"] == "sts_denied" && said.document["call"]["facts"].is_object();
    let no_session = no_session && said.document["decision"].is_null();
    let all =
        [(by_hint, PERMITTED_BY_HINT), (behind_list, DENIED_BEHIND_LIST), (no_session, NO_SESSION_FOR_LIST)];
    all.into_iter().filter_map(|(is_so, what)| is_so.then_some(what))
}

/// `did` is the audit line, with the call to STS under `sts` and the answer's status and reason under `answer`.
fn compare(did: &Value, said: &Said) -> Result<(), String> {
    let (code, said) = (said.code, &said.document);
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
        // The trust of STS is not in the configuration: what explain can know is what STS looks at. So the roles here trust every
        // token of the issuer, and all refusals of the stand-in are of the token; else a denial that comes behind the list
        // of tools could not be told from one that STS prevents.
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
    fs::create_dir_all(directory()).unwrap();
    directory().join(name)
}

fn directory() -> PathBuf {
    std::env::temp_dir().join(format!("rolecall-agreement-{}", std::process::id()))
}
