//! Runs `cases/role_mapping.yaml`: every rule by which claims choose a role.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken table must fail the test")]

use rolecall_core::{
    authenticate::Claims,
    config::AwsSts,
    exchange::ExchangeMode,
    role::{Condition, Decision, Matcher, RoleError, RoleMapping, SessionOptions, decide, sort_by_priority},
};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Case {
    name: String,
    #[serde(default = "groups")]
    role_claim: String,
    separator: Option<String>,
    claims: Map<String, Value>,
    #[serde(default)]
    mappings: Vec<MappingCase>,
    #[serde(default = "yes")]
    fallback: bool,
    expect: Expected,
    failures: Option<Vec<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingCase {
    claim: Option<String>,
    matcher: Option<String>,
    role: String,
    priority: Option<i64>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Expected {
    Invalid { invalid: String },
    Named(String),
}

fn groups() -> String {
    "groups".to_owned()
}

fn yes() -> bool {
    true
}

#[test]
fn claims_get_the_role_that_the_table_says() {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("cases/role_mapping.yaml")).unwrap();
    assert!(cases.len() >= 60, "the table lost rows: {}", cases.len());
    for case in cases {
        let config = config(&case);
        let mut failures = Vec::new();
        let decision = decide(&Claims::new(case.claims), &config, &mut |index, _| failures.push(index));
        assert_eq!(outcome(&decision), case.expect, "{}", case.name);
        assert_eq!(failures, case.failures.unwrap_or_default(), "{}: failures", case.name);
    }
}

fn outcome(decision: &Result<Decision<'_>, RoleError>) -> Expected {
    match decision {
        Ok(Decision { mapping: None, role_arn }) => {
            assert_eq!(role_arn.name(), "Default");
            Expected::Named("fallback".to_owned())
        }
        Ok(Decision { mapping: Some(mapping), role_arn }) => {
            assert_eq!(&mapping.role_arn, *role_arn);
            Expected::Named(role_arn.name().to_owned())
        }
        Err(RoleError::NoRole) => Expected::Named("no_role".to_owned()),
        Err(RoleError::RoleClaimInvalid { shape, .. }) => Expected::Invalid { invalid: (*shape).to_owned() },
    }
}

fn config(case: &Case) -> AwsSts {
    let mut role_mappings: Vec<_> = case.mappings.iter().enumerate().map(mapping).collect();
    sort_by_priority(&mut role_mappings);
    AwsSts {
        region: "us-east-1".to_owned(),
        service: "aws-mcp".to_owned(),
        exchange: ExchangeMode::WebIdentity,
        role_claim: case.role_claim.clone(),
        role_claim_separator: case.separator.clone(),
        session_name_claim: "sub".to_owned(),
        session_duration: 3600,
        fallback_role_arn: case.fallback.then(|| arn("Default").parse().unwrap()),
        role_mappings,
    }
}

fn mapping((index, case): (usize, &MappingCase)) -> RoleMapping {
    let condition = match (&case.claim, &case.matcher) {
        (Some(claim), None) => Condition::Claim(claim.clone()),
        (None, Some(source)) => Condition::Matcher(Matcher::compile(source).unwrap()),
        _ => panic!("a mapping has either a claim or a matcher"),
    };
    RoleMapping {
        index,
        condition,
        role_arn: arn(&case.role).parse().unwrap(),
        priority: case.priority,
        session: SessionOptions::default(),
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}
