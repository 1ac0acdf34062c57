//! What a replacement leaves alone: keys and role sessions that the new configuration means as well.

use rolecall_local::faults::Fault;

use super::{Kind, Sourced};

#[tokio::test]
async fn keys_and_sessions_outlive_a_replacement() {
    let it = Sourced::start(Kind::Object).await;
    assert_eq!(it.world.ping().await.status(), 200);
    let exchanges = it.world.stack.sts.calls().len();
    it.world.stack.issuer.faults().set(Fault::Hangup);
    it.put(&it.yaml().replace("sessionNameClaim: sub\n", "sessionNameClaim: sub\n  # a remark\n"));
    it.ping_until_logged(&["configuration replaced"]).await;
    assert_eq!(it.world.ping().await.status(), 200);
    assert_eq!(it.world.stack.sts.calls().len(), exchanges, "alice's session serves on");
    let new_token = it.world.token("bob");
    assert_eq!(
        it.world.ping_with(&new_token).await.status(),
        200,
        "the keys are still here, their issuer is not"
    );
    assert_eq!(it.world.stack.issuer.jwks_requests(), 1);
}

#[tokio::test]
async fn another_audience_ends_the_tokens_already_seen() {
    let it = Sourced::start(Kind::Object).await;
    assert_eq!(it.world.ping().await.status(), 200);
    let token = it.world.token("alice");
    it.put(&it.yaml().replace("sessionNameClaim: sub\n", "sessionNameClaim: sub\n  # a remark\n"));
    it.ping_until_logged(&["configuration replaced"]).await;
    let strict = it.yaml();
    let audience = strict.lines().find(|line| line.contains("audience:")).unwrap();
    it.put(&strict.replace(audience, "  audience: somebody-else"));
    let began = std::time::Instant::now();
    while it.world.ping_with(&token).await.status() != 401 {
        assert!(began.elapsed() < crate::harness::PATIENCE, "the old audience is still good");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn another_key_address_is_asked_for_its_keys() {
    let it = Sourced::start(Kind::Object).await;
    assert_eq!(it.world.ping().await.status(), 200);
    let issuer = it.world.stack.issuer.url();
    it.put(
        &it.yaml().replace(
            &format!("issuer: {issuer}\n"),
            &format!("issuer: {issuer}\n  jwksUrl: {issuer}/jwks\n"),
        ),
    );
    it.ping_until_logged(&["configuration replaced"]).await;
    assert_eq!(it.world.ping().await.status(), 200);
    assert_eq!(it.world.stack.issuer.jwks_requests(), 2);
}
