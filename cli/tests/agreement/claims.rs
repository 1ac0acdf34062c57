//! Users as identity providers send them, and as they should not; and what they call.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::configurations::{ROLES, VALUES};

const TAG: &str = "https://aws.amazon.com/tags/principal_tags/Team";

const SUBJECTS: [&str; 10] = [
    "alice@example.com",
    "auth0|5f7c8ec7c33c6c004bbafe82",
    "ålice ☕",
    "用户",
    "a",
    "  ",
    "alice-0123456789abcdef0123",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
    "x'; DROP \"TABLE\" ${aws:username}",
    "e\u{301}\u{202e}alice",
];

/// A user's claims and, now and then, what is wrong with the token.
pub fn user(configuration: &Value) -> impl Strategy<Value = Value> + use<> {
    let role_claim = configuration["awsSts"]["roleClaim"].as_str().unwrap().to_owned();
    let others = (
        select(SUBJECTS.to_vec()),
        option::of(prop_oneof![select(vec![
            json!("alice@example.com"),
            json!(""),
            json!("ÅSE@example.com"),
            json!(7),
            json!(null)
        ]),]),
        option::of(select(vec![json!("engineering"), json!("sales"), json!(["engineering"]), json!(null)])),
        option::of(select(vec![json!(5), json!(0), json!(-4), json!(2.5), json!("5"), json!({"n": 5})])),
        option::of(select(vec![json!({"name": "Alice"}), json!({"name": null}), json!("Alice")])),
    );
    let flaw = option::weighted(0.1, select(vec!["tampered", "expired", "audience", "algorithm", "no sub"]));
    (roles(role_claim), groups(), others, aws_claims(), flaw).prop_map(
        |(roles, groups, others, aws, flaw)| {
            let (sub, email, org, level, profile) = others;
            let mut claims = Map::from_iter([("sub".to_owned(), json!(sub))]);
            let optional =
                [("email", email), ("org", org), ("level", level), ("profile", profile), ("groups", groups)];
            claims.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            claims.extend(roles);
            claims.extend(aws);
            claims.insert("amr".to_owned(), json!(["pwd", "mfa"]));
            json!({"claims": claims, "flaw": flaw})
        },
    )
}

/// Groups for expressions, besides the role claim.
fn groups() -> impl Strategy<Value = Option<Value>> {
    option::of(prop_oneof![4 => list(), 1 => Just(json!("admins")), 1 => Just(json!(null))])
}

fn list() -> impl Strategy<Value = Value> {
    vec(select(VALUES.to_vec()), 0..4).prop_map(|values| json!(values))
}

/// The role claim in one of the places where it is looked up.
fn roles(claim: String) -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        4 => list(),
        2 => select(VALUES.to_vec()).prop_map(|value| json!(value)),
        2 => (vec(select(VALUES.to_vec()), 1..4), select(vec![",", " ", ":", ";"]))
            .prop_map(|(values, separator)| json!(values.join(separator))),
        1 => Just(json!(["readers", 7, null, ["admins"], {"n": "writers"}, ""])),
        1 => select(vec![json!({"readers": true}), json!(3), json!(true), json!([]), json!(""), json!("READERS")]),
    ];
    (option::weighted(0.9, value), any::<bool>()).prop_map(move |(value, is_flat)| match value {
        None => Map::new(),
        Some(value) => placed(&claim, value, is_flat),
    })
}

fn placed(claim: &str, value: Value, is_flat: bool) -> Map<String, Value> {
    // STS demands texts in session tags; whatever else is the token's fault before it is the role claim's.
    if claim == TAG {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(":"),
            other => other.to_string(),
        };
        let tag = if is_flat {
            json!({TAG: text})
        } else {
            json!({"https://aws.amazon.com/tags": {"principal_tags": {"Team": [text]}}})
        };
        return tag.as_object().unwrap().clone();
    }
    let path: Vec<&str> = claim.split('.').collect();
    if is_flat || claim.starts_with("https:") || path.len() == 1 {
        return Map::from_iter([(claim.to_owned(), value)]);
    }
    let nested = path[1..].iter().rev().fold(value, |value, key| json!({*key: value}));
    Map::from_iter([(path[0].to_owned(), nested)])
}

/// Claims that AWS reads.
fn aws_claims() -> impl Strategy<Value = Map<String, Value>> {
    let roles = prop_oneof![
        9 => Just(None),
        1 => select(ROLES.to_vec()).prop_map(|role| Some(json!(role))),
        1 => Just(Some(json!(format!("{};{}", ROLES[0], ROLES[3])))),
        1 => Just(Some(json!(7))),
    ];
    roles.prop_map(|roles| {
        roles.map(|roles| ("https://aws.amazon.com/roles".to_owned(), roles)).into_iter().collect()
    })
}

/// What the user sends.
pub fn message() -> impl Strategy<Value = String> {
    let call = |params: Value| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string()
    };
    let command =
        |command: &str| call(json!({"name": "aws___call_aws", "arguments": {"cli_command": command}}));
    prop_oneof![
        4 => Just(json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string()),
        2 => Just(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).to_string()),
        4 => select(vec![
            command("aws s3 ls --region eu-west-1"),
            command("aws ec2 describe-instances --region eu-central-1"),
            command("aws s3 ls; aws s3 rm s3://b"),
            command("aws iam list-users --region eu-central-1"),
            call(json!({"name": "aws___search_documentation", "arguments": {"search_phrase": "☕"}})),
            call(json!({"name": "aws___run_script", "arguments": {"code": "print(1)"}})),
            call(json!({"name": "aws___get_presigned_url"})),
            call(json!({"name": "aws___get_runbook"})),
            call(json!({"name": "aws___list_runbooks", "arguments": {}})),
            call(json!({"name": "aws___start_runbook"})),
        ]),
        1 => select(vec![
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#.to_owned(),
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#.to_owned(),
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"x"}}"#.to_owned(),
            "no JSON".to_owned(),
        ]),
    ]
}
