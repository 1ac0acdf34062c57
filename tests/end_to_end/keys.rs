//! The issuer's keys: they change without a restart, are fetched no oftener than needed, and outlive an outage.

use std::time::Instant;

use reqwest::Response;
use rolecall_local::{
    faults::Fault,
    issuer::{Forgery, Signature},
    raw::Raw,
    stack::Stack,
};
use serde_json::json;

use crate::{
    harness::{PATIENCE, World, ponging_upstream, reason},
    tokens::Contacts,
};

/// A gateway whose issuer was prepared first.
async fn world(prepare: impl Fn(&Stack)) -> (World, Raw) {
    let stack = Stack::start().await.unwrap();
    prepare(&stack);
    let raw = ponging_upstream(&stack).await;
    (World::over(stack, &raw.url(), &[], |yaml| yaml).await, raw)
}

/// The same, with its keys loaded.
async fn warm_world(prepare: impl Fn(&Stack)) -> (World, Raw) {
    let (world, raw) = world(prepare).await;
    assert_eq!(world.ping().await.status(), 200);
    assert_eq!(world.stack.issuer.jwks_requests(), 1, "one load at start");
    (world, raw)
}

async fn refused(response: Response) -> (u16, String) {
    (response.status().as_u16(), reason(response).await)
}

async fn assert_keys_unavailable(response: Response) {
    assert!(response.headers().contains_key("retry-after"));
    assert!(!response.headers().contains_key("www-authenticate"), "a new sign-in would not help");
    assert_eq!(refused(response).await, (503, "keys_unavailable".into()));
}

/// Pings until the gateway has its keys; a failed first load is tried again once a second.
async fn ping_until_served(world: &World) {
    let began = Instant::now();
    loop {
        let response = world.ping().await;
        if response.status() == 200 {
            return;
        }
        assert_keys_unavailable(response).await;
        assert!(began.elapsed() < PATIENCE, "the gateway has no keys yet");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_new_key_is_found_with_one_fetch_and_the_old_one_goes_on() {
    let (world, _raw) = warm_world(|_| {}).await;
    let old = world.token("bob");
    world.stack.issuer.rotate(true).unwrap();
    let new = world.token("carol");
    for token in [&new, &old, &new, &old] {
        assert_eq!(world.ping_with(token).await.status(), 200);
    }
    assert_eq!(world.stack.issuer.jwks_requests(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_ends_the_tokens_already_seen() {
    let (world, _raw) = warm_world(|_| {}).await;
    let old = world.token("alice");
    assert_eq!(world.ping_with(&old).await.status(), 200);
    world.stack.issuer.rotate(false).unwrap();
    assert_eq!(world.ping_with(&old).await.status(), 200, "nobody has told the gateway yet");
    assert_eq!(world.ping_with(&world.token("carol")).await.status(), 200);
    assert_eq!(refused(world.ping_with(&old).await).await, (401, "invalid_token".into()));
    assert_eq!(world.stack.issuer.jwks_requests(), 2);
}

#[tokio::test]
async fn unknown_keys_cause_one_fetch_however_many_tokens_name_them() {
    let (world, raw) = warm_world(|_| {}).await;
    let before = Contacts::of(&world, &raw);
    let issuer = &world.stack.issuer;
    let forge = |forgery: Forgery| issuer.forge(&forgery).unwrap();
    let mut tokens: Vec<_> = (0..20).map(|n| forge(Forgery::new().kid(&format!("unknown-{n}")))).collect();
    tokens.push(forge(Forgery::new().alg("ES256").kid("rsa-1")));
    let pings = tokens.iter().map(|token| world.ping_with(token));
    for response in futures_util::future::join_all(pings).await {
        assert_eq!(refused(response).await, (401, "invalid_token".into()));
    }
    let expected = Contacts { discovery: before.discovery + 1, jwks: before.jwks + 1, ..before };
    assert_eq!(Contacts::of(&world, &raw), expected);
}

#[tokio::test]
async fn an_issuer_that_is_down_at_start_is_found_when_it_is_back() {
    for fault in [Fault::Unavailable, Fault::Hangup] {
        let (world, raw) = world(|stack| stack.issuer.faults().set(fault)).await;
        let before = Contacts::of(&world, &raw);
        for user in ["alice", "bob"] {
            assert_keys_unavailable(world.ping_with(&world.token(user)).await).await;
        }
        assert_eq!(Contacts::of(&world, &raw), before);
        world.stack.issuer.faults().set(Fault::None);
        ping_until_served(&world).await;
    }
}

#[tokio::test]
async fn an_outage_of_the_issuer_stops_only_unknown_keys() {
    let (world, _raw) = warm_world(|_| {}).await;
    let seen = world.token("alice");
    assert_eq!(world.ping_with(&seen).await.status(), 200);
    let issuer = &world.stack.issuer;
    issuer.faults().set(Fault::Hangup);
    assert_eq!(world.ping_with(&seen).await.status(), 200);
    assert_eq!(world.ping_with(&world.token("bob")).await.status(), 200, "a new token of a known key");
    let unknown = issuer.forge(&Forgery::new().kid("unknown")).unwrap();
    assert_keys_unavailable(world.ping_with(&unknown).await).await;
    assert_eq!(world.ping_with(&seen).await.status(), 200, "the failed fetch took nothing away");
    assert_eq!(world.ping_with(&world.token("carol")).await.status(), 200);
}

#[tokio::test]
async fn keys_of_another_issuer_are_never_loaded() {
    let (world, _raw) = world(|stack| stack.issuer.claim_issuer(Some("https://evil.example"))).await;
    assert_keys_unavailable(world.ping().await).await;
    assert_eq!(world.stack.issuer.jwks_requests(), 0);
    world
        .gateway
        .stderr()
        .wait_for(|log| log.iter().any(|line| line.contains("another issuer")), PATIENCE)
        .await
        .unwrap();
    world.stack.issuer.claim_issuer(None);
    ping_until_served(&world).await;
}

#[tokio::test]
async fn malformed_keys_spoil_no_good_one() {
    let (world, _raw) = warm_world(|stack| stack.issuer.publish_malformed_keys(true)).await;
    for alg in ["RS256", "RS512", "ES256", "ES384", "ES512"] {
        let token = world.stack.issuer.forge(&Forgery::new().alg(alg)).unwrap();
        assert_eq!(world.ping_with(&token).await.status(), 200, "{alg}");
    }
}

#[tokio::test]
async fn keys_without_names_are_each_tried() {
    let (world, _raw) = world(|stack| stack.issuer.publish_kids(false)).await;
    let issuer = &world.stack.issuer;
    let forge = |signature| issuer.forge(&Forgery::new().without_kid().signature(signature)).unwrap();
    let old = forge(Signature::Good);
    assert_eq!(world.ping_with(&old).await.status(), 200);
    issuer.rotate(true).unwrap();
    for (key, token) in [("new", forge(Signature::Good)), ("old", old)] {
        assert_eq!(world.ping_with(&token).await.status(), 200, "{key}");
    }
    assert_eq!(issuer.jwks_requests(), 2);
    assert_eq!(
        refused(world.ping_with(&forge(Signature::ForeignKey)).await).await,
        (401, "invalid_token".into())
    );
}

#[tokio::test]
async fn many_first_requests_wait_for_one_load() {
    let slow = Fault::Slow(std::time::Duration::from_millis(200));
    let (world, _raw) = world(|stack| stack.issuer.faults().set(slow)).await;
    let tokens: Vec<_> = (0..30).map(|n| world.mint(json!({"sub": format!("user-{n}")}))).collect();
    let responses = futures_util::future::join_all(tokens.iter().map(|token| world.ping_with(token))).await;
    assert!(responses.iter().all(|response| response.status() == 200));
    assert_eq!((world.stack.issuer.discovery_requests(), world.stack.issuer.jwks_requests()), (1, 1));
}
