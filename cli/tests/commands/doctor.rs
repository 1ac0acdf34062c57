//! The doctor before the real gateway with the stand-ins behind it, well and broken in one way at a time.

use std::{fs, net::TcpListener, path::PathBuf, sync::Arc, thread};

use rolecall_local::{
    gateway::{GatewayBinary, free_port},
    raw::{Answer, Raw, RawOptions},
    stack::{ADMIN_ROLE, DEFAULT_ROLE, STS_ENDPOINT_VARIABLE, Stack},
    users,
};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, sync::OnceCell};

use super::audited::GatewayProcess;
use super::harness::{Ran, rolecall, rolecall_given};

/// A gateway, what is behind it, and the runtime that they live in.
struct World {
    stack: Stack,
    gateway: GatewayProcess,
    /// The stand-ins live in it, so it goes last.
    _runtime: Runtime,
}

impl World {
    fn well() -> Self {
        Self::with(|yaml| yaml, |_| None)
    }

    /// With a changed configuration, and STS at another address where `sts` gives one.
    fn with(change: impl Fn(String) -> String, sts: impl Fn(&Stack) -> Option<String>) -> Self {
        let runtime = Runtime::new().unwrap();
        let (stack, gateway) = runtime.block_on(async {
            let stack = Stack::start().await.unwrap();
            let sts = sts(&stack).unwrap_or_else(|| stack.sts.url());
            let yaml = |port| {
                let yaml = stack.gateway_yaml(port);
                change(yaml)
            };
            let environment = [(STS_ENDPOINT_VARIABLE, sts.as_str())];
            let gateway = GatewayProcess::start(&binary().await, yaml, &environment).await.unwrap();
            (stack, gateway)
        });
        Self { stack, gateway, _runtime: runtime }
    }

    fn examined(&self, token: &str) -> Ran {
        let ran = rolecall_given(token, &["doctor", &self.gateway.url(), "--token", "-"]);
        assert!(!ran.all().contains(token), "the token is shown: {}", ran.all());
        ran
    }

    fn token(&self, user: users::User) -> String {
        self.stack.issuer.token_for(user).unwrap()
    }

    /// What a run printed, with what differs from run to run replaced.
    fn shown(&self, ran: &Ran) -> String {
        let text = ran
            .all()
            .replace(&self.gateway.origin(), "http://gateway")
            .replace(&self.stack.issuer.url(), "http://issuer");
        let text = masked(&text, "(", " ms)", "N");
        masked(&text, "(request ", ")", "ID").replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }
}

/// `text` with what stands between `before` and `after` on one line replaced, where it holds no space.
fn masked(text: &str, before: &str, after: &str, mask: &str) -> String {
    let mut pieces = text.split(before);
    let mut masked = pieces.next().unwrap().to_owned();
    for piece in pieces {
        masked.push_str(before);
        match piece.split_once(after) {
            Some((value, rest)) if !value.contains(char::is_whitespace) => {
                masked.extend([mask, after, rest]);
            }
            _ => masked.push_str(piece),
        }
    }
    masked
}

/// Built once for all tests of this process.
async fn binary() -> PathBuf {
    static BINARY: OnceCell<PathBuf> = OnceCell::const_new();
    BINARY.get_or_init(async || GatewayBinary::build().await.unwrap().path().to_owned()).await.clone()
}

/// The name of the first hop that fails, and its facts and remedy.
fn first_failure(ran: &Ran) -> (String, String) {
    assert_eq!(ran.code, 1, "{}", ran.all());
    let line = ran
        .stdout
        .lines()
        .position(|line| line.starts_with("failed "))
        .unwrap_or_else(|| panic!("{}", ran.all()));
    let mut lines = ran.stdout.lines().skip(line);
    let facts = lines.next().unwrap().strip_prefix("failed").unwrap().trim().to_owned();
    let name = facts.split([':', '(']).next().unwrap().trim().to_owned();
    (name, format!("{facts} {}", lines.next().unwrap()))
}

/// The first hop that fails is this one, and facts and remedy name this.
fn assert_fails_at(ran: &Ran, hop: &str, words: &[&str]) {
    let (name, text) = first_failure(ran);
    assert_eq!(name, hop, "{}", ran.all());
    for word in words {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

#[test]
fn a_gateway_that_is_well_passes_every_hop() {
    let world = World::well();
    let ran = world.examined(&world.token(users::ALICE));
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(world.shown(&ran));

    let ran = rolecall(&["doctor", &world.gateway.url(), "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let report = ran.json();
    let hops: Vec<&str> =
        report["hops"].as_array().unwrap().iter().map(|hop| hop["hop"].as_str().unwrap()).collect();
    assert_eq!(
        hops,
        ["health", "clock", "metadata", "challenge", "origins", "preflight", "identity provider"]
    );
}

#[test]
fn a_gateway_that_does_not_run_is_not_reached() {
    let port = free_port().unwrap();
    let ran = rolecall(&["doctor", &format!("http://127.0.0.1:{port}/mcp")]);
    assert_fails_at(&ran, "health", &["refused", "that the gateway runs"]);
    let ran = rolecall(&["doctor", &format!("https://127.0.0.1:{port}/mcp")]);
    assert_fails_at(&ran, "TLS", &["refused", "that the gateway runs"]);
}

#[test]
fn another_server_is_told_from_the_gateway() {
    let runtime = Runtime::new().unwrap();
    let raw = runtime.block_on(async {
        let raw = Raw::start(RawOptions::default()).await.unwrap();
        raw.always(Answer::json(200, "{}").header("date", "Mon, 01 Jan 2024 00:00:00 GMT"));
        raw
    });
    let ran = rolecall(&["doctor", &raw.url()]);
    assert_fails_at(&ran, "health", &["is not Rolecall's", "something else serves this host"]);
    assert!(ran.stdout.contains("AWS refuses signatures"), "the clock: {}", ran.all());
    let url = raw.url().replace("http://", "https://");
    assert_fails_at(&rolecall(&["doctor", &url]), "TLS", &["TLS"]);
}

/// A TLS server whose certificate nobody vouches for, for one connection.
fn self_signed_server() -> u16 {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        // The other side breaks off.
        let _ = connection.complete_io(&mut stream);
    });
    port
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_found() {
    let url = format!("https://localhost:{}/mcp", self_signed_server());
    let ran = rolecall(&["doctor", &url]);
    assert_fails_at(&ran, "TLS", &["the certificate is not accepted", "a public authority"]);
}

#[test]
fn a_resource_url_that_is_not_the_clients_is_found() {
    let world = World::with(
        |yaml| yaml.replace("resourceUrl: http://127.0.0.1", "resourceUrl: http://localhost"),
        |_| None,
    );
    assert_fails_at(
        &rolecall(&["doctor", &world.gateway.url()]),
        "metadata",
        &["http://localhost", "set resourceUrl"],
    );
}

#[test]
fn a_path_that_is_not_the_endpoint_is_found() {
    let world = World::well();
    let url = format!("{}/other", world.gateway.origin());
    assert_fails_at(&rolecall(&["doctor", &url]), "metadata", &["404", "the path that clients use"]);
}

#[test]
fn an_issuer_that_cannot_be_reached_is_found() {
    let port = free_port().unwrap();
    let issuer = format!("http://127.0.0.1:{port}");
    let moved = |yaml: String| {
        yaml.lines()
            .map(|line| {
                if line.starts_with("  issuer:") {
                    format!("  issuer: {issuer}\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect()
    };
    let world = World::with(moved, |_| None);
    let token = world.stack.issuer.mint(json!({ "iss": issuer })).unwrap();
    let ran = world.examined(&token);
    assert_fails_at(&ran, "identity provider", &[&issuer, "correct oidc.issuer"]);
    assert!(ran.stdout.contains("keys_unavailable (503)"), "{}", ran.all());
}

#[test]
fn a_token_that_is_none_any_more_is_found_before_the_gateway_says_so() {
    let world = World::well();
    let expired = world.stack.issuer.mint(json!({ "iat": 1_000_000_000, "exp": 1_000_003_600 })).unwrap();
    let ran = world.examined(&expired);
    assert_fails_at(&ran, "token", &["has expired", "sign in again"]);
    assert!(ran.stdout.contains("invalid_token (401)"), "{}", ran.all());
    assert_fails_at(&world.examined("opaque-token"), "token", &["not a signed JWT"]);
}

#[test]
fn a_token_for_somebody_else_fails_at_authenticate() {
    let world = World::well();
    let token = world.stack.issuer.mint(json!({ "aud": "another-api" })).unwrap();
    let ran = world.examined(&token);
    assert_fails_at(
        &ran,
        "authenticate",
        &["invalid_token (401)", "another audience", "oidc in gateway.yaml"],
    );
    insta::assert_snapshot!(world.shown(&ran));
}

#[test]
fn a_user_whom_no_mapping_names_fails_at_map_role() {
    let world =
        World::with(|yaml| yaml.replace(&format!("  fallbackRoleArn: {DEFAULT_ROLE}\n"), ""), |_| None);
    let ran = world.examined(&world.token(users::MALLORY));
    assert_fails_at(&ran, "map role", &["no_role (403)", "add a mapping"]);
}

#[test]
fn a_role_that_does_not_trust_the_user_fails_at_the_exchange() {
    let world = World::with(|yaml| yaml.replace(DEFAULT_ROLE, ADMIN_ROLE), |_| None);
    let ran = world.examined(&world.token(users::MALLORY));
    assert_fails_at(&ran, "exchange", &["sts_denied (403)", "trust policy"]);
    insta::assert_snapshot!(world.shown(&ran));
}

#[test]
fn an_sts_that_cannot_be_reached_fails_at_the_exchange() {
    let port = free_port().unwrap();
    let world = World::with(|yaml| yaml, |_| Some(format!("http://127.0.0.1:{port}")));
    let ran = world.examined(&world.token(users::ALICE));
    assert_fails_at(&ran, "exchange", &["sts_unavailable (503)", "reach STS"]);
}

#[test]
fn an_upstream_that_cannot_be_reached_fails_at_the_relay() {
    let port = free_port().unwrap();
    let moved = |yaml: String| {
        yaml.lines()
            .map(|line| {
                if line.starts_with("  url:") {
                    format!("  url: http://127.0.0.1:{port}/mcp\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect()
    };
    let world = World::with(moved, |_| None);
    let ran = world.examined(&world.token(users::ALICE));
    assert_fails_at(&ran, "relay", &["upstream_unavailable (502)", "upstream.url"]);
}

/// A server that sends the caller's token back does not get it printed.
#[test]
fn a_token_that_comes_back_is_not_shown() {
    let runtime = Runtime::new().unwrap();
    let token = "e30.e30.c2lnbmF0dXJl";
    let raw = runtime.block_on(async {
        let raw = Raw::start(RawOptions::default()).await.unwrap();
        raw.push(Answer::json(200, r#"{"status":"ok","version":"1"}"#));
        let body: Value = json!({ "error": { "message": format!("no: {token}") } });
        raw.always(Answer::json(200, body.to_string()));
        raw
    });
    let ran = rolecall_given(token, &["doctor", &raw.url(), "--token", "-"]);
    assert!(!ran.all().contains(token) && ran.all().contains("no: [token]"), "{}", ran.all());
}

#[test]
fn a_token_that_is_no_token_is_exit_code_2() {
    for text in ["", "Bearer abc", "a\nb"] {
        let ran = rolecall_given(text, &["doctor", "http://127.0.0.1:1/mcp", "--token", "-"]);
        assert_eq!(ran.code, 2, "{}", ran.all());
        assert!(ran.stderr.contains("not a token"), "{}", ran.all());
    }
}

/// The table of docs/operations.md and the doctor's know the same reasons.
#[test]
fn every_reason_has_a_remedy() {
    let operations = fs::read_to_string(super::harness::root().join("docs/operations.md")).unwrap();
    let source =
        fs::read_to_string(super::harness::root().join("cli/src/commands/doctor/reasons.rs")).unwrap();
    let reasons = operations
        .lines()
        .filter_map(|line| line.strip_prefix("| [`")?.split_once('`'))
        .map(|(reason, _)| reason);
    let mut count = 0;
    for reason in reasons {
        assert!(source.contains(&format!("\"{reason}\" =>")), "{reason} has no remedy");
        count += 1;
    }
    assert!(count > 20, "{count}");
}
