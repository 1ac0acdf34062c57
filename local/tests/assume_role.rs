//! AssumeRole of the STS endpoint, asked by the real SDK as the gateway asks it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use aws_credential_types::Credentials as SdkCredentials;
use aws_sdk_sts::{
    Client,
    config::{BehaviorVersion, Region, retry::RetryConfig},
    error::SdkError,
    operation::assume_role::builders::AssumeRoleFluentBuilder,
    types::Tag,
};
use rolecall_local::{
    stack::{DEFAULT_ROLE, EXECUTION_ROLE, Stack},
    sts::{Caller, Credentials, Role},
};
use serde_json::json;

type Call = AssumeRoleFluentBuilder;
type Spoil = Box<dyn Fn(Call) -> Call>;

async fn stack() -> Stack {
    let stack = Stack::start().await.unwrap();
    stack.sts.put_role(Role::trusting_role(DEFAULT_ROLE, EXECUTION_ROLE));
    stack
}

fn call_in(region: &'static str, stack: &Stack, signs_with: &Credentials) -> Call {
    let credentials = SdkCredentials::new(
        &signs_with.identity.access_key_id,
        &signs_with.secret_access_key,
        Some(signs_with.session_token.clone()),
        None,
        "test",
    );
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(stack.sts.url())
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
        .assume_role()
        .role_arn(DEFAULT_ROLE)
        .role_session_name("ann")
        .source_identity("ann")
        .tags(tag("Team", "red"))
}

fn call(stack: &Stack) -> Call {
    call_in("us-east-1", stack, &stack.execution_role().unwrap())
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

/// Status, code and message of a refusal.
async fn refusal(call: Call) -> (u16, String, String) {
    match call.send().await {
        Err(SdkError::ServiceError(error)) => {
            let meta = error.err().meta();
            let text = meta.message().unwrap_or_default().to_owned();
            (error.raw().status().as_u16(), meta.code().unwrap_or_default().to_owned(), text)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn opens_a_session_for_a_role_that_is_trusted() {
    let stack = stack().await;
    let output = call(&stack).transitive_tag_keys("team").duration_seconds(900).send().await.unwrap();
    let arn = output.assumed_role_user().unwrap().arn();
    assert_eq!(arn, "arn:aws:sts::111122223333:assumed-role/DefaultMCPRole/ann");
    assert_eq!(output.source_identity(), Some("ann"));
    let issued = output.credentials().unwrap();
    let resolved =
        stack.sts.registry().resolve(issued.access_key_id(), Some(issued.session_token())).unwrap();
    assert_eq!(resolved.identity.role_arn, DEFAULT_ROLE);
    let record = stack.sts.calls().pop().unwrap();
    assert_eq!(record.outcome, Ok(issued.access_key_id().to_owned()));
    assert_eq!((record.caller.as_deref(), record.subject), (Some(EXECUTION_ROLE), None));
    assert_eq!(record.tags, [("Team".to_owned(), "red".to_owned())]);
    assert_eq!(record.transitive_tag_keys, ["team"]);
}

#[tokio::test]
async fn refuses_parameters_as_aws_does() {
    let stack = stack().await;
    let tagged = |key: &str, value: &str| -> Spoil {
        let tag = tag(key, value);
        Box::new(move |call| call.set_tags(Some(vec![tag.clone()])))
    };
    let cases: [(&str, Spoil, &str, &str); 14] = [
        ("chained", Box::new(|call| call.duration_seconds(3601)), "ValidationError", "1 hour session limit"),
        ("short", Box::new(|call| call.duration_seconds(899)), "ValidationError", "durationSeconds"),
        (
            "session name",
            Box::new(|call| call.role_session_name("a b")),
            "ValidationError",
            "roleSessionName",
        ),
        (
            "source identity",
            Box::new(|call| call.source_identity("a:b")),
            "ValidationError",
            "sourceIdentity",
        ),
        ("short identity", Box::new(|call| call.source_identity("a")), "ValidationError", "sourceIdentity"),
        ("empty key", tagged("", "v"), "ValidationError", "tags.1.member.key"),
        ("long key", tagged(&"k".repeat(129), "v"), "ValidationError", "tags.1.member.key"),
        ("foreign key", tagged("a,b", "v"), "ValidationError", "tags.1.member.key"),
        ("reserved key", tagged("aws:x", "v"), "ValidationError", "System tags"),
        ("long value", tagged("k", &"v".repeat(257)), "ValidationError", "tags.1.member.value"),
        ("foreign value", tagged("k", "a,b"), "ValidationError", "tags.1.member.value"),
        (
            "twice",
            Box::new(|call| call.tags(tag("TEAM", "x"))),
            "InvalidParameterValue",
            "Duplicate tag keys",
        ),
        (
            "transitive",
            Box::new(|call| call.transitive_tag_keys("Other")),
            "InvalidParameterValue",
            "transitive tag key must be included",
        ),
        (
            "too many",
            Box::new(|call| {
                call.set_tags(Some((0..51).map(|index| tag(&format!("k{index}"), "")).collect()))
            }),
            "ValidationError",
            "'tags'",
        ),
    ];
    for (name, spoil, code, message) in cases {
        let found = refusal(spoil(call(&stack))).await;
        assert_eq!((found.0, found.1.as_str()), (400, code), "{name}: {}", found.2);
        assert!(found.2.contains(message), "{name}: {}", found.2);
        assert_eq!(stack.sts.calls().pop().unwrap().outcome, Err(code.to_owned()), "{name}");
    }
    let text =
        json!({"Statement": {"Effect": "Allow", "Action": "x".repeat(1900), "Resource": "*"}}).to_string();
    let packed = call(&stack).policy(text).tags(tag("k", &"v".repeat(250)));
    assert_eq!(refusal(packed).await.1, "PackedPolicyTooLarge", "policies and tags share one limit");
}

#[tokio::test]
async fn believes_only_a_signature_that_holds() {
    let stack = stack().await;
    let good = || stack.execution_role().unwrap();
    let (mut wrong_secret, mut wrong_token, revoked, expired) = (good(), good(), good(), good());
    wrong_secret.secret_access_key.push('x');
    wrong_token.session_token.push('x');
    stack.sts.revoke(&revoked.identity.access_key_id);
    stack.sts.registry().expire(&expired.identity.access_key_id);
    let cases = [
        ("us-east-1", wrong_secret, "SignatureDoesNotMatch"),
        ("us-east-1", wrong_token, "InvalidClientTokenId"),
        ("us-east-1", revoked, "InvalidClientTokenId"),
        ("us-east-1", expired, "ExpiredToken"),
        ("eu-west-1", good(), "SignatureDoesNotMatch"),
    ];
    for (region, credentials, code) in cases {
        let found = refusal(call_in(region, &stack, &credentials)).await;
        assert_eq!((found.0, found.1.as_str()), (403, code), "{}", found.2);
        let record = stack.sts.calls().pop().unwrap();
        assert_eq!((record.caller, record.outcome), (None, Err(code.to_owned())));
    }
    let unsigned =
        rolecall_local::http::client().post(stack.sts.url()).body("Action=AssumeRole&Version=2011-06-15");
    let unsigned = unsigned.send().await.unwrap();
    assert_eq!(unsigned.status(), 403);
    assert!(unsigned.text().await.unwrap().contains("<Code>MissingAuthenticationToken</Code>"));
}

#[tokio::test]
async fn asks_both_policies_for_each_action() {
    let stack = stack().await;
    let all = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
    let caller = |actions: &[&str]| Caller {
        role_arn: EXECUTION_ROLE.into(),
        may_assume: vec![DEFAULT_ROLE.into()],
        actions: actions.iter().map(|&action| action.into()).collect(),
    };
    let without = |left_out: &str| all.into_iter().filter(|action| *action != left_out).collect::<Vec<_>>();
    let own = "User: arn:aws:sts::111122223333:assumed-role/RolecallExecutionRole/rolecall is not authorized to perform: ";
    for action in all {
        stack.sts.put_caller(caller(&without(action)));
        let (status, code, message) = refusal(call(&stack)).await;
        assert_eq!((status, code.as_str()), (403, "AccessDenied"), "{action}");
        let because = format!("because no identity-based policy allows the {action} action");
        assert_eq!(message, format!("{own}{action} on resource: {DEFAULT_ROLE} {because}"));
    }
    stack.sts.put_caller(caller(&all));
    let trusting = || Role::trusting_role(DEFAULT_ROLE, EXECUTION_ROLE);
    let team = |keys: &serde_json::Map<String, serde_json::Value>| keys["aws:RequestTag/Team"] == "blue";
    let cases = [
        ("sts:AssumeRole", Role::trusting_role(DEFAULT_ROLE, "arn:aws:iam::111122223333:role/Other")),
        ("sts:AssumeRole", Role::trusting(DEFAULT_ROLE, "aws-mcp")),
        ("sts:AssumeRole", trusting().when(team)),
        ("sts:TagSession", Role { tag_session: false, ..trusting() }),
        ("sts:SetSourceIdentity", Role { set_source_identity: false, ..trusting() }),
    ];
    for (action, role) in cases {
        stack.sts.put_role(role);
        let (status, code, message) = refusal(call(&stack)).await;
        assert_eq!((status, code.as_str()), (403, "AccessDenied"), "{action}");
        assert_eq!(message, format!("{own}{action} on resource: {DEFAULT_ROLE}"));
    }
    stack.sts.put_role(trusting().when(team));
    call(&stack).set_tags(Some(vec![tag("Team", "blue")])).send().await.unwrap();
    let no_such_role = call(&stack).role_arn("arn:aws:iam::111122223333:role/None");
    assert_eq!(refusal(no_such_role).await.1, "AccessDenied");
}
