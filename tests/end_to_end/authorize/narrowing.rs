//! `@session_policy_arn` and `@session_policy`: the credentials of one call.

use rolecall_local::{
    raw::Raw,
    stack::{S3_READ_ONLY_ROLE, Stack},
};
use serde_json::json;

use super::{PolicyDirectory, call, world};
use crate::harness::{World, ponging_upstream, reason};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const POLICIES: &str = r#"
@id("scripts")
@session_policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
permit(principal, action, resource == Tool::"run_script");

@id("everything")
permit(principal, action, resource);

@id("queries")
@session_policy("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"athena:*\",\"Resource\":\"*\"}]}")
permit(principal, action, resource == Tool::"query");
"#;

#[tokio::test]
async fn a_narrowed_call_has_credentials_of_its_own() {
    let (world, raw) = world(POLICIES, "").await;
    let alice = world.token("alice");
    for tool in ["whoami", "run_script", "run_script", "query", "whoami"] {
        assert_eq!(world.post(&alice, call(tool, json!({}))).send().await.unwrap().status(), 200, "{tool}");
    }
    let calls = world.stack.sts.calls();
    let asked: Vec<_> = calls.iter().map(|call| (call.policy_arns.clone(), call.policy.clone())).collect();
    let inline =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"athena:*","Resource":"*"}]}"#;
    assert_eq!(
        asked,
        [(vec![], None), (vec![READ_ONLY.to_owned()], None), (vec![], Some(inline.to_owned()))],
        "each narrowing is asked for once, and no session serves another"
    );
    let keys: Vec<_> = raw.received().into_iter().map(|sent| sent.identity.unwrap().access_key_id).collect();
    let [plain, script, script_again, query, plain_again] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!((plain, script), (plain_again, script_again));
    assert!(plain != script && script != query && plain != query);
    let line = world.audit_line(|line| line["target"]["tool"] == "run_script").await;
    assert_eq!(line["policy"]["policies"], json!(["everything", "scripts"]));
}

#[tokio::test]
async fn a_mapping_that_narrows_is_never_widened_by_a_permit() {
    let directory = PolicyDirectory::with(POLICIES);
    let stack = Stack::start().await.unwrap();
    let raw: Raw = ponging_upstream(&stack).await;
    let section = directory.section("");
    let change = |yaml: String| {
        let arn = format!("      roleArn: {S3_READ_ONLY_ROLE}\n");
        let narrowed = format!("{arn}      policyArns: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]\n");
        format!("{}{section}", yaml.replace(&arn, &narrowed))
    };
    let world = World::over(stack, &raw.url(), &[], change).await;
    let alice = world.token("alice");
    assert_eq!(world.post(&alice, call("whoami", json!({}))).send().await.unwrap().status(), 200);
    let response = world.post(&alice, call("run_script", json!({}))).send().await.unwrap();
    assert_eq!((response.status().as_u16(), reason(response).await.as_str()), (403, "policy_denied"));
    assert_eq!(raw.received().len(), 1);
}
