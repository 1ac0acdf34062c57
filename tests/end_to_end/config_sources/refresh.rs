//! A changed configuration gets in force; a broken one, or none, does not.

use rolecall_local::{
    faults::Fault,
    raw::{Answer, Gate, Step},
    stack::{DEFAULT_ROLE, S3_READ_ONLY_ROLE},
};
use serde_json::json;

use super::{Kind, Sourced, each_kind};
use crate::harness::{PATIENCE, pong, request};

/// A change of the role map that alice feels.
fn without_readers(yaml: &str) -> String {
    yaml.replace("claim: s3-readers", "claim: nobody")
}

impl Sourced {
    async fn role_of_alice(&self) -> String {
        let response = self.world.ping().await;
        assert_eq!(response.status(), 200);
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let line =
            self.world.audit_line(|line| line["request_id"] == id && line["type"] != "sts_exchange").await;
        line["aws"]["role_arn"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_new_role_map_is_in_force_soon_and_nobody_is_cut() {
    each_kind(|kind| async move {
        let it = Sourced::start(kind).await;
        assert_eq!(it.role_of_alice().await, S3_READ_ONLY_ROLE, "{kind:?}");
        let gate = Gate::default();
        it.raw.push(Answer::sse().send("data: 1\n\n").then(Step::Until(gate.clone())).send("data: 2\n\n"));
        let call = request(9, "tools/call", json!({"name": "t"}));
        let open = it.world.post(&it.world.token("alice"), call).send().await.unwrap();
        it.raw.always(pong());

        it.put(&without_readers(&it.yaml()));
        it.ping_until_logged(&["configuration replaced"]).await;
        assert_eq!(it.role_of_alice().await, DEFAULT_ROLE, "{kind:?}");
        let read = it.log().into_iter().find(|line| line.contains("configuration read")).unwrap();
        assert!(read.contains(&format!("{:?}", kind.name())), "{read}");

        gate.open();
        let body = tokio::time::timeout(PATIENCE, open.text()).await.unwrap().unwrap();
        assert_eq!(body, "data: 1\n\ndata: 2\n\n", "{kind:?}: a stream that was open goes on");
        it.assert_silent();
    })
    .await;
}

#[tokio::test]
async fn what_has_not_changed_is_not_read_again() {
    each_kind(|kind| async move {
        let it = Sourced::start(kind).await;
        it.ping_through_looks(2).await;
        let last = kind.service(&it.sources).calls().pop().unwrap_or_default();
        assert_eq!(last.ends_with(" 304"), kind == Kind::Object, "{kind:?}: {last}");
        if kind == Kind::Profile {
            it.sources.appconfig.end_sessions();
            it.ping_through_looks(2).await;
        }
        // The same text as a new version.
        it.put(&it.yaml());
        it.ping_through_looks(2).await;
        for nothing in ["configuration replaced", "cannot be read", "mistakes"] {
            assert_eq!(it.logged(nothing), 0, "{kind:?}: {}", it.log().join("\n"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_broken_version_is_kept_out_and_told_once_with_all_its_mistakes() {
    each_kind(|kind| async move {
        let it = Sourced::start(kind).await;
        it.put(&format!("{}typo: 1\noddity: 2\n", without_readers(&it.yaml())));
        it.ping_until_logged(&["has mistakes and is not used"]).await;
        it.ping_through_looks(2).await;
        assert_eq!(it.role_of_alice().await, S3_READ_ONLY_ROLE, "{kind:?}: the last good one stays");
        let log = it.log().join("\n");
        for mistake in ["typo: unknown key", "oddity: unknown key"] {
            let finding = |line: &&String| line.contains(mistake) && line.starts_with(&kind.name());
            assert_eq!(it.log().iter().filter(finding).count(), 1, "{kind:?}: {log}");
        }
        assert_eq!(it.logged("has mistakes"), 1, "{kind:?}: {log}");

        it.put(&without_readers(&it.yaml()));
        it.ping_until_logged(&["configuration replaced"]).await;
        assert_eq!(it.role_of_alice().await, DEFAULT_ROLE, "{kind:?}");
        it.assert_silent();
    })
    .await;
}

#[tokio::test]
async fn a_source_that_is_gone_takes_nothing_with_it() {
    each_kind(|kind| async move {
        let it = Sourced::start(kind).await;
        let service = kind.service(&it.sources);
        service.faults().set(Fault::Hangup);
        it.ping_until_logged(&["cannot be read again", &kind.name(), "cannot be reached"]).await;
        it.put(&without_readers(&it.yaml()));
        service.faults().set(Fault::None);
        service.refuse(Some(kind.access_denied()));
        it.ping_until_logged(&[
            "cannot be read again",
            &kind.name(),
            "AccessDenied",
            "allow the execution role",
        ])
        .await;
        it.ping_through_looks(2).await;
        assert_eq!(it.logged("cannot be read again"), 2, "{kind:?}: once for each reason");
        assert_eq!(it.role_of_alice().await, S3_READ_ONLY_ROLE, "{kind:?}");
        service.refuse(None);
        it.ping_until_logged(&["can be read again"]).await;
        it.ping_until_logged(&["configuration replaced"]).await;
        assert_eq!(it.role_of_alice().await, DEFAULT_ROLE, "{kind:?}");
        it.assert_silent();
    })
    .await;
}

#[tokio::test]
async fn appconfig_is_polled_in_one_session_and_no_sooner_than_it_allows() {
    let it = Sourced::start(Kind::Profile).await;
    for interval in [1, 2] {
        it.sources.appconfig.set_poll_interval(std::time::Duration::from_secs(interval));
        it.ping_through_looks(2).await;
    }
    let calls = it.sources.appconfig.service().calls();
    assert!(calls.iter().all(|call| !call.ends_with(" 400")), "{calls:?}");
    assert_eq!(
        calls.iter().filter(|call| call.starts_with("POST /configurationsessions")).count(),
        1,
        "{calls:?}"
    );
}

#[tokio::test]
async fn a_health_check_leads_to_no_look() {
    let it = Sourced::start(Kind::Parameter).await;
    let health = format!("{}/healthz", it.world.gateway.origin());
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert_eq!(it.world.http.get(&health).send().await.unwrap().status(), 200);
    }
    assert_eq!(it.sources.ssm.service().calls().len(), 1, "at start");
}

#[tokio::test]
async fn the_size_limit_follows_the_configuration() {
    let it = Sourced::start(Kind::Parameter).await;
    let token = it.world.token("alice");
    let large = || it.world.post(&token, vec![b' '; 4096]);
    assert_ne!(large().send().await.unwrap().status(), 413);
    it.put(&format!("{}limits: {{maxRequestBytes: 1024}}\n", it.yaml()));
    it.ping_until_logged(&["configuration replaced"]).await;
    assert_eq!(large().send().await.unwrap().status(), 413);
    it.put(&it.yaml());
    it.ping_until_logged(&["configuration replaced", "to=\"3\""]).await;
    assert_ne!(large().send().await.unwrap().status(), 413);
}
