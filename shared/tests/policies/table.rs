//! Runs `cases/policies/*.yaml`: what policies decide. The format is described in the README.md beside the tables.

use std::{collections::BTreeMap, net::IpAddr};

use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use rolecall_core::{
    authorize::{Annotations, Authorization, DenyStatus, PolicyFile},
    exchange::SessionPolicies,
    mcp::ClientInfo,
    role::SessionOptions,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    question::{Answer, Decision, Question, ask},
    shipped,
};

const ROLE: &str = "arn:aws:iam::111122223333:role/AnyRole";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Group {
    about: String,
    policies: String,
    #[serde(default)]
    schema: bool,
    groups_claim: Option<String>,
    claims: Option<Map<String, Value>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Case {
    name: String,
    claims: Option<Map<String, Value>>,
    role: Option<String>,
    #[serde(default)]
    mapped: Session,
    source_ip: Option<IpAddr>,
    protocol_version: Option<String>,
    client: Option<Client>,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    body: Option<String>,
    method: Option<String>,
    params: Option<String>,
    tool: Option<String>,
    arguments: Option<String>,
    annotations: Option<String>,
    levels: Option<usize>,
    decision: Decision,
    #[serde(default)]
    by: Vec<String>,
    reason: Option<String>,
    #[serde(default)]
    errors: Vec<String>,
    problem: Option<String>,
    session: Option<Session>,
    filtered: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    #[serde(default)]
    arns: Vec<String>,
    inline: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    name: String,
    version: Option<String>,
}

macro_rules! tables {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            run(include_str!(concat!("../cases/policies/", stringify!($name), ".yaml")));
        }
    )*};
}

tables!(
    methods,
    principals,
    tools,
    arguments,
    numbers,
    errors,
    precedence,
    ids_and_reasons,
    prompts_and_resources,
    context,
    aws_commands,
    annotations,
    session_policies,
    request_body,
    shipped_policies,
    shipped_schema,
);

fn run(table: &str) {
    let groups: Vec<Group> = serde_saphyr::from_str(table).unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    for group in &groups {
        let authorization = authorization(group);
        for case in &group.cases {
            let answer = answer(&authorization, group, case);
            let expected = expected(case, &answer);
            if answer != expected {
                let Group { about, .. } = group;
                wrong.push(format!("{about}: {}\n  expected {expected:?}\n       got {answer:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn authorization(group: &Group) -> Authorization {
    if group.policies == "shipped" {
        return shipped::authorization();
    }
    let file = PolicyFile { name: "table.cedar".to_owned(), text: group.policies.clone() };
    let groups_claim = group.groups_claim.as_deref().unwrap_or("groups");
    let schema = group.schema.then(shipped::schema);
    Authorization::new(&[file], schema.as_ref(), groups_claim, None, DenyStatus::Forbidden)
        .unwrap_or_else(|mistakes| panic!("{}: {mistakes}", group.about))
}

fn answer(authorization: &Authorization, group: &Group, case: &Case) -> Answer {
    let nobody_special = json!({"sub": "alice"}).as_object().unwrap().clone();
    let mut claims = case.claims.as_ref().or(group.claims.as_ref()).unwrap_or(&nobody_special).clone();
    claims.insert("role".to_owned(), json!("everybody"));
    let client = case.client.as_ref().map(|client| ClientInfo {
        name: client.name.as_str().into(),
        version: client.version.as_deref().map(Into::into),
    });
    let question = Question {
        claims: &claims,
        role: case.role.as_deref().unwrap_or(ROLE),
        mapped: mapped(&case.mapped),
        source_ip: case.source_ip,
        protocol_version: case.protocol_version.as_deref(),
        client,
        annotations: case.annotations.as_deref().map(|json| Annotations::read(json).unwrap()),
        headers: headers(&case.headers),
        body: &body(case),
    };
    ask(authorization, question)
}

fn mapped(session: &Session) -> SessionOptions {
    SessionOptions { policies: policies(session), ..SessionOptions::default() }
}

fn policies(Session { arns, inline }: &Session) -> SessionPolicies {
    SessionPolicies { arns: arns.clone(), inline: inline.clone() }
}

/// A table that says nothing of session policies takes what there is.
fn expected(case: &Case, answer: &Answer) -> Answer {
    Answer {
        decision: case.decision,
        by: case.by.clone(),
        reason: case.reason.clone(),
        errors: case.errors.clone(),
        problem: case.problem.clone(),
        session: case.session.as_ref().map_or_else(|| answer.session.clone(), policies),
        filtered: case.filtered.clone(),
    }
}

fn headers(given: &BTreeMap<String, Option<String>>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    for (name, value) in given {
        let name: HeaderName = name.parse().unwrap();
        match value {
            Some(value) => headers.insert(name, value.parse().unwrap()),
            None => headers.remove(name),
        };
    }
    headers
}

/// The message, written as text: numbers and escapes reach the policies as the table has them.
fn body(case: &Case) -> Vec<u8> {
    let arguments = case.arguments.as_deref().map(|arguments| match case.levels {
        Some(levels) => arguments.replace("NESTED", &("[".repeat(levels) + &"]".repeat(levels))),
        None => arguments.to_owned(),
    });
    let text = match (&case.body, &case.method, &case.tool) {
        (Some(body), None, None) => body.clone(),
        (None, Some(method), None) => request(method, case.params.clone()),
        (None, None, Some(tool)) => {
            let arguments = arguments.map(|arguments| format!(r#","arguments":{arguments}"#));
            let params = format!(r#"{{"name":{}{}}}"#, json!(tool), arguments.unwrap_or_default());
            request("tools/call", Some(params))
        }
        _ => panic!("{}: write one of body, method and tool", case.name),
    };
    text.into_bytes()
}

fn request(method: &str, params: Option<String>) -> String {
    let params = params.map(|params| format!(r#","params":{params}"#)).unwrap_or_default();
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":{}{params}}}"#, json!(method))
}
