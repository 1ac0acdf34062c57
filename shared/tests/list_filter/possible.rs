//! What partial evaluation leaves visible: never less than what a call could be permitted.

use proptest::prelude::*;
use rolecall_core::{
    authorize::{Annotations, Authorization, CallFacts, Json, List, ListFilter, Unreadable},
    mcp::Target,
};
use std::sync::Arc;

use crate::world::{CONNECTION, authorization, filter, with_caller};

fn is_visible(authorization: &Arc<Authorization>, list: List, id: &str, annotations: Option<&str>) -> bool {
    let filter =
        with_caller(|caller| ListFilter::new(authorization, caller, &CONNECTION, Some(list)).unwrap());
    let mut item = serde_json::json!({list.item_key(): id});
    if let Some(annotations) = annotations {
        item["annotations"] = serde_json::from_str(annotations).unwrap();
    }
    let answer = serde_json::json!({"id": 1, "result": {list.member(): [item]}}).to_string();
    filter.document(answer.as_bytes()).unwrap().is_none()
}

fn is_permitted(
    authorization: &Authorization,
    method: &str,
    target: &Target<'_>,
    arguments: Option<&str>,
    annotations: Option<&str>,
) -> bool {
    let arguments = arguments.map(|text| Json::read(text).unwrap());
    let annotations = annotations.map(|text| Annotations::read(text).unwrap());
    let call = CallFacts {
        method,
        target: Some(target),
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
        assert_eq!(is_visible(&authorization(policy), List::Tools, "t", None), visible, "{policy}");
    }
}

#[test]
fn any_method_of_an_item_keeps_it_and_no_other() {
    use List::{Prompts, ResourceTemplates, Resources};
    for (visible, list, action, resource) in [
        (true, Prompts, "prompts/get", r#"resource == Prompt::"t""#),
        (true, Prompts, "completion/complete", r#"resource == Prompt::"t""#),
        (false, Prompts, "completion/complete", r#"resource == Prompt::"u""#),
        (false, Prompts, "completion/complete", r#"resource == Resource::"t""#),
        (false, Prompts, "resources/read", "resource"),
        (true, Resources, "resources/read", r#"resource == Resource::"t""#),
        (true, Resources, "resources/subscribe", "resource is Resource"),
        (true, Resources, "resources/unsubscribe", r#"resource == Resource::"t""#),
        (true, Resources, "completion/complete", "resource"),
        (false, Resources, "completion/complete", "resource is Prompt"),
        (false, Resources, "resources/unsubscribe", r#"resource == Resource::"u""#),
        (false, Resources, "prompts/get", "resource"),
        (true, ResourceTemplates, "resources/read", r#"resource == Resource::"u""#),
        (true, ResourceTemplates, "resources/subscribe", "resource"),
        (true, ResourceTemplates, "resources/unsubscribe", "resource is Resource"),
        (false, ResourceTemplates, "resources/unsubscribe", "resource is Prompt"),
        (true, ResourceTemplates, "completion/complete", r#"resource == Resource::"t""#),
        (false, ResourceTemplates, "completion/complete", r#"resource == Resource::"u""#),
        (false, ResourceTemplates, "completion/complete", r#"resource == Prompt::"t""#),
        (false, ResourceTemplates, "tools/call", "resource"),
    ] {
        let policy = format!("permit(principal, action == Action::\"{action}\", {resource});");
        assert_eq!(is_visible(&authorization(&policy), list, "t", None), visible, "{list:?}: {policy}");
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
        assert_eq!(is_visible(&read_only, List::Tools, "t", annotations), visible, "{annotations:?}");
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
            let target = Target::Tool(tool.into());
            let permitted = |arguments: &&Option<&str>| {
                is_permitted(&authorization, "tools/call", &target, **arguments, annotations)
            };
            if let Some(arguments) = ARGUMENTS.iter().find(permitted) {
                prop_assert!(
                    is_visible(&authorization, List::Tools, tool, annotations),
                    "{} with {:?}, {:?} under {}", tool, arguments, annotations, policies
                );
            }
        }
    }
}

/// A policy about prompts and resources: effect, action, resource and condition.
fn other_policy() -> impl Strategy<Value = String> {
    use proptest::sample::select;
    let action = select(vec![
        "prompts/get",
        "completion/complete",
        "resources/read",
        "resources/subscribe",
        "resources/unsubscribe",
    ]);
    let action = proptest::option::of(action)
        .prop_map(|name| name.map_or("action".to_owned(), |name| format!("action == Action::\"{name}\"")));
    let resource = select(vec![
        "resource",
        "resource is Prompt",
        "resource is Resource",
        r#"resource == Prompt::"t""#,
        r#"resource == Resource::"t""#,
        r#"resource == Resource::"u""#,
    ]);
    let condition = select(vec![
        "",
        r#"when { resource.arguments.a == 1 }"#,
        r#"when { resource has arguments && resource.arguments has a }"#,
        r#"when { resource.uri like "t*" }"#,
        r#"when { resource.prompt_name == "t" }"#,
        r#"unless { resource has uri }"#,
        r#"when { context.missing }"#,
        r#"when { principal in Group::"readers" }"#,
    ]);
    (select(vec!["permit", "permit", "forbid"]), action, resource, condition).prop_map(
        |(effect, action, resource, condition)| {
            format!("{effect}(principal, {action}, {resource}) {condition};\n")
        },
    )
}

/// The calls of the item `t` of a list; behind a template stand resources with other URIs, too.
fn calls_of(list: List) -> Vec<(&'static str, Target<'static>)> {
    let resource = |method, uri: &'static str| (method, Target::Resource(uri.into()));
    match list {
        List::Tools => vec![("tools/call", Target::Tool("t".into()))],
        List::Prompts => {
            ["prompts/get", "completion/complete"].map(|method| (method, Target::Prompt("t".into()))).into()
        }
        List::Resources => {
            ["resources/read", "resources/subscribe", "resources/unsubscribe", "completion/complete"]
                .map(|method| resource(method, "t"))
                .into()
        }
        List::ResourceTemplates => vec![
            resource("completion/complete", "t"),
            resource("resources/read", "u"),
            resource("resources/subscribe", "t/1"),
            resource("resources/unsubscribe", "v"),
        ],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_prompt_or_resource_that_something_can_be_done_with_is_visible(
        policies in proptest::collection::vec(other_policy(), 1..5),
    ) {
        let policies = policies.concat();
        let authorization = authorization(&policies);
        for list in [List::Prompts, List::Resources, List::ResourceTemplates] {
            for (method, target) in calls_of(list) {
                for arguments in ARGUMENTS {
                    if is_permitted(&authorization, method, &target, arguments, None) {
                        prop_assert!(is_visible(&authorization, list, "t", None), "{method} of {target:?} under {policies}");
                    }
                }
            }
        }
    }
}
