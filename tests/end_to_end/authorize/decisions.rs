//! Permit and deny, their answers and their audit lines.

use serde_json::{Value, json};

use super::{call, world};
use crate::harness::{PATIENCE, request};

const POLICIES: &str = r#"
@id("analysts-list-buckets")
permit(principal in Group::"s3-readers", action in [Action::"tools/call"], resource)
when { resource.tool_name == "aws___call_aws" && resource.arguments.cli_command like "aws s3 ls*" };

@id("no-deletions")
@reason("deletions go through a change ticket")
forbid(principal, action, resource)
when { resource has aws && resource.aws.parsed && resource.aws.operation like "delete*" };

@id("admins")
permit(principal in Group::"admins", action, resource);
"#;

#[tokio::test]
async fn what_a_policy_permits_goes_on_byte_for_byte() {
    let (world, raw) = world(POLICIES, "").await;
    let body = "{ \"jsonrpc\":\"2.0\", \"method\" : \"tools/call\",\"id\":1,\"params\":{\"name\":\"aws___call_aws\",\"arguments\":\
                {\"cli_command\":\"aws s3 ls\"},\"_meta\":{\"AWS_REGION\":\"eu-west-1\"}}}";
    let response = world.post(&world.token("alice"), body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(raw.received().last().unwrap().body, body.as_bytes());
    let line = world.audit_line(|line| line["type"] == "mcp_tool_call").await;
    assert_eq!(line["policy"], json!({"decision": "allow", "policies": ["analysts-list-buckets"]}));
    assert!(line["timing_ms"]["authorize"].is_number(), "{line}");
    assert_eq!(line["outcome"], "success");
}

#[tokio::test]
async fn what_no_policy_permits_is_denied_before_sts_is_asked() {
    let (world, raw) = world(POLICIES, "").await;
    let body = call("aws___call_aws", json!({"cli_command": "aws ec2 describe-instances"}));
    let response = world.post(&world.token("alice"), body).send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(!response.headers().contains_key("www-authenticate"), "a new sign-in would not help");
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &json!(1)));
    assert_eq!(body["error"]["code"], -31009);
    let data = &body["error"]["data"];
    assert_eq!((&data["reason"], &data["policies"]), (&json!("policy_denied"), &json!([])));
    assert!(data["requestId"].is_string());
    assert_eq!(raw.received(), []);
    assert_eq!(world.stack.sts.calls(), []);
    let line = world.audit_line(|line| line["type"] == "policy_denied").await;
    assert_eq!(line["policy"], json!({"decision": "deny", "policies": []}));
    assert_eq!((&line["outcome"], &line["reason"]), (&json!("denied"), &json!("policy_denied")));
    assert_eq!(line["target"]["tool"], "aws___call_aws");
}

#[tokio::test]
async fn a_forbid_tells_its_reason_and_beats_every_permit() {
    let (world, raw) = world(POLICIES, "").await;
    let admin = world.mint(json!({"sub": "carol", "groups": ["admins"], "org": "engineering"}));
    let delete = |command: &str| call("aws___call_aws", json!({"cli_command": command}));
    let response = world.post(&admin, delete("aws s3api list-buckets")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let response = world.post(&admin, delete("aws s3api delete-bucket --bucket logs")).send().await.unwrap();
    assert_eq!(response.status(), 403);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["data"]["policies"], json!(["no-deletions"]));
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("deletions go through a change ticket"), "{message}");
    assert_eq!(raw.received().len(), 1);
}

#[tokio::test]
async fn a_denial_can_be_told_with_status_200() {
    let (world, raw) = world(POLICIES, "  denyStatus: 200\n").await;
    let response = world.post(&world.token("alice"), call("whoami", json!({}))).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["data"]["reason"], "policy_denied");
    assert_eq!(raw.received(), []);
    let line = world.audit_line(|line| line["type"] == "policy_denied").await;
    assert_eq!((&line["outcome"], &line["status"]), (&json!("denied"), &json!(200)));
}

#[tokio::test]
async fn a_denied_message_without_an_id_has_the_plain_answer() {
    let (world, raw) = world(POLICIES, "").await;
    let body = json!({"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "whoami"}}).to_string();
    let response = world.post(&world.token("alice"), body).send().await.unwrap();
    assert_eq!(response.status(), 403);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "policy_denied");
    assert_eq!(raw.received(), []);
}

#[tokio::test]
async fn groups_come_from_the_configured_claim_alone() {
    let (world, _raw) = world(POLICIES, "  groupsClaim: realm_access.roles\n").await;
    let list = || call("x", json!({}));
    let with = |claims: Value| world.mint(claims);
    let cases = [
        (json!({"groups": ["admins"]}), 403),
        (json!({"realm_access": {"roles": ["admins"]}}), 200),
        (json!({"realm_access": {"roles": "admins other"}}), 403),
        (json!({"realm_access": {"roles": {"admins": true}}}), 403),
    ];
    for (claims, status) in cases {
        let response = world.post(&with(claims.clone()), list()).send().await.unwrap();
        assert_eq!(response.status(), status, "{claims}");
    }
}

#[tokio::test]
async fn what_needs_no_permit_passes_without_one() {
    let (world, raw) = world("forbid(principal, action, resource);", "").await;
    let alice = world.token("alice");
    let pass =
        ["initialize", "ping", "server/discover", "logging/setLevel", "roots/list", "subscriptions/listen"];
    for method in pass {
        let response = world.post(&alice, request(1, method, json!({}))).send().await.unwrap();
        assert_eq!(response.status(), 200, "{method}");
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    let answer = json!({"jsonrpc": "2.0", "id": 7, "result": {}}).to_string();
    for body in [notification, answer] {
        assert_eq!(world.post(&alice, body.clone()).send().await.unwrap().status(), 200, "{body}");
    }
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = world.http.request(method.clone(), world.gateway.url()).bearer_auth(&alice);
        assert_eq!(request.send().await.unwrap().status(), 200, "{method}");
    }
    assert_eq!(raw.received().len(), pass.len() + 4);
    let line = world.audit_line(|line| line["type"] == "mcp_ping").await;
    assert!(line.get("policy").is_none(), "{line}");
}

#[tokio::test]
async fn a_policy_that_can_not_be_evaluated_is_logged_once_and_never_opens() {
    let policies = r#"
@id("permit-fails") permit(principal, action, resource) when { context.claims.department == "it" };
@id("permit-holds") permit(principal, action, resource) when { resource.tool_name == "whoami" };
@id("forbid-fails") forbid(principal, action, resource == Tool::"guarded") when { context.claims.level < 3 };
@id("guarded") permit(principal, action, resource == Tool::"guarded");
"#;
    let (world, _raw) = world(policies, "").await;
    let alice = world.token("alice");
    for (tool, status) in [("other", 403), ("whoami", 200), ("guarded", 403), ("guarded", 403)] {
        let response = world.post(&alice, call(tool, json!({}))).send().await.unwrap();
        assert_eq!(response.status(), status, "{tool}");
    }
    let leveled = world.mint(json!({"level": 5}));
    assert_eq!(world.post(&leveled, call("guarded", json!({}))).send().await.unwrap().status(), 200);
    let both = |lines: &[String]| {
        ["permit-fails", "forbid-fails"].iter().all(|id| lines.iter().any(|line| line.contains(id)))
    };
    world.gateway.stderr().wait_for(both, PATIENCE).await.unwrap();
    let log = world.gateway.stderr().text();
    for policy in ["permit-fails", "forbid-fails"] {
        assert_eq!(log.matches(policy).count(), 1, "{policy}: {log}");
    }
    let line = world.audit_line(|line| line["policy"]["policies"] == json!(["forbid-fails"])).await;
    assert_eq!(line["policy"]["decision"], "deny");
}

#[tokio::test]
async fn a_list_that_is_denied_says_so_in_its_line() {
    let (world, raw) = world(POLICIES, "  groupsClaim: realm_access.roles\n").await;
    let nobody = world.mint(json!({"realm_access": {"roles": {"admins": true}}}));
    let response = world.post(&nobody, request(1, "tools/list", json!({}))).send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(raw.received(), []);
    let line = world.audit_line(|line| line["type"] == "policy_denied").await;
    assert_eq!(line["target"]["method"], "tools/list");
    assert_eq!(line["policy"], json!({"decision": "deny", "policies": []}), "{line}");
}
