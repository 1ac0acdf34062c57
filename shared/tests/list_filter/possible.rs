//! What partial evaluation leaves visible: never less than what a call could be permitted.

use proptest::prelude::*;
use rolecall_core::{
    authorize::{Annotations, Authorization, CallFacts, Json, List, ListFilter, Unreadable},
    mcp::Target,
};
use std::sync::Arc;

use crate::world::{CONNECTION, authorization, filter, with_caller};

fn is_visible(authorization: &Arc<Authorization>, tool: &str, annotations: Option<&str>) -> bool {
    let filter =
        with_caller(|caller| ListFilter::new(authorization, caller, &CONNECTION, Some(List::Tools)).unwrap());
    let annotations = annotations.map(|json| format!(r#","annotations":{json}"#)).unwrap_or_default();
    let answer = format!(r#"{{"id":1,"result":{{"tools":[{{"name":"{tool}"{annotations}}}]}}}}"#);
    filter.document(answer.as_bytes()).unwrap().is_none()
}

fn is_permitted(
    authorization: &Authorization,
    tool: &str,
    arguments: Option<&str>,
    annotations: Option<&str>,
) -> bool {
    let target = Target::Tool(tool.into());
    let arguments = arguments.map(|text| Json::read(text).unwrap());
    let annotations = annotations.map(|text| Annotations::read(text).unwrap());
    let call = CallFacts {
        method: "tools/call",
        target: Some(&target),
        arguments: arguments.as_ref(),
        annotations: annotations.as_ref(),
        connection: CONNECTION,
    };
    with_caller(|caller| authorization.decide(caller, &call)).is_ok()
}

#[test]
fn argument_rules_do_not_hide_a_tool_and_certain_denials_do() {
    let cases = [
        (true, r#"permit(principal, action, resource) when { resource.arguments.a == 1 };"#),
        (
            true,
            r#"permit(principal, action, resource) when { resource.arguments has a && resource.arguments.a.b like "x*" };"#,
        ),
        (
            true,
            r#"permit(principal, action, resource) when { resource.aws.parsed && resource.aws.service == "s3" };"#,
        ),
        (
            true,
            r#"permit(principal, action, resource) when { resource has aws && resource.aws has region };"#,
        ),
        (true, r#"permit(principal, action, resource) when { !(resource has aws) };"#),
        (
            true,
            r#"permit(principal, action, resource); forbid(principal, action, resource) when { resource.arguments.a == 1 };"#,
        ),
        (
            true,
            r#"permit(principal, action, resource); forbid(principal, action, resource) unless { resource.aws.region == "eu-central-1" };"#,
        ),
        (
            true,
            r#"permit(principal in Group::"readers", action in [Action::"tools/call"], resource in Server::"aws-mcp.us-east-1.api.aws");"#,
        ),
        (
            true,
            r#"permit(principal == User::"alice", action, resource == Tool::"t") when { context.claims.groups.contains("developers") };"#,
        ),
        (
            false,
            r#"permit(principal in Group::"admins", action, resource) when { resource.arguments.a == 1 };"#,
        ),
        (false, r#"permit(principal, action == Action::"tools/list", resource);"#),
        (false, r#"permit(principal, action, resource == Tool::"other");"#),
        (false, r#"permit(principal, action, resource) when { resource.tool_name like "u*" };"#),
        (false, r#"permit(principal, action, resource) when { resource.no_such_attribute };"#),
        (
            false,
            r#"permit(principal, action, resource) when { context.role == "arn:aws:iam::1:role/Other" && resource.arguments.a == 1 };"#,
        ),
        (
            false,
            r#"permit(principal, action, resource) when { resource.arguments.a == 1 }; forbid(principal, action, resource == Tool::"t");"#,
        ),
        (
            false,
            r#"permit(principal, action, resource); forbid(principal, action, resource) when { context.no_such_member };"#,
        ),
        (
            false,
            r#"permit(principal, action, resource); forbid(principal, action, resource) when { resource.tool_name == "t" || resource.arguments.a == 1 };"#,
        ),
    ];
    for (visible, policy) in cases {
        assert_eq!(is_visible(&authorization(policy), "t", None), visible, "{policy}");
    }
}

#[test]
fn an_item_is_judged_by_its_own_annotations() {
    let read_only = authorization(
        r#"permit(principal, action, resource)
           when { resource has annotations.readOnlyHint && resource.annotations.readOnlyHint && resource.arguments.a == 1 };"#,
    );
    for (visible, annotations) in [
        (true, Some(r#"{"readOnlyHint":true}"#)),
        (false, Some(r#"{"readOnlyHint":false}"#)),
        (false, Some(r#"{"readOnlyHint":"true"}"#)),
        (false, Some("null")),
        (false, None),
    ] {
        assert_eq!(is_visible(&read_only, "t", annotations), visible, "{annotations:?}");
    }
}

#[test]
fn annotations_that_two_readers_take_for_different_things_are_withheld() {
    let policy = r#"permit(principal, action, resource) when { resource.annotations.readOnlyHint };"#;
    let answer = |annotations: &str| {
        format!(r#"{{"id":1,"result":{{"tools":[{{"name":"t","annotations":{annotations}}}]}}}}"#)
    };
    let twice = answer(r#"{"readOnlyHint":true,"readOnlyHint":false}"#);
    let document = |policy: &str, json: &str| filter(policy, Some(List::Tools)).document(json.as_bytes());
    assert_eq!(document(policy, &twice), Err(Unreadable::DuplicateKey));
    assert_eq!(document(r#"permit(principal, action, resource);"#, &twice), Ok(None), "nobody asks");
}

fn condition() -> impl Strategy<Value = String> {
    let atom = proptest::sample::select(vec![
        r#"resource.tool_name == "t""#,
        r#"resource.arguments has a"#,
        r#"resource.arguments.a == 1"#,
        r#"resource.arguments.a like "x*""#,
        r#"resource.arguments.l.contains("x")"#,
        r#"resource has aws"#,
        r#"resource.aws.parsed"#,
        r#"resource.aws.service == "s3""#,
        r#"resource.aws has region"#,
        r#"resource.aws.region == "eu-central-1""#,
        r#"resource.aws.options has bucket"#,
        r#"resource has annotations"#,
        r#"resource.annotations.readOnlyHint"#,
        r#"resource.annotations has title"#,
        r#"principal in Group::"readers""#,
        r#"context.claims.groups.contains("admins")"#,
        r#"context.missing == 1"#,
        r#"resource in Server::"aws-mcp.us-east-1.api.aws""#,
        r#"resource == Tool::"u""#,
        "true",
    ])
    .prop_map(str::to_owned);
    atom.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

const ARGUMENTS: [Option<&str>; 9] = [
    None,
    Some("{}"),
    Some(r#"{"a":1}"#),
    Some(r#"{"a":"xy","l":["x"]}"#),
    Some(r#"{"l":["y"]}"#),
    Some(r#"{"cli_command":"aws s3 ls"}"#),
    Some(r#"{"cli_command":"aws s3 ls --region eu-central-1","a":1}"#),
    Some(r#"{"cli_command":"aws s3api get-object --bucket b --region us-east-1"}"#),
    Some(r#"{"cli_command":["aws s3 ls"]}"#),
];

const ANNOTATIONS: [Option<&str>; 4] =
    [None, Some("{}"), Some(r#"{"readOnlyHint":true,"title":"T"}"#), Some(r#"{"readOnlyHint":"no"}"#)];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_tool_that_can_be_called_is_visible(
        permits in proptest::collection::vec(condition(), 1..3),
        forbids in proptest::collection::vec(condition(), 0..3),
        annotations in proptest::sample::select(ANNOTATIONS.to_vec()),
    ) {
        let effect = |effect: &str, conditions: &[String]| -> String {
            conditions.iter().map(|when| format!("{effect}(principal, action, resource) when {{ {when} }};\n")).collect()
        };
        let policies = effect("permit", &permits) + &effect("forbid", &forbids);
        let authorization = authorization(&policies);
        for tool in ["t", "u"] {
            let permitted = |arguments: &&Option<&str>| is_permitted(&authorization, tool, **arguments, annotations);
            if let Some(arguments) = ARGUMENTS.iter().find(permitted) {
                prop_assert!(
                    is_visible(&authorization, tool, annotations),
                    "{} with {:?}, {:?} under {}", tool, arguments, annotations, policies
                );
            }
        }
    }
}
