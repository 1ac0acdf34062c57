//! `exchange: assumeRole` from outside: what the execution role asks of STS for a user, and who is told what where that
//! fails.

use http::StatusCode;
use reqwest::Response;
use rolecall_local::{
    gateway::free_port,
    issuer::{Forgery, Signature},
    raw::Raw,
    stack::{DEFAULT_ROLE, EXECUTION_ROLE, S3_READ_ONLY_ROLE, STS_ENDPOINT_VARIABLE, Stack},
    sts::{Caller, Credentials, KeySource, Provider, Refusal, Role, StsCall, Tag},
};
use serde_json::{Value, json};

use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, World, binary, now, ponging_upstream, reason};

const TEAM: &str = "https://aws.amazon.com/tags/principal_tags/Team";

/// A gateway with this mode whose execution role every mapped role trusts, before an upstream that answers pings.
async fn world() -> (World, Raw) {
    let stack = stack().await;
    let execution_role = stack.execution_role().unwrap();
    world_over(stack, &execution_role).await
}

async fn stack() -> Stack {
    let stack = Stack::start().await.unwrap();
    for arn in [S3_READ_ONLY_ROLE, DEFAULT_ROLE] {
        stack.sts.put_role(Role::trusting_role(arn, EXECUTION_ROLE));
    }
    stack
}

async fn world_over(stack: Stack, signs_with: &Credentials) -> (World, Raw) {
    let raw = ponging_upstream(&stack).await;
    (World::over(stack, &raw.url(), &variables(signs_with), assume_role).await, raw)
}

pub fn assume_role(yaml: String) -> String {
    yaml.replace(
        "awsSts:\n",
        "awsSts:\n  exchange: assumeRole\n  sessionTags: {Groups: groups, Mail: email}\n",
    )
}

/// The variables that Lambda sets.
pub fn variables(execution_role: &Credentials) -> [(&str, &str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", &execution_role.identity.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &execution_role.secret_access_key),
        ("AWS_SESSION_TOKEN", &execution_role.session_token),
    ]
}

fn calls(world: &World) -> Vec<StsCall> {
    world.stack.sts.calls()
}

fn last_call(world: &World) -> StsCall {
    calls(world).pop().unwrap()
}

fn tags(pairs: &[(&str, &str)]) -> Vec<Tag> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The status and reason of a refusal that is not about the user's sign-in.
async fn assert_refused(response: Response, status: u16, expected: &str, name: &str) {
    assert_eq!(response.status(), status, "{name}");
    assert!(!response.headers().contains_key("www-authenticate"), "{name}: a new sign-in would not help");
    assert_eq!(reason(response).await, expected, "{name}");
}

#[tokio::test]
async fn the_execution_role_opens_the_users_session() {
    let (world, raw) = world().await;
    let claims = json!({"sub": "ann", "groups": ["s3-readers", "developers"], "email": "ann@example.com"});
    assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200);
    let call = last_call(&world);
    assert_eq!((call.action.as_str(), call.signed), ("AssumeRole", true));
    assert_eq!(call.caller.as_deref(), Some(EXECUTION_ROLE));
    assert_eq!(call.role_arn, S3_READ_ONLY_ROLE);
    assert_eq!((call.session_name.as_str(), call.source_identity.as_deref()), ("ann", Some("ann")));
    assert_eq!(call.duration.as_deref(), Some("900"));
    assert_eq!(call.tags, tags(&[("Groups", "s3-readers:developers"), ("Mail", "ann@example.com")]));
    let received = raw.received().pop().unwrap();
    let identity = received.identity.unwrap();
    assert_eq!((identity.role_arn.as_str(), identity.session_name.as_str()), (S3_READ_ONLY_ROLE, "ann"));
    assert_eq!(Ok(identity.access_key_id.clone()), call.outcome);
    let line = world.audit_line(|line| line["type"] == "sts_exchange").await;
    assert_eq!((&line["outcome"], &line["aws"]["session_name"]), (&json!("success"), &json!("ann")));
    assert_eq!(line["aws"]["access_key_id"], json!(identity.access_key_id));
    assert_eq!(
        line["aws"]["assumed_role_arn"],
        "arn:aws:sts::111122223333:assumed-role/S3ReadOnlyMCPRole/ann"
    );
}

#[tokio::test]
async fn tags_come_from_the_token_itself_before_they_come_from_its_claims() {
    let (world, _raw) = world().await;
    let nested = "https://aws.amazon.com/tags";
    let transitive = "https://aws.amazon.com/tags/transitive_tag_keys";
    let none: &[(&str, &str)] = &[];
    let cases = [
        (json!({nested: {"principal_tags": {"Team": ["red"]}}}), [("Team", "red")].as_slice(), ""),
        (
            json!({nested: {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]}}),
            &[("Team", "red")],
            "Team",
        ),
        (json!({TEAM: "Zoë +/-", transitive: ["Team"]}), &[("Team", "Zoë +/-")], "Team"),
        (json!({TEAM: "red", "groups": ["ignored"]}), &[("Team", "red")], ""),
        (json!({"groups": ["a", "b"]}), &[("Groups", "a:b")], ""),
        (json!({"groups": []}), none, ""),
    ];
    for (number, (mut claims, expected, transitive)) in cases.into_iter().enumerate() {
        claims["sub"] = json!(format!("user-{number}"));
        let name = claims.to_string();
        assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200, "{name}");
        let call = last_call(&world);
        assert_eq!(call.tags, tags(expected), "{name}");
        assert_eq!(call.transitive_tag_keys.join(","), transitive, "{name}");
    }
}

#[tokio::test]
async fn sessions_with_other_tags_are_other_sessions() {
    let (world, raw) = world().await;
    let cases = [
        ("the first token", json!({"groups": ["a"]}), 1),
        ("a later token", json!({"groups": ["a"], "jti": "2"}), 0),
        ("another ordinary claim that is no tag", json!({"groups": ["a"], "name": "Ann"}), 0),
        ("another value", json!({"groups": ["b"]}), 1),
        ("a further element", json!({"groups": ["a", "b"]}), 1),
        ("a further tag", json!({"groups": ["a"], "email": "ann@example.com"}), 1),
        ("a tag of its own", json!({"groups": ["a"], TEAM: "red"}), 1),
        ("the first again", json!({"groups": ["a"], "jti": "3"}), 0),
    ];
    for (name, mut claims, expected) in cases {
        claims["sub"] = json!("ann");
        let before = calls(&world).len();
        assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200, "{name}");
        assert_eq!(calls(&world).len() - before, expected, "{name}");
    }
    let keys: Vec<_> =
        raw.received().into_iter().map(|received| received.identity.unwrap().access_key_id).collect();
    assert_eq!(keys[0], keys[7]);
    assert_ne!(keys[0], keys[3]);
}

#[tokio::test]
async fn sessions_end_with_the_token_they_were_opened_for() {
    let (world, _raw) = world().await;
    for (name, exp, expected) in [("good for long", now() + 3600, 1), ("just ended", now() - 5, 3)] {
        let before = calls(&world).len();
        let token = world.mint(json!({"sub": name, "exp": exp}));
        for _ in 0..3 {
            assert_eq!(world.ping_with(&token).await.status(), 200, "{name}");
        }
        assert_eq!(calls(&world).len() - before, expected, "{name}");
    }
}

/// No OIDC provider in the account, an audience nobody registered, several audiences: nothing of it is STS's matter.
#[tokio::test]
async fn tokens_that_sts_could_not_take_serve() {
    let (world, _raw) = world().await;
    world.stack.sts.put_provider(Provider {
        issuer: world.stack.issuer.url(),
        accounts: Vec::new(),
        client_ids: Vec::new(),
        keys: KeySource::Unreachable,
    });
    let cases = [json!({}), json!({"aud": ["aws-mcp", "other"]}), json!({"azp": "an-unregistered-client"})];
    for (number, mut claims) in cases.into_iter().enumerate() {
        claims["sub"] = json!(format!("user-{number}"));
        let name = claims.to_string();
        assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn signatures_that_sts_could_not_verify_serve_where_they_are_allowed() {
    let allowing = |yaml| {
        assume_role(yaml).replace("oidc:\n", "oidc:\n  algorithms: [RS256, PS256, PS384, PS512, EdDSA]\n")
    };
    for (good, change) in [(200, &allowing as &dyn Fn(String) -> String), (401, &assume_role)] {
        let stack = stack().await;
        let raw = ponging_upstream(&stack).await;
        let execution_role = stack.execution_role().unwrap();
        let world = World::over(stack, &raw.url(), &variables(&execution_role), change).await;
        for alg in ["PS256", "PS384", "PS512", "EdDSA"] {
            let forgery = Forgery::new().alg(alg);
            let cases = [
                (forgery.clone(), good),
                (forgery.clone().signature(Signature::Tampered), 401),
                (forgery.kid("es256-1"), 401),
            ];
            for (forgery, status) in cases {
                let token = world.stack.issuer.forge(&forgery).unwrap();
                assert_eq!(world.ping_with(&token).await.status(), status, "{forgery:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_trust_policy_that_refuses_is_the_users_403() {
    let (world, raw) = world().await;
    let trusting = |arn| Role::trusting_role(DEFAULT_ROLE, arn);
    let red = |keys: &serde_json::Map<String, Value>| keys.get("aws:RequestTag/Team") == Some(&json!("red"));
    let of_ann =
        |keys: &serde_json::Map<String, Value>| keys.get("sts:SourceIdentity") == Some(&json!("ann"));
    let cases = [
        ("another role", trusting("arn:aws:iam::111122223333:role/Other")),
        ("a token", Role::trusting(DEFAULT_ROLE, "aws-mcp")),
        ("another team", trusting(EXECUTION_ROLE).when(red)),
        ("another person", trusting(EXECUTION_ROLE).when(of_ann)),
        ("no tags", Role { tag_session: false, ..trusting(EXECUTION_ROLE) }),
        ("no source identity", Role { set_source_identity: false, ..trusting(EXECUTION_ROLE) }),
    ];
    for (name, role) in cases {
        world.stack.sts.put_role(role);
        let token = world.mint(json!({"sub": "bea", TEAM: "blue"}));
        assert_refused(world.ping_with(&token).await, 403, "sts_denied", name).await;
    }
    assert_eq!(raw.received(), []);
    world.stack.sts.put_role(trusting(EXECUTION_ROLE).when(red));
    let token = world.mint(json!({"sub": "bea", TEAM: "red"}));
    assert_eq!(world.ping_with(&token).await.status(), 200);
}

#[tokio::test]
async fn an_execution_role_without_permission_is_the_operators_matter() {
    let (world, _raw) = world().await;
    let may = |roles: &[&str], actions: &[&str]| Caller {
        role_arn: EXECUTION_ROLE.into(),
        may_assume: roles.iter().map(|&role| role.into()).collect(),
        actions: actions.iter().map(|&action| action.into()).collect(),
    };
    let all = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
    let cases = [
        ("no role", may(&[], &all)),
        ("another role", may(&[S3_READ_ONLY_ROLE], &all)),
        ("no tags", may(&[DEFAULT_ROLE], &["sts:AssumeRole", "sts:SetSourceIdentity"])),
        ("no source identity", may(&[DEFAULT_ROLE], &["sts:AssumeRole", "sts:TagSession"])),
    ];
    for (name, caller) in cases {
        world.stack.sts.put_caller(caller);
        let token = world.mint(json!({"sub": name, TEAM: "red"}));
        assert_refused(world.ping_with(&token).await, 502, "sts_misconfigured", name).await;
        let line =
            world.audit_line(|line| line["type"] == "sts_exchange" && line["subject"]["sub"] == name).await;
        assert_eq!(line["detail"], "AccessDenied", "{name}");
    }
}

#[tokio::test]
async fn credentials_of_the_function_that_aws_refuses_send_nobody_to_sign_in_again() {
    for code in ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"] {
        let stack = stack().await;
        let mut execution_role = stack.execution_role().unwrap();
        match code {
            "ExpiredToken" => stack.sts.registry().expire(&execution_role.identity.access_key_id),
            "InvalidClientTokenId" => stack.sts.revoke(&execution_role.identity.access_key_id),
            _ => execution_role.secret_access_key.push('x'),
        }
        let (world, _raw) = world_over(stack, &execution_role).await;
        assert_refused(world.ping().await, 502, "sts_misconfigured", code).await;
        assert_eq!(last_call(&world).outcome, Err(code.to_owned()));
        let line = world.audit_line(|line| line["type"] == "sts_exchange").await;
        assert_eq!((&line["outcome"], &line["detail"]), (&json!("error"), &json!(code)));
    }
}

#[tokio::test]
async fn a_tag_that_does_not_fit_is_refused_before_sts_is_asked() {
    let (world, raw) = world().await;
    let cases = [
        (json!({TEAM: "a,b"}), "`Team` has a character other than"),
        (json!({TEAM: "x".repeat(257)}), "`Team` has more than 256 characters"),
        (json!({TEAM: ["red"]}), "/principal_tags/… claim is not a text"),
        (
            json!({"https://aws.amazon.com/tags": {"principal_tags": {"Team": "red"}}}),
            "a list of exactly one text",
        ),
        (json!({"email": {"value": "x"}}), "the claim `email` for the session tag `Mail` is an object"),
        (json!({"groups": ["a:b", "c"]}), "`Groups` has an element with a colon"),
    ];
    for (number, (mut claims, message)) in cases.into_iter().enumerate() {
        claims["sub"] = json!(format!("user-{number}"));
        let name = claims.to_string();
        let response = world.ping_with(&world.mint(claims)).await;
        assert_eq!(response.status(), 502, "{name}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["data"]["reason"], "sts_misconfigured", "{name}");
        assert!(body["error"]["message"].as_str().unwrap().contains(message), "{name}: {body}");
    }
    assert_eq!((calls(&world), raw.received()), (Vec::new(), Vec::new()));
    let line = world.audit_line(|line| line["subject"]["sub"] == "user-0").await;
    assert_eq!((&line["reason"], &line["outcome"]), (&json!("sts_misconfigured"), &json!("error")));
}

#[tokio::test]
async fn a_roles_claim_that_leaves_the_role_out_refuses_here_too() {
    let (world, _raw) = world().await;
    let roles = "https://aws.amazon.com/roles";
    let token = world.mint(json!({roles: [S3_READ_ONLY_ROLE]}));
    assert_refused(world.ping_with(&token).await, 403, "sts_denied", "another role").await;
    assert_eq!(calls(&world), []);
    assert_eq!(world.ping_with(&world.mint(json!({roles: DEFAULT_ROLE}))).await.status(), 200);
}

#[tokio::test]
async fn without_credentials_the_gateway_does_not_start() {
    let stack = stack().await;
    let execution_role = stack.execution_role().unwrap();
    let sts = stack.sts.url();
    for missing in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let set =
            variables(&execution_role).map(|(name, value)| (name, if name == missing { "" } else { value }));
        let environment = [set.as_slice(), &[(STS_ENDPOINT_VARIABLE, &sts)]].concat();
        let port = free_port().unwrap();
        let yaml = assume_role(stack.gateway_yaml(port));
        let mut process = GatewayProcess::spawn(binary(), port, &yaml, &environment).await.unwrap();
        assert!(!process.wait(PATIENCE).await.unwrap().success(), "{missing}");
        let names_them = |log: &[String]| {
            let log = log.join("\n");
            log.contains("AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")
                && log.contains("assumeRole")
        };
        process.stderr().wait_for(names_them, PATIENCE).await.unwrap();
        assert!(!process.stderr().text().contains(&execution_role.secret_access_key));
    }
}

#[tokio::test]
async fn web_identity_stays_unsigned_whatever_the_environment_holds() {
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let execution_role = stack.execution_role().unwrap();
    let world = World::over(stack, &raw.url(), &variables(&execution_role), |yaml| yaml).await;
    assert_eq!(world.ping().await.status(), 200);
    let call = last_call(&world);
    assert_eq!((call.action.as_str(), call.signed), ("AssumeRoleWithWebIdentity", false));
}

#[tokio::test]
async fn a_busy_sts_is_retried_and_then_said_to_be_busy() {
    let (world, _raw) = world().await;
    let busy = Refusal::new(StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded");
    world.stack.sts.fail_next(2, &busy);
    assert_eq!(world.ping().await.status(), 200);
    world.stack.sts.fail_next(3, &busy);
    let response = world.ping_with(&world.mint(json!({"sub": "other"}))).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_refused(response, 503, "sts_unavailable", "three times").await;
}
