//! Station *exchange* from outside: how often STS is asked, whose credentials serve whom, and what becomes of a refusal.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::StatusCode;
use reqwest::Response;
use rolecall_local::{
    faults::Fault,
    raw::{Answer, Raw},
    stack::{S3_READ_ONLY_ROLE, Stack},
    sts::Refusal,
};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, World, now, pong, ponging_upstream, reason};

/// Long enough for a hundred requests to arrive while STS thinks.
const SLOW: Fault = Fault::Slow(Duration::from_millis(500));

async fn world() -> (World, Raw) {
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    (World::over(stack, &raw.url(), &[], |yaml| yaml).await, raw)
}

fn sts_calls(world: &World) -> usize {
    world.stack.sts.calls().len()
}

async fn ping_all(world: &World, tokens: &[String]) -> Vec<Response> {
    join_all(tokens.iter().map(|token| world.ping_with(token))).await
}

#[tokio::test]
async fn one_call_to_sts_serves_a_hundred_requests_one_after_another() {
    let (world, raw) = world().await;
    let token = world.token("alice");
    for _ in 0..100 {
        assert_eq!(world.ping_with(&token).await.status(), 200);
    }
    assert_eq!((sts_calls(&world), raw.received().len()), (1, 100));
}

#[tokio::test]
async fn one_call_to_sts_serves_a_hundred_requests_at_once() {
    let (world, raw) = world().await;
    world.stack.sts.faults().set(SLOW);
    let responses = ping_all(&world, &vec![world.token("alice"); 100]).await;
    assert!(responses.iter().all(|response| response.status() == 200));
    assert_eq!((sts_calls(&world), raw.received().len()), (1, 100));
}

#[tokio::test]
async fn a_hundred_requests_at_once_fail_with_one_refusal() {
    let (world, raw) = world().await;
    world.stack.sts.faults().set(SLOW);
    world.stack.sts.fail_next(1, &Refusal::new(StatusCode::FORBIDDEN, "AccessDenied", "Not authorized"));
    let responses = ping_all(&world, &vec![world.token("alice"); 100]).await;
    assert!(responses.iter().all(|response| response.status() == 403));
    assert_eq!((sts_calls(&world), raw.received().len()), (1, 0));
    assert_eq!(world.ping().await.status(), 200, "a refusal is not kept");
}

#[tokio::test]
async fn a_refused_token_does_not_spoil_a_better_one_of_the_same_user() {
    let (world, _raw) = world().await;
    world.stack.sts.faults().set(SLOW);
    world
        .stack
        .sts
        .fail_next(1, &Refusal::new(StatusCode::BAD_REQUEST, "ExpiredTokenException", "Token expired"));
    let tokens = [now() + 600, now() + 7200].map(|exp| world.mint(json!({"sub": "ann", "exp": exp})));
    let mut statuses: Vec<_> =
        ping_all(&world, &tokens).await.iter().map(|response| response.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(sts_calls(&world), 2);
}

#[tokio::test]
async fn users_never_share_credentials() {
    let (world, raw) = world().await;
    let ambiguous = ["ann", "Ann", "ann ", "ann@example.com", "a/nn", "a-nn"];
    let tokens = ambiguous.map(|sub| world.mint(json!({"sub": sub, "groups": []})));
    for _ in 0..2 {
        for token in &tokens {
            assert_eq!(world.ping_with(token).await.status(), 200);
        }
    }
    let calls = world.stack.sts.calls();
    assert_eq!(calls.iter().map(|call| call.subject.as_deref().unwrap()).collect::<Vec<_>>(), ambiguous);
    for (index, received) in raw.received().iter().enumerate() {
        let call = &calls[index % ambiguous.len()];
        let identity = received.identity.as_ref().unwrap();
        assert_eq!(Ok(&identity.access_key_id), call.outcome.as_ref(), "{:?}", call.subject);
        assert_eq!(identity.session_name, call.session_name);
    }
}

#[tokio::test]
async fn two_users_of_one_session_name_never_share_credentials() {
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let by_email = |yaml: String| yaml.replace("sessionNameClaim: sub", "sessionNameClaim: email");
    let world = World::over(stack, &raw.url(), &[], by_email).await;
    for sub in ["ann", "bea"] {
        assert_eq!(
            world.ping_with(&world.mint(json!({"sub": sub, "email": "team@example.com"}))).await.status(),
            200
        );
    }
    let calls = world.stack.sts.calls();
    let seen: Vec<_> =
        calls.iter().map(|call| (call.subject.as_deref(), call.session_name.as_str())).collect();
    assert_eq!(seen, [(Some("ann"), "team@example.com"), (Some("bea"), "team@example.com")]);
}

#[tokio::test]
async fn tokens_of_one_user_share_credentials_unless_the_session_would_differ() {
    let (world, _raw) = world().await;
    let tags = |team: &str| json!({"principal_tags": {"Team": [team]}});
    let flat_tag = "https://aws.amazon.com/tags/principal_tags/Team";
    let roles = "https://aws.amazon.com/roles";
    let cases = [
        ("the first token", json!({}), 1),
        ("a later token", json!({"iat": now() - 60, "jti": "2"}), 0),
        ("other ordinary claims", json!({"email": "x@example.com", "groups": ["developers"]}), 0),
        ("a group that gives another role", json!({"groups": ["s3-readers"]}), 1),
        ("that group once more", json!({"groups": ["s3-readers"], "jti": "3"}), 0),
        ("a session tag", json!({"https://aws.amazon.com/tags": tags("red")}), 1),
        ("the same tag", json!({"https://aws.amazon.com/tags": tags("red"), "jti": "4"}), 0),
        ("another value of it", json!({"https://aws.amazon.com/tags": tags("blue")}), 1),
        ("a flat tag", json!({flat_tag: "red"}), 1),
        ("another flat tag", json!({flat_tag: "blue"}), 1),
        ("a list of roles", json!({roles: [S3_READ_ONLY_ROLE], "groups": ["s3-readers"]}), 1),
        ("the first again", json!({"jti": "5"}), 0),
    ];
    for (name, mut claims, calls) in cases {
        claims["sub"] = json!("ann");
        let before = sts_calls(&world);
        assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200, "{name}");
        assert_eq!(sts_calls(&world) - before, calls, "{name}");
    }
}

#[tokio::test]
async fn every_refusal_of_sts_says_who_must_act() {
    let (world, raw) = world().await;
    let denied = (403, "sts_denied");
    let rejected = (401, "sts_token_rejected");
    let misconfigured = (502, "sts_misconfigured");
    let unavailable = (503, "sts_unavailable");
    let unknown_provider = "No OpenIDConnect provider found in your account for https://dev-1.okta.com";
    let no_key = "Couldn't retrieve verification key from your identity provider,  please reference \
                  AssumeRoleWithWebIdentity documentation for requirements";
    let not_listed = "The target role ARN is not present in the roles claim of the identity token";
    let too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    let cases = [
        (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", denied, 1),
        (400, "InvalidIdentityToken", not_listed, denied, 1),
        (400, "ExpiredTokenException", "Token expired: current date/time 2 must be before 1", rejected, 1),
        (400, "InvalidIdentityToken", "The identity token's signature is invalid", rejected, 1),
        (400, "InvalidIdentityToken", "Invalid value for claim: exp", rejected, 1),
        (403, "IDPRejectedClaim", "The provider has rejected the claim", rejected, 1),
        (400, "InvalidIdentityToken", "Incorrect token audience", misconfigured, 1),
        (400, "InvalidIdentityToken", unknown_provider, misconfigured, 1),
        (400, "InvalidIdentityToken", "Missing a required claim: iat", misconfigured, 1),
        (400, "InvalidIdentityToken", no_key, misconfigured, 2),
        (400, "ValidationError", too_long, misconfigured, 1),
        (400, "MalformedPolicyDocument", "Syntax errors in policy.", misconfigured, 1),
        (400, "PackedPolicyTooLarge", "Packed policy consumes 120% of allotted space", misconfigured, 1),
        (403, "RegionDisabledException", "STS is not activated in this region", misconfigured, 1),
        (400, "NeverHeardOf", "", misconfigured, 1),
        (400, "IDPCommunicationError", "An error occurred while calling the provider", unavailable, 3),
        (400, "Throttling", "Rate exceeded", unavailable, 3),
        (400, "ThrottlingException", "Rate exceeded", unavailable, 3),
        (503, "ServiceUnavailable", "", unavailable, 3),
        (500, "InternalFailure", "", unavailable, 3),
    ];
    for (number, (status, code, message, (expected, reason), calls)) in cases.into_iter().enumerate() {
        let name = format!("{code}: {message}");
        let sub = format!("user-{number}");
        let before = sts_calls(&world);
        let refusal = Refusal::new(StatusCode::from_u16(status).unwrap(), code, message);
        world.stack.sts.fail_next(calls, &refusal);
        let response = world.ping_with(&world.mint(json!({"sub": sub}))).await;
        assert_eq!(response.status(), expected, "{name}");
        let challenged =
            response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(challenged.is_some(), expected == 401, "{name}");
        assert!(
            challenged.is_none_or(|text| text.contains(r#", error="invalid_token", error_description=""#))
        );
        assert_eq!(response.headers().contains_key("retry-after"), expected == 503, "{name}");
        let body: Value = response.json().await.unwrap();
        if expected >= 500 {
            assert_eq!(
                (&body["id"], &body["error"]["data"]["reason"]),
                (&json!(1), &json!(reason)),
                "{name}"
            );
        } else {
            assert_eq!((body.get("id"), &body["error"]), (None, &json!(reason)), "{name}");
        }
        assert!(message.is_empty() || !body.to_string().contains(message), "{name}: not the library's text");
        assert_eq!(sts_calls(&world) - before, calls, "{name}");
        let line =
            world.audit_line(|line| line["type"] == "sts_exchange" && line["subject"]["sub"] == sub).await;
        assert_eq!((&line["reason"], &line["detail"]), (&json!(reason), &json!(code)), "{name}");
    }
    assert_eq!(raw.received(), []);
}

#[tokio::test]
async fn a_passing_failure_of_sts_is_not_seen_by_the_client() {
    let (world, _raw) = world().await;
    let no_key = "Couldn't retrieve verification key from your identity provider";
    let cases = [
        (400, "IDPCommunicationError", "", 2),
        (400, "Throttling", "", 2),
        (400, "InvalidIdentityToken", no_key, 1),
    ];
    for (number, (status, code, message, failures)) in cases.into_iter().enumerate() {
        let before = sts_calls(&world);
        let refusal = Refusal::new(StatusCode::from_u16(status).unwrap(), code, message);
        world.stack.sts.fail_next(failures, &refusal);
        let token = world.mint(json!({"sub": format!("user-{number}")}));
        assert_eq!(world.ping_with(&token).await.status(), 200, "{code}");
        assert_eq!(sts_calls(&world) - before, failures + 1, "{code}");
    }
}

/// STS names an end in whole seconds, up to one before the real end: what is obtained now has half a second between.
async fn until_mid_second() {
    let part = u64::from(std::time::UNIX_EPOCH.elapsed().unwrap().subsec_millis());
    tokio::time::sleep(Duration::from_millis((1500 - part) % 1000)).await;
}

#[tokio::test]
async fn cached_credentials_serve_through_an_outage_of_sts_until_they_end() {
    let (world, raw) = world().await;
    let lifetime = Duration::from_secs(4);
    world.stack.sts.set_credentials_lifetime(Some(lifetime));
    until_mid_second().await;
    assert_eq!(world.ping().await.status(), 200);
    let obtained = Instant::now();
    world.stack.sts.faults().set(Fault::Unavailable);
    let mut served = 0;
    let refused = loop {
        let response = world.ping().await;
        if response.status() != 200 {
            break response;
        }
        served += 1;
        assert!(obtained.elapsed() < PATIENCE, "the credentials never end");
    };
    assert!(served > 0, "credentials due for renewal are still valid");
    assert!(obtained.elapsed() + Duration::from_secs(1) > lifetime, "refused after {:?}", obtained.elapsed());
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (503, true));
    assert_eq!(reason(refused).await, "sts_unavailable");
    assert!(
        raw.received().iter().all(|received| received.rejected.is_none()),
        "ended credentials are never used"
    );
    world.stack.sts.faults().set(Fault::None);
    assert_eq!(world.ping().await.status(), 200, "and it recovers by itself");
}

#[tokio::test]
async fn credentials_that_end_while_sts_is_asked_are_not_used() {
    let (world, raw) = world().await;
    world.stack.sts.set_credentials_lifetime(Some(Duration::from_secs(2)));
    until_mid_second().await;
    assert_eq!(world.ping().await.status(), 200);
    // Three attempts outlast what is left of the credentials.
    world.stack.sts.faults().set(Fault::Slow(Duration::from_millis(700)));
    world.stack.sts.fail_next(3, &Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", ""));
    assert_eq!(reason(world.ping().await).await, "sts_unavailable");
    assert_eq!((sts_calls(&world), raw.received().len()), (4, 1));
}

#[tokio::test]
async fn credentials_end_with_the_token_they_came_from() {
    let (world, _raw) = world().await;
    // Still accepted within the clock skew, but what it gives must not outlive it.
    for (name, exp, calls) in [("good for long", now() + 3600, 1), ("just ended", now() - 5, 3)] {
        let before = sts_calls(&world);
        let token = world.mint(json!({"sub": name, "exp": exp}));
        for _ in 0..3 {
            assert_eq!(world.ping_with(&token).await.status(), 200, "{name}");
        }
        assert_eq!(sts_calls(&world) - before, calls, "{name}");
    }
}

#[tokio::test]
async fn a_roles_claim_that_leaves_the_role_out_refuses_before_sts_is_asked() {
    let (world, _raw) = world().await;
    let claim = |value: Value| json!({"groups": ["s3-readers"], "https://aws.amazon.com/roles": value});
    let other = "arn:aws:iam::111122223333:role/OtherRole";
    for value in [
        json!(other),
        json!([other]),
        json!([]),
        json!(""),
        json!(7),
        json!(null),
        json!({S3_READ_ONLY_ROLE: 1}),
    ] {
        let name = value.to_string();
        let response = world.ping_with(&world.mint(claim(value))).await;
        assert_eq!(
            (response.status().as_u16(), response.headers().get("www-authenticate")),
            (403, None),
            "{name}"
        );
        assert_eq!(reason(response).await, "sts_denied", "{name}");
    }
    assert_eq!(sts_calls(&world), 0);
    for value in [
        json!(S3_READ_ONLY_ROLE),
        json!([other, S3_READ_ONLY_ROLE]),
        json!(format!("{other};{S3_READ_ONLY_ROLE}")),
    ] {
        assert_eq!(world.ping_with(&world.mint(claim(value.clone()))).await.status(), 200, "{value}");
    }
}

#[tokio::test]
async fn credentials_that_aws_ended_early_are_replaced_once() {
    let (world, raw) = world().await;
    assert_eq!(world.ping().await.status(), 200);
    world.stack.sts.registry().expire_all();
    assert_eq!(world.ping().await.status(), 200);
    let outcomes: Vec<_> = raw.received().into_iter().map(|received| received.rejected).collect();
    assert_eq!(outcomes, [None, Some("ExpiredTokenException".into()), None]);
    assert_eq!(sts_calls(&world), 2);
    assert_eq!(world.ping().await.status(), 200);
    assert_eq!(sts_calls(&world), 2, "the new ones are kept");
}

#[tokio::test]
async fn a_hundred_requests_with_ended_credentials_make_one_new_exchange() {
    let (world, _raw) = world().await;
    assert_eq!(world.ping().await.status(), 200);
    world.stack.sts.registry().expire_all();
    world.stack.sts.faults().set(SLOW);
    let responses = ping_all(&world, &vec![world.token("alice"); 100]).await;
    assert!(responses.iter().all(|response| response.status() == 200));
    assert_eq!(sts_calls(&world), 2);
}

#[tokio::test]
async fn credentials_refused_twice_are_the_operators_matter() {
    let (world, raw) = world().await;
    for error in ["ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"] {
        let before = (sts_calls(&world), raw.received().len());
        raw.always(Answer::aws_error(error));
        let response = world.ping_with(&world.mint(json!({"sub": error}))).await;
        assert_eq!(
            (response.status().as_u16(), response.headers().get("www-authenticate")),
            (502, None),
            "{error}"
        );
        assert_eq!(reason(response).await, "upstream_rejected_credentials", "{error}");
        assert_eq!((sts_calls(&world) - before.0, raw.received().len() - before.1), (2, 2), "{error}");
        raw.always(pong());
        assert_eq!(world.ping_with(&world.mint(json!({"sub": error}))).await.status(), 200, "{error}");
    }
}
