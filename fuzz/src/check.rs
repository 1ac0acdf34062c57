//! One input: policies and a body, put to the gateway's rules and to the reference.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use rolecall_core::{
    authenticate::Claims,
    authorize::{
        Authorization, Call, CallFacts, Caller, Connection, Denial, DenialCause, DenyStatus, Grant, Incoming,
        Json, MAX_DEPTH, PolicyFailure, PolicyFile,
    },
    mcp::Target,
    role::RoleArn,
};

use crate::{
    reference::{self, Value},
    same::same,
    slow::{self, Answer, Verdict},
};

/// What stands between policies and body.
const SEPARATOR: &[u8] = b"\n---\n";
/// Beyond, only time passes.
const MAX_POLICY_BYTES: usize = 1024;
/// Shorter than what has too many values.
const MAX_BODY_BYTES: usize = 4096;

pub const GROUPS: [&str; 2] = ["readers", "developers"];
pub const SUBJECT: &str = "alice";
pub const ROLE: &str = "arn:aws:iam::111122223333:role/Reader";
pub const SERVER: &str = "mcp";
/// The name of the policy file, which policies without `@id` are called after.
pub const FILE: &str = "p";

/// Whether the gateway reads and decides as the reference does.
///
/// # Errors
/// What they say, where they disagree.
pub fn check(input: &[u8]) -> Result<(), String> {
    let Some((policies, body)) = halves(input) else { return Ok(()) };
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let read = Incoming::read(&Method::POST, &headers, body);
    let text = std::str::from_utf8(body).ok();
    let value = text.and_then(|text| reference::read(text, MAX_DEPTH));
    if let Some(text) = text {
        same_reading(text, value.as_ref())?;
    }
    let (Ok(Incoming::Call(call)), Some(value)) = (&read, &value) else {
        return match read {
            Ok(_) if value.is_none() => Err(format!("taken, though the reference refuses it: {read:?}")),
            _ => Ok(()),
        };
    };
    same_call(call, value)?;
    let Some(policies) = policies.and_then(authorization) else { return Ok(()) };
    let (answer, expected) =
        (decided(&policies.authorization, call), slow::decide(&policies.text, call, value));
    if answer == expected { Ok(()) } else { Err(format!("decided {answer:?}, reference {expected:?}")) }
}

/// Policies, where they are text of bearable length, and the body.
fn halves(input: &[u8]) -> Option<(Option<&str>, &[u8])> {
    let at = input.windows(SEPARATOR.len()).position(|bytes| bytes == SEPARATOR)?;
    let (policies, body) = (&input[..at], &input[at + SEPARATOR.len()..]);
    let policies = Some(policies).filter(|policies| policies.len() <= MAX_POLICY_BYTES);
    (body.len() <= MAX_BODY_BYTES).then(|| (policies.and_then(|bytes| std::str::from_utf8(bytes).ok()), body))
}

fn same_reading(text: &str, value: Option<&Value>) -> Result<(), String> {
    match (Json::read(text), value) {
        (Err(_), None) => Ok(()),
        (Ok(json), Some(value)) if same(&json, value) => Ok(()),
        (json, value) => Err(format!("read {json:?}, reference {value:?}")),
    }
}

/// The method and what it acts on.
fn same_call(call: &Call<'_>, value: &Value) -> Result<(), String> {
    let params = value.get("params");
    let text = |of: Option<&Value>, key: &str| {
        of.and_then(|of| of.get(key)).and_then(Value::text).map(str::to_owned)
    };
    let method = text(Some(value), "method").unwrap_or_default();
    let reference = params.and_then(|params| params.get("ref"));
    let expected = match method.as_str() {
        "tools/call" => text(params, "name").map(|name| Target::Tool(name.into())),
        "prompts/get" => text(params, "name").map(|name| Target::Prompt(name.into())),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            text(params, "uri").map(|uri| Target::Resource(uri.into()))
        }
        "completion/complete" => match text(reference, "type").as_deref() {
            Some("ref/prompt") => text(reference, "name").map(|name| Target::Prompt(name.into())),
            _ => text(reference, "uri").map(|uri| Target::Resource(uri.into())),
        },
        _ => None,
    };
    if call.method() == method && call.target() == expected.as_ref() {
        return Ok(());
    }
    Err(format!("a call of {} on {:?}, reference {method} on {expected:?}", call.method(), call.target()))
}

struct Policies {
    text: String,
    authorization: Authorization,
}

/// Most inputs differ from the one before in their body alone.
fn authorization(text: &str) -> Option<Rc<Policies>> {
    thread_local! {
        static LOADED: RefCell<HashMap<String, Option<Rc<Policies>>>> = RefCell::default();
    }
    LOADED.with_borrow_mut(|loaded| {
        if loaded.len() > 256 {
            loaded.clear();
        }
        let load = || {
            let file = PolicyFile { name: FILE.to_owned(), text: text.to_owned() };
            let authorization =
                Authorization::new(&[file], None, "groups", None, DenyStatus::Forbidden).ok()?;
            Some(Rc::new(Policies { text: text.to_owned(), authorization }))
        };
        loaded.entry(text.to_owned()).or_insert_with(load).clone()
    })
}

fn decided(authorization: &Authorization, call: &Call<'_>) -> Answer {
    let claims = Claims::new(slow::claims());
    let role: RoleArn = ROLE.parse().expect("the ARN is well formed");
    let caller = Caller { subject: SUBJECT, claims: &claims, role: &role };
    let connection = Connection { server: SERVER, source_ip: None, protocol_version: None, client: None };
    let (method, target, arguments) = (call.method(), call.target(), call.arguments());
    let failed = |failures: Vec<PolicyFailure>| failures.into_iter().map(|failure| failure.policy).collect();
    match authorization
        .decide(&caller, &CallFacts { method, target, arguments, annotations: None, connection })
    {
        Ok(Grant { policies, failures, .. }) => {
            Answer { verdict: Verdict::Permitted(policies), failed: failed(failures) }
        }
        Err(Denial { cause, failures }) => Answer { verdict: verdict(cause), failed: failed(failures) },
    }
}

fn verdict(cause: DenialCause) -> Verdict {
    match cause {
        DenialCause::Forbidden { policies, .. } => Verdict::Forbidden(policies),
        DenialCause::ForbidFailed { policies } => Verdict::ForbidFailed(policies),
        DenialCause::NotPermitted => Verdict::NotPermitted,
        other => Verdict::Other(other.to_string()),
    }
}
