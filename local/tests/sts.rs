//! The STS endpoint, asked by the real SDK as the gateway asks it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sts::{
    Client,
    config::{BehaviorVersion, Region, retry::RetryConfig},
    error::SdkError,
    operation::assume_role_with_web_identity::builders::AssumeRoleWithWebIdentityFluentBuilder,
    types::PolicyDescriptorType,
};
use rolecall_local::{
    faults::Fault,
    http,
    issuer::{Forgery, Signature},
    stack::{ADMIN_ROLE, DEFAULT_ROLE, S3_READ_ONLY_ROLE, Stack},
    sts::{KeySource, Provider, Refusal, Refused, Role},
    users,
};
use serde_json::json;

type Call = AssumeRoleWithWebIdentityFluentBuilder;
type Spoil = Box<dyn Fn(&Stack, Call) -> Call>;
/// What to do to a good call for alice, and what must come of it.
type Case = (&'static str, Spoil, u16, &'static str, &'static str);

fn client(stack: &Stack) -> Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(stack.sts.url())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn call(stack: &Stack, token: String) -> Call {
    client(stack)
        .assume_role_with_web_identity()
        .role_arn(S3_READ_ONLY_ROLE)
        .role_session_name("alice@example.com")
        .web_identity_token(token)
}

fn alice(stack: &Stack) -> String {
    stack.issuer.token_for(users::ALICE).unwrap()
}

fn forged(forgery: Forgery) -> Spoil {
    Box::new(move |stack, call| {
        let token = stack.issuer.forge(&forgery.clone()).unwrap();
        call.web_identity_token(token)
    })
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
async fn issues_credentials_that_the_registry_knows() {
    let stack = Stack::start().await.unwrap();
    let output = call(&stack, alice(&stack)).duration_seconds(900).send().await.unwrap();
    let user = output.assumed_role_user().unwrap();
    assert_eq!(user.arn(), "arn:aws:sts::111122223333:assumed-role/S3ReadOnlyMCPRole/alice@example.com");
    assert!(user.assumed_role_id().starts_with("AROA"));
    assert!(user.assumed_role_id().ends_with(":alice@example.com"));
    assert_eq!(output.subject_from_web_identity_token(), Some("alice@example.com"));
    assert_eq!(output.audience(), Some("aws-mcp"));
    let credentials = output.credentials().unwrap();
    let expires = credentials.expiration().secs().unsigned_abs();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((890..=901).contains(&(expires - now)), "{expires}");

    let id = credentials.access_key_id();
    let resolve = || stack.sts.registry().resolve(id, Some(credentials.session_token()));
    assert_eq!(resolve().unwrap().identity.role_arn, S3_READ_ONLY_ROLE);
    assert_eq!(stack.sts.registry().resolve(id, None).unwrap_err(), Refused::Unknown);
    stack.sts.registry().expire(id);
    assert_eq!(resolve().unwrap_err(), Refused::Expired);
    stack.sts.revoke(id);
    assert_eq!(resolve().unwrap_err(), Refused::Unknown);

    let record = stack.sts.calls().pop().unwrap();
    assert_eq!(record.outcome, Ok(id.to_owned()));
    assert_eq!((record.signed, record.duration.as_deref()), (false, Some("900")));
    assert_eq!(record.subject.as_deref(), Some("alice@example.com"));
}

#[tokio::test]
async fn every_algorithm_of_sts_is_verified() {
    let stack = Stack::start().await.unwrap();
    for alg in ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] {
        let forgery = Forgery::new().alg(alg).claims(users::ALICE.claims());
        let token = stack.issuer.forge(&forgery).unwrap();
        call(&stack, token).send().await.unwrap_or_else(|error| panic!("{alg}: {error:?}"));
        let token = stack.issuer.forge(&forgery.signature(Signature::Tampered)).unwrap();
        let (status, code, _) = refusal(call(&stack, token)).await;
        assert_eq!((status, code.as_str()), (400, "InvalidIdentityToken"), "{alg}");
    }
}

#[tokio::test]
async fn refuses_as_aws_does() {
    let stack = Stack::start().await.unwrap();
    let good = || Forgery::new().claims(users::ALICE.claims());
    let policy = |document: &'static str| -> Spoil { Box::new(move |_, call| call.policy(document)) };
    let cases: Vec<Case> = vec![
        ("expired", forged(good().claim("exp", 1)), 400, "ExpiredTokenException", "Token expired"),
        (
            "not yet",
            forged(good().claim("nbf", 99_999_999_999_u64)),
            400,
            "InvalidIdentityToken",
            "not valid yet",
        ),
        (
            "fractional",
            forged(good().claim("exp", 99_999_999_999.5)),
            400,
            "InvalidIdentityToken",
            "claim: exp",
        ),
        (
            "audience",
            forged(good().claim("aud", "x")),
            400,
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        (
            "two audiences",
            forged(good().claim("aud", json!(["aws-mcp", "x"]))),
            400,
            "InvalidIdentityToken",
            "audience",
        ),
        (
            "azp replaces aud",
            forged(good().claim("azp", "x")),
            400,
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        (
            "no aud",
            forged(good().without("aud")),
            400,
            "InvalidIdentityToken",
            "Missing a required claim: aud",
        ),
        (
            "no sub",
            forged(good().without("sub")),
            400,
            "InvalidIdentityToken",
            "Missing a required claim: sub",
        ),
        (
            "no iat",
            forged(good().without("iat")),
            400,
            "InvalidIdentityToken",
            "Missing a required claim: iat",
        ),
        (
            "issuer",
            forged(good().claim("iss", "https://x.example")),
            400,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found",
        ),
        (
            "unknown kid",
            forged(good().kid("x")),
            400,
            "InvalidIdentityToken",
            "Couldn't retrieve verification key",
        ),
        (
            "foreign key",
            forged(good().signature(Signature::ForeignKey)),
            400,
            "InvalidIdentityToken",
            "signature",
        ),
        ("PS256", forged(good().alg("PS256")), 400, "InvalidIdentityToken", "verification key"),
        ("alg none", forged(Forgery::alg_none()), 400, "InvalidIdentityToken", ""),
        (
            "opaque",
            Box::new(|_, call| call.web_identity_token("opaque-token")),
            400,
            "InvalidIdentityToken",
            "not a valid JWT",
        ),
        (
            "roles claim",
            forged(good().claim("https://aws.amazon.com/roles", json!([ADMIN_ROLE]))),
            400,
            "InvalidIdentityToken",
            "roles claim",
        ),
        (
            "tag not a list",
            forged(good().claim("https://aws.amazon.com/tags", json!({"principal_tags": {"Team": "x"}}))),
            400,
            "InvalidIdentityToken",
            "tags",
        ),
        (
            "source identity",
            forged(good().claim("https://aws.amazon.com/source_identity", "a")),
            403,
            "AccessDenied",
            "Not authorized",
        ),
        (
            "another's role",
            Box::new(|_, call| call.role_arn(ADMIN_ROLE)),
            403,
            "AccessDenied",
            "Not authorized",
        ),
        (
            "no such role",
            Box::new(|_, call| call.role_arn("arn:aws:iam::111122223333:role/None")),
            403,
            "AccessDenied",
            "Not authorized",
        ),
        (
            "session name",
            Box::new(|_, call| call.role_session_name("a b")),
            400,
            "ValidationError",
            "roleSessionName",
        ),
        (
            "short name",
            Box::new(|_, call| call.role_session_name("a")),
            400,
            "ValidationError",
            "roleSessionName",
        ),
        ("short", Box::new(|_, call| call.duration_seconds(899)), 400, "ValidationError", "durationSeconds"),
        (
            "long",
            Box::new(|_, call| call.duration_seconds(43_201)),
            400,
            "ValidationError",
            "durationSeconds",
        ),
        (
            "role's maximum",
            Box::new(|_, call| call.duration_seconds(3601)),
            400,
            "ValidationError",
            "MaxSessionDuration",
        ),
        ("not a policy", policy("{"), 400, "MalformedPolicyDocument", "Syntax"),
        ("no statement", policy("{}"), 400, "MalformedPolicyDocument", "Statement"),
        ("long policy", Box::new(|_, call| call.policy("x".repeat(2049))), 400, "ValidationError", "2048"),
        (
            "packed",
            Box::new(|stack, call| {
                let tags = json!({"principal_tags": {"A": ["x".repeat(250)], "B": ["y".repeat(250)]}});
                let forgery =
                    Forgery::new().claims(users::ALICE.claims()).claim("https://aws.amazon.com/tags", tags);
                let padding = "x".repeat(1600);
                let policy = json!({"Statement": {"Effect": "Allow", "Action": padding, "Resource": "*"}});
                call.web_identity_token(stack.issuer.forge(&forgery).unwrap()).policy(policy.to_string())
            }),
            400,
            "PackedPolicyTooLarge",
            "Packed policy consumes",
        ),
        (
            "policy arn",
            Box::new(|_, call| call.policy_arns(PolicyDescriptorType::builder().arn("x".repeat(20)).build())),
            400,
            "ValidationError",
            "ARN",
        ),
    ];
    for (name, spoil, status, code, message) in cases {
        let (found_status, found_code, found_message) =
            refusal(spoil(&stack, call(&stack, alice(&stack)))).await;
        assert_eq!((found_status, found_code.as_str()), (status, code), "{name}: {found_message}");
        assert!(found_message.contains(message), "{name}: {found_message}");
        assert_eq!(stack.sts.calls().pop().unwrap().outcome, Err(code.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn accepts_session_policies_and_tags() {
    let stack = Stack::start().await.unwrap();
    let tags = json!({"principal_tags": {"Team": ["eng"]}, "transitive_tag_keys": ["Team"]});
    let claims = Forgery::new()
        .claims(users::ALICE.claims())
        .claim("https://aws.amazon.com/tags", tags)
        .claim("https://aws.amazon.com/roles", format!("{ADMIN_ROLE};{S3_READ_ONLY_ROLE}"));
    let token = stack.issuer.forge(&claims).unwrap();
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let with_policies = |token| {
        call(&stack, token).policy(policy).policy_arns(PolicyDescriptorType::builder().arn(arn).build())
    };
    let output = with_policies(token.clone()).send().await.unwrap();
    assert!(output.session_token_utilization().unwrap() > 0);
    let record = stack.sts.calls().pop().unwrap();
    assert_eq!(record.policy.as_deref(), Some(policy));
    assert_eq!(record.policy_arns, [arn]);
    assert_eq!(record.tags, [("Team".to_owned(), "eng".to_owned())]);

    stack.sts.put_role(Role { tag_session: false, ..Role::trusting(S3_READ_ONLY_ROLE, "aws-mcp") });
    assert_eq!(refusal(call(&stack, token)).await.1, "AccessDenied", "tags need sts:TagSession");
}

#[tokio::test]
async fn providers_keys_may_come_by_discovery_or_not_at_all() {
    let stack = Stack::start().await.unwrap();
    let provider = |keys| Provider {
        issuer: stack.issuer.url(),
        accounts: vec!["111122223333".into()],
        client_ids: vec!["aws-mcp".into()],
        keys,
    };
    stack.sts.put_provider(provider(KeySource::Discovery));
    call(&stack, alice(&stack)).send().await.unwrap();
    assert_eq!(stack.issuer.jwks_requests(), 1);
    let in_the_other_account = call(&stack, stack.issuer.token_for(users::BOB).unwrap()).role_arn(ADMIN_ROLE);
    assert!(
        refusal(in_the_other_account).await.2.contains("No OpenIDConnect provider found in your account")
    );
    stack.sts.put_provider(provider(KeySource::Unreachable));
    assert!(refusal(call(&stack, alice(&stack))).await.2.contains("Couldn't retrieve verification key"));
}

#[tokio::test]
async fn fails_on_demand() {
    let stack = Stack::start().await.unwrap();
    let codes = [
        (400, "IDPCommunicationError"),
        (403, "IDPRejectedClaim"),
        (403, "RegionDisabledException"),
        (400, "Throttling"),
        (503, "ServiceUnavailable"),
    ];
    for (status, code) in codes {
        stack
            .sts
            .fail_next(1, &Refusal::new(::http::StatusCode::from_u16(status).unwrap(), code, "as <told>"));
        let found = refusal(call(&stack, alice(&stack))).await;
        assert_eq!(found, (status, code.to_owned(), "as <told>".to_owned()));
    }
    call(&stack, alice(&stack)).send().await.unwrap();

    stack.sts.faults().set(Fault::Hangup);
    assert!(matches!(call(&stack, alice(&stack)).send().await, Err(SdkError::DispatchFailure(_))));
    stack.sts.faults().set(Fault::None);
    stack.sts.set_credentials_lifetime(Some(Duration::ZERO));
    let output = call(&stack, alice(&stack)).role_arn(DEFAULT_ROLE).send().await.unwrap();
    let credentials = output.credentials().unwrap();
    let resolved =
        stack.sts.registry().resolve(credentials.access_key_id(), Some(credentials.session_token()));
    assert_eq!(resolved.unwrap_err(), Refused::Expired);
}

#[tokio::test]
async fn a_signed_call_is_refused() {
    let stack = Stack::start().await.unwrap();
    let body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15";
    let post = || http::client().post(stack.sts.url()).body(body);
    let signed = post().header("authorization", "AWS4-HMAC-SHA256 Credential=x").send().await.unwrap();
    assert_eq!(signed.status(), 403);
    assert!(stack.sts.calls()[0].signed);
    let unsigned = post().send().await.unwrap();
    assert_eq!(unsigned.status(), 400);
    assert_eq!(unsigned.headers()["content-type"], "text/xml");
    let text = unsigned.text().await.unwrap();
    assert!(text.contains("<Code>ValidationError</Code>"), "{text}");
}
