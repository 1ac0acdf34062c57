//! Station *map role* from outside: what the running gateway asks of STS, and what reaches the MCP server of it.

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::Response;
use rolecall_local::{
    issuer::DEFAULT_AUDIENCE,
    raw::Raw,
    stack::{ADMIN_ROLE, DEFAULT_ROLE, Stack},
    sts::{Role, StsCall},
};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, World, ponging_upstream, reason, request};

const NARROW_ROLE: &str = "arn:aws:iam::111122223333:role/team/NarrowRole";

/// A gateway with this `awsSts` section (region and service are added), before an upstream that answers pings.
async fn world(aws_sts: &str) -> (World, Raw) {
    let stack = Stack::start().await.unwrap();
    for arn in [NARROW_ROLE, ADMIN_ROLE, DEFAULT_ROLE] {
        stack.sts.put_role(Role::trusting(arn, DEFAULT_AUDIENCE));
    }
    let raw = ponging_upstream(&stack).await;
    let section = format!("awsSts:\n  region: us-east-1\n  service: aws-mcp\n{aws_sts}\n");
    let change = |yaml: String| {
        let (before, rest) = yaml.split_once("awsSts:").unwrap();
        let (_, after) = rest.split_once("upstream:").unwrap();
        format!("{before}{section}upstream:{after}")
    };
    (World::over(stack, &raw.url(), &[], change).await, raw)
}

fn last_call(world: &World) -> StsCall {
    world.stack.sts.calls().last().cloned().unwrap()
}

/// 403 with this reason, no challenge, and nobody asked.
async fn assert_refused(world: &World, response: Response, expected: &str, name: &str) {
    assert_eq!(response.status(), 403, "{name}");
    assert!(!response.headers().contains_key("www-authenticate"), "{name}: a new sign-in would not help");
    assert_eq!(reason(response).await, expected, "{name}");
    assert_eq!(world.stack.sts.calls(), [], "{name}");
}

#[tokio::test]
async fn without_a_match_or_a_fallback_there_is_no_role() {
    let (world, raw) =
        world(&format!("  roleMappings:\n    - {{claim: admins, roleArn: '{ADMIN_ROLE}'}}")).await;
    let no_role = [
        json!({}),
        json!({"groups": null}),
        json!({"groups": []}),
        json!({"groups": "admin"}),
        json!({"groups": ["Admins", "admins ", "admins,other", 7, ["admins"]]}),
        json!({"roles": ["admins"]}),
    ];
    for claims in no_role {
        let name = claims.to_string();
        assert_refused(&world, world.ping_with(&world.mint(claims)).await, "no_role", &name).await;
    }
    for groups in [json!({"admins": true}), json!(7), json!(true)] {
        let name = groups.to_string();
        let response = world.ping_with(&world.mint(json!({"groups": groups}))).await;
        assert_refused(&world, response, "role_claim_invalid", &name).await;
    }
    assert_eq!(raw.received(), []);
    let line = world.audit_line(|line| line["reason"] == "role_claim_invalid").await;
    assert_eq!((&line["type"], &line["outcome"]), (&json!("role_denied"), &json!("denied")));
    assert_eq!(world.ping_with(&world.mint(json!({"groups": ["admins"]}))).await.status(), 200);
}

#[tokio::test]
async fn a_role_claim_that_cannot_be_read_is_never_the_fallback() {
    let section = format!(
        "  fallbackRoleArn: {DEFAULT_ROLE}\n  roleMappings:\n    - {{matcher: 'claims[\"org\"] == \"it\"', roleArn: '{ADMIN_ROLE}'}}"
    );
    let (world, _raw) = world(&section).await;
    let unreadable = json!({"groups": {"admins": true}});
    assert_refused(&world, world.ping_with(&world.mint(unreadable)).await, "role_claim_invalid", "object")
        .await;
    let cases = [
        ("nothing matches", json!({"groups": ["developers"]}), DEFAULT_ROLE),
        ("no groups at all", json!({}), DEFAULT_ROLE),
        ("a mapping truly matches", json!({"groups": {"x": 1}, "org": "it"}), ADMIN_ROLE),
    ];
    for (name, mut claims, role) in cases {
        claims["sub"] = json!(name);
        assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200, "{name}");
        assert_eq!(last_call(&world).role_arn, role, "{name}");
    }
}

#[tokio::test]
async fn priorities_decide_among_the_mappings_that_match() {
    let section = format!(
        r#"  roleClaim: realm_access.roles
  fallbackRoleArn: {DEFAULT_ROLE}
  roleMappings:
    - {{claim: a, roleArn: '{DEFAULT_ROLE}'}}
    - {{claim: b, roleArn: '{NARROW_ROLE}', priority: 10}}
    - {{matcher: '"c" in claims["realm_access"]["roles"]', roleArn: '{ADMIN_ROLE}', priority: 10}}"#
    );
    let (world, _raw) = world(&section).await;
    let cases = [
        (json!(["a"]), DEFAULT_ROLE, "0"),
        (json!(["a", "b"]), NARROW_ROLE, "1"),
        (json!(["c", "b", "a"]), NARROW_ROLE, "1"),
        (json!(["a", "c"]), ADMIN_ROLE, "2"),
        (json!(["d"]), DEFAULT_ROLE, "fallback"),
    ];
    for (roles, role, mapping) in cases {
        let sub = roles.to_string();
        let claims = json!({"sub": sub, "realm_access": {"roles": roles}});
        assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200, "{sub}");
        assert_eq!(last_call(&world).role_arn, role, "{sub}");
        let line = world.audit_line(|line| line["type"] == "mcp_ping" && line["subject"]["sub"] == sub).await;
        assert_eq!(line["aws"]["mapping"], mapping, "{line:#}");
    }
}

#[tokio::test]
async fn a_failing_matcher_is_logged_once_with_its_index() {
    let section = format!(
        r#"  fallbackRoleArn: {DEFAULT_ROLE}
  roleMappings:
    - {{claim: nobody, roleArn: '{ADMIN_ROLE}'}}
    - {{matcher: 'claims["absent"] == "x"', roleArn: '{ADMIN_ROLE}'}}"#
    );
    let (world, _raw) = world(&section).await;
    for sub in ["one", "two", "three"] {
        let response =
            world.ping_with(&world.mint(json!({"sub": sub, "email": "private@example.com"}))).await;
        assert_eq!(response.status(), 200, "no match is no failure");
    }
    assert_eq!(last_call(&world).role_arn, DEFAULT_ROLE);
    let is_about_matcher = |line: &String| line.contains("matcher");
    let log =
        world.gateway.stderr().wait_for(|log| log.iter().any(is_about_matcher), PATIENCE).await.unwrap();
    let lines: Vec<_> = log.iter().filter(|line| is_about_matcher(line)).collect();
    assert!(matches!(lines.as_slice(), [line] if line.contains("mapping=1")), "{lines:?}");
    assert!(!world.gateway.stderr().text().contains("private@example.com"));
}

#[tokio::test]
async fn session_names_are_valid_stable_and_told_apart() {
    let (world, _raw) = world(&format!("  fallbackRoleArn: {DEFAULT_ROLE}\n  sessionNameClaim: email")).await;
    let hashed = |slug: &str, value: &str| {
        let hash: String =
            digest(&SHA256, value.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
        format!("{slug}-{}", &hash[..20])
    };
    let long = "x".repeat(200);
    let cases = [
        (json!({"sub": "ann@example.com"}), "ann@example.com".to_owned()),
        (json!({"sub": "s1", "email": "bea@example.com"}), "bea@example.com".to_owned()),
        (json!({"sub": "auth0|5f7c8ec7c33c"}), hashed("auth0-5f7c8ec7c33c", "auth0|5f7c8ec7c33c")),
        (json!({"sub": "auth0-5f7c8ec7c33c"}), "auth0-5f7c8ec7c33c".to_owned()),
        (json!({"sub": "x"}), hashed("x", "x")),
        (json!({"sub": "山田 太郎"}), hashed("user", "山田 太郎")),
        (json!({"sub": "a/../b:c*"}), hashed("a-..-b-c", "a/../b:c*")),
        (json!({"sub": "Zoë"}), hashed("Zo", "Zoë")),
        (json!({"sub": long}), hashed(&long[..43], &long)),
        (json!({"sub": hashed("x", "x")}), hashed(&hashed("x", "x"), &hashed("x", "x"))),
        (json!({"sub": "s2", "email": ["no", "text"]}), "s2".to_owned()),
        (json!({"sub": "s3", "email": ""}), "s3".to_owned()),
    ];
    for (claims, expected) in cases {
        let name = claims.to_string();
        assert_eq!(world.ping_with(&world.mint(claims)).await.status(), 200, "{name}");
        assert_eq!(last_call(&world).session_name, expected, "{name}");
    }
}

#[tokio::test]
async fn what_a_mapping_says_of_its_sessions_reaches_sts() {
    let section = format!(
        r#"  sessionDuration: 1800
  fallbackRoleArn: {DEFAULT_ROLE}
  roleMappings:
    - claim: narrow
      roleArn: {NARROW_ROLE}
      sessionDuration: 900
      policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::111122223333:policy/Own']
      sessionPolicy: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "s3:Get*", Resource: "*"}}]}}"#
    );
    let (world, _raw) = world(&section).await;
    assert_eq!(world.ping_with(&world.mint(json!({"groups": ["narrow"]}))).await.status(), 200);
    let call = last_call(&world);
    assert_eq!((call.role_arn.as_str(), call.duration.as_deref()), (NARROW_ROLE, Some("900")));
    let arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::111122223333:policy/Own"];
    assert_eq!(call.policy_arns, arns);
    let policy: Value = serde_json::from_str(&call.policy.unwrap()).unwrap();
    let statement = json!([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]);
    assert_eq!(policy, json!({"Version": "2012-10-17", "Statement": statement}));
    assert!(!call.signed, "the exchange needs no AWS credentials");

    assert_eq!(world.ping_with(&world.mint(json!({"groups": []}))).await.status(), 200);
    let call = last_call(&world);
    assert_eq!((call.role_arn.as_str(), call.duration.as_deref()), (DEFAULT_ROLE, Some("1800")));
    assert_eq!((call.policy_arns.as_slice(), call.policy), ([].as_slice(), None));
}

#[tokio::test]
async fn the_region_of_a_mapping_reaches_the_server_unless_the_client_says_otherwise() {
    let section = format!(
        "  fallbackRoleArn: {DEFAULT_ROLE}\n  roleMappings:\n    - {{claim: eu, roleArn: '{NARROW_ROLE}', awsRegion: eu-central-1}}"
    );
    let (world, raw) = world(&section).await;
    let cases = [
        ("eu", json!({}), json!({"AWS_REGION": "eu-central-1"})),
        ("us", json!({}), json!({"AWS_REGION": "us-west-2"})),
        ("eu", json!({"AWS_REGION": "ap-southeast-1"}), json!({"AWS_REGION": "ap-southeast-1"})),
        ("us", json!({"AWS_REGION": null}), json!({"AWS_REGION": null})),
        ("eu", json!({"progressToken": 7}), json!({"progressToken": 7, "AWS_REGION": "eu-central-1"})),
    ];
    for (group, sent, expected) in cases {
        let name = format!("{group} {sent}");
        let params = json!({"name": "t", "_meta": sent});
        let params = if sent == json!({}) { json!({"name": "t"}) } else { params };
        let token = world.mint(json!({"groups": [group]}));
        let response = world.post(&token, request(1, "tools/call", params)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{name}");
        let body: Value = serde_json::from_slice(&raw.received().last().unwrap().body).unwrap();
        assert_eq!(body["params"]["_meta"], expected, "{name}");
        assert_eq!(body["params"]["name"], "t", "{name}");
    }
}
