//! Leaving policies and groups out must not show in any answer.

use std::{collections::BTreeSet, sync::LazyLock};

use cedar_policy::{PolicyId, Response, Schema};
use proptest::{collection::vec, prelude::*, sample::select, sample::subsequence};
use serde_json::json;

use super::super::{
    Authorization, Caller, Connection, DenyStatus, Json, PolicyFile,
    entities::{About, Arguments, Asker},
};
use super::*;
use crate::{authenticate::Claims, mcp::Target, role::RoleArn};

const GROUPS: [&str; 4] = ["a", "b", "c", "unnamed"];
const PRINCIPALS: [&str; 10] = [
    "principal",
    "principal == User::\"alice\"",
    "principal == User::\"bob\"",
    "principal == Group::\"a\"",
    "principal in Group::\"a\"",
    "principal in Group::\"b\"",
    "principal in User::\"alice\"",
    "principal is User",
    "principal is Group",
    "principal is User in Group::\"c\"",
];
const ACTIONS: [&str; 8] = [
    "action",
    "action == Action::\"tools/call\"",
    "action == Action::\"resources/read\"",
    "action in Action::\"tools/call\"",
    "action in Action::\"reading\"",
    "action in [Action::\"tools/call\", Action::\"reading\"]",
    "action in [Action::\"reading\", Action::\"everything\"]",
    "action in []",
];
const RESOURCES: [&str; 11] = [
    "resource",
    "resource == Tool::\"t\"",
    "resource == Tool::\"u\"",
    "resource == Resource::\"s3://r\"",
    "resource == Server::\"mcp\"",
    "resource in Server::\"mcp\"",
    "resource in Server::\"other\"",
    "resource is Tool",
    "resource is Server",
    "resource is Tool in Server::\"mcp\"",
    "resource is Resource in Server::\"other\"",
];
const CONDITIONS: [&str; 9] = [
    "",
    "when { resource.arguments.k == 1 }",
    "when { resource.tool_name like \"t*\" }",
    "when { context.absent }",
    "unless { context.claims.sub == \"alice\" }",
    "when { principal in Group::\"c\" }",
    "when { principal in [Group::\"a\", Group::\"b\"] }",
    "unless { resource in Server::\"mcp\" }",
    "when { action in Action::\"everything\" }",
];
/// `reading` and `everything` are groups of actions.
const SCHEMA: &str = r#"
entity User; entity Tool;
action everything;
action reading in [everything];
action "resources/read" in [reading] appliesTo { principal: [User], resource: [Tool] };
action "tools/call" in [everything] appliesTo { principal: [User], resource: [Tool] };
"#;

static ACTION_GROUPS: LazyLock<Entities> =
    LazyLock::new(|| Schema::from_cedarschema_str(SCHEMA).unwrap().0.action_entities().unwrap());

fn policies() -> impl Strategy<Value = String> {
    let of = |choices: &'static [&'static str]| select(choices);
    let policy =
        (select(vec!["permit", "forbid"]), of(&PRINCIPALS), of(&ACTIONS), of(&RESOURCES), of(&CONDITIONS));
    let text = policy.prop_map(|(effect, principal, action, resource, condition)| {
        format!("{effect}({principal}, {action}, {resource}) {condition};\n")
    });
    vec(text, 0..12).prop_map(|policies| policies.concat())
}

fn authorization(text: String) -> Authorization {
    let file = PolicyFile { name: "p".to_owned(), text };
    let mut made = Authorization::new(&[file], None, "groups", None, DenyStatus::Forbidden).unwrap();
    made.policies.actions = ACTION_GROUPS.clone();
    made
}

/// Alice in these groups: as every call has her, and with the groups that no policy names.
fn askers(authorization: &Authorization, groups: &[&str]) -> [Asker; 2] {
    let claims = json!({"sub": "alice", "groups": groups}).as_object().unwrap().clone();
    let claims = Claims::new(claims);
    let role: RoleArn = "arn:aws:iam::111122223333:role/Any".parse().unwrap();
    let caller = Caller { subject: "alice", claims: &claims, role: &role };
    let connection = Connection { server: "mcp", source_ip: None, protocol_version: None, client: None };
    let whole = authorization.vocabulary.asker(&caller, groups.iter().copied(), &connection).unwrap();
    [authorization.asker(&caller, &connection).unwrap(), whole]
}

type Ids = BTreeSet<String>;

fn ids<'p>(ids: impl Iterator<Item = &'p PolicyId>) -> Ids {
    ids.map(ToString::to_string).collect()
}

fn told(response: &Response) -> (bool, Ids, Ids) {
    let diagnostics = response.diagnostics();
    let errors = diagnostics.errors().map(ToString::to_string).collect();
    (response.decision() == cedar_policy::Decision::Allow, ids(diagnostics.reason()), errors)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_call_is_answered_as_by_all_policies(
        text in policies(),
        groups in subsequence(&GROUPS, 0..=GROUPS.len()),
        method in select(vec!["tools/call", "resources/read", "tasks/get"]),
        target in select(vec!["", "t", "s3://r"]),
        arguments in select(vec!["{}", r#"{"k":1}"#, r#"{"k":"x"}"#]),
    ) {
        let authorization = authorization(text);
        let arguments = Json::read(arguments).unwrap();
        let target = match target {
            "" => None,
            "t" => Some(Target::Tool("t".into())),
            uri => Some(Target::Resource(uri.into())),
        };
        let [few, whole] = askers(&authorization, &groups).map(|asker| {
            let arguments = Arguments::Known(Some(&arguments));
            authorization.vocabulary.question(&asker, method, About { target: target.as_ref(), arguments, annotations: None }, &ACTION_GROUPS).unwrap()
        });
        let policies = authorization.policies.matching(&few.0, &few.1);
        let answer = authorization.authorizer.is_authorized(&few.0, &policies, &few.1);
        let expected = authorization.authorizer.is_authorized(&whole.0, authorization.policies.all(), &whole.1);
        prop_assert_eq!(told(&answer), told(&expected));
    }

    #[test]
    fn a_list_item_is_judged_as_by_all_policies(
        text in policies(),
        groups in subsequence(&GROUPS, 0..=GROUPS.len()),
        method in select(vec!["tools/call", "resources/read"]),
        with_aws in any::<bool>(),
        tool in prop::option::of(select(vec!["t", "v"])),
    ) {
        let authorization = authorization(text);
        let [few, whole] = askers(&authorization, &groups).map(|asker| match tool {
            Some(tool) => {
                let (target, arguments) = (Target::Tool(tool.into()), Arguments::Unknown { with_aws });
                authorization.vocabulary.question(&asker, method, About { target: Some(&target), arguments, annotations: None }, &ACTION_GROUPS)
            }
            None => authorization.vocabulary.question_about_any_resource(&asker, method, &ACTION_GROUPS),
        }.unwrap());
        let policies = authorization.policies.matching(&few.0, &few.1);
        let answer = authorization.authorizer.is_authorized_partial(&few.0, &policies, &few.1);
        let expected = authorization.authorizer.is_authorized_partial(&whole.0, authorization.policies.all(), &whole.1);
        prop_assert_eq!(answer.decision(), expected.decision());
        prop_assert_eq!(ids(answer.definitely_errored()), ids(expected.definitely_errored()));
        let determining = |response: &cedar_policy::PartialResponse| -> Ids {
            response.may_be_determining().map(|policy| policy.id().to_string()).collect()
        };
        prop_assert_eq!(determining(&answer), determining(&expected));
    }
}

#[test]
fn policies_about_others_are_left_out() {
    let text: String = ["a", "b", "c", "d"]
        .map(|group| format!("permit(principal in Group::\"{group}\", action, resource);\n"))
        .concat();
    let authorization = authorization(text);
    let [asker, _] = askers(&authorization, &["b", "x"]);
    let (request, entities) = authorization
        .vocabulary
        .question(
            &asker,
            "tools/call",
            About { target: None, arguments: Arguments::Known(None), annotations: None },
            &ACTION_GROUPS,
        )
        .unwrap();
    let left = authorization.policies.matching(&request, &entities);
    assert_eq!(ids(left.policies().map(Policy::id)), Ids::from(["p:policy1".to_owned()]));
}
