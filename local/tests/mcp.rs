//! The MCP server: whom it lets in, and what real clients of both protocol eras get from it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{ToSign, credentials};
use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{CallToolRequestParams, ClientConfig, ProgressNotificationParam, ProtocolVersion},
    service::{NotificationContext, RunningService, ServiceError},
    transport::StreamableHttpClientTransport,
};
use rolecall_local::{
    http::client,
    mcp::{FAIL_CODE, Mcp, McpOptions, SESSION_ERROR},
    sts::Registry,
    verifier::Verifier,
};
use serde_json::{Value, json};

const READER: &str = "arn:aws:iam::111122223333:role/Reader";
const OTHER: &str = "arn:aws:iam::111122223333:role/Other";
const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");

async fn guarded(registry: &Registry) -> Mcp {
    let verifier = Verifier::new(registry.clone(), "us-east-1", "aws-mcp");
    let bucket_roles = vec!["Reader".into()];
    Mcp::start(McpOptions { verifier: Some(verifier), bucket_roles, ..McpOptions::default() }).await.unwrap()
}

fn initialize() -> Vec<u8> {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }).to_string().into_bytes()
}

fn tool_call(name: &str) -> Vec<u8> {
    let params = json!({ "name": name, "arguments": {}, "_meta": { "AWS_REGION": "eu-west-1" } });
    json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": params }).to_string().into_bytes()
}

#[tokio::test]
async fn only_a_true_signature_gets_in() {
    let registry = Registry::default();
    let mcp = guarded(&registry).await;
    let url = mcp.url();
    let body = initialize();
    let good = || ToSign::post(&url, &body);
    let signer = credentials(&registry, READER, "alice");
    assert_eq!(good().send(&signer, &[ACCEPT]).await.status(), 200);

    let mut wrong_secret = signer.clone();
    wrong_secret.secret_access_key = "A".repeat(40);
    let mut wrong_token = signer.clone();
    wrong_token.session_token.push('x');
    let expired = credentials(&registry, READER, "expired");
    registry.expire(&expired.identity.access_key_id);
    let revoked = credentials(&registry, READER, "revoked");
    registry.revoke(&revoked.identity.access_key_id);
    let cases = [
        ("secret", good(), &wrong_secret, "InvalidSignatureException"),
        ("session token", good(), &wrong_token, "UnrecognizedClientException"),
        ("expired", good(), &expired, "ExpiredTokenException"),
        ("revoked", good(), &revoked, "UnrecognizedClientException"),
        ("region", ToSign { region: "eu-west-1", ..good() }, &signer, "InvalidSignatureException"),
        ("service", ToSign { service: "s3", ..good() }, &signer, "InvalidSignatureException"),
        ("stale", ToSign { age: Duration::from_secs(1200), ..good() }, &signer, "InvalidSignatureException"),
    ];
    for (name, request, signer, error_type) in cases {
        let response = request.send(signer, &[ACCEPT]).await;
        assert_eq!(response.status(), 403, "{name}");
        assert_eq!(response.headers()["x-amzn-errortype"], error_type, "{name}");
        assert!(response.json::<Value>().await.unwrap()["message"].is_string(), "{name}");
        assert_eq!(mcp.calls().pop().unwrap().rejected.as_deref(), Some(error_type), "{name}");
    }
}

#[tokio::test]
async fn what_was_signed_may_not_be_changed() {
    let registry = Registry::default();
    let mcp = guarded(&registry).await;
    let (url, body) = (mcp.url(), initialize());
    let signer = credentials(&registry, READER, "alice");
    let signed = ToSign::post(&url, &body).sign(&signer);
    let send = |method: &str, url: String, body: Vec<u8>, drop: &str| {
        let mut request = client()
            .request(method.parse().unwrap(), url)
            .header("content-type", "application/json")
            .header(ACCEPT.0, ACCEPT.1)
            .body(body);
        for (name, value) in signed.iter().filter(|(name, _)| name != drop) {
            request = request.header(name, value);
        }
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(send("POST", url.clone(), body.clone(), "").await, 200, "unchanged");
    let mut longer = body.clone();
    longer.push(b' ');
    assert_eq!(send("POST", url.clone(), longer.clone(), "").await, 403, "body");
    assert_eq!(send("POST", url.clone(), longer, "x-amz-content-sha256").await, 403, "body without hash");
    assert_eq!(send("DELETE", url.clone(), body.clone(), "").await, 403, "method");
    assert_eq!(send("POST", format!("{url}/more"), body.clone(), "").await, 403, "path");
    assert_eq!(send("POST", format!("{url}?a=b"), body.clone(), "").await, 403, "query");
    assert_eq!(send("POST", url.clone(), body.clone(), "x-amz-security-token").await, 403, "no token");
    assert_eq!(send("POST", url, body, "authorization").await, 403, "no signature");
}

#[tokio::test]
async fn a_session_belongs_to_role_and_session_name() {
    let registry = Registry::default();
    let mcp = guarded(&registry).await;
    let (url, body, call) = (mcp.url(), initialize(), tool_call("whoami"));
    let owner = credentials(&registry, READER, "alice");
    let response = ToSign::post(&url, &body).send(&owner, &[ACCEPT]).await;
    let session = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let headers = [ACCEPT, ("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-11-25")];
    let ask = async |signer: &rolecall_local::sts::Credentials| {
        let response = ToSign::post(&url, &call).send(signer, &headers).await;
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    };
    let renewed = credentials(&registry, READER, "alice");
    let answer = ask(&renewed).await;
    assert!(answer.contains(&renewed.identity.access_key_id), "new credentials, same identity: {answer}");
    assert!(answer.contains("eu-west-1"), "{answer}");
    for (name, role, session_name) in [("another user", READER, "bob"), ("another role", OTHER, "alice")] {
        let answer: Value =
            serde_json::from_str(&ask(&credentials(&registry, role, session_name)).await).unwrap();
        assert_eq!(answer["error"]["code"], SESSION_ERROR, "{name}");
        assert_eq!(answer["id"], "a", "{name}");
    }
    mcp.end_sessions();
    assert!(ask(&owner).await.contains("-30001"), "an ended session is nobody's");
}

#[tokio::test]
async fn get_is_answered_as_aws_answers_it() {
    let mcp = Mcp::start(McpOptions::default()).await.unwrap();
    let response = client().get(mcp.url()).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST, DELETE");
}

#[derive(Clone, Default)]
struct Progress(Arc<Mutex<Vec<f64>>>);

impl ClientHandler for Progress {
    async fn on_progress(&self, progress: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.lock().unwrap().push(progress.progress);
    }

    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }
}

async fn connect(mcp: &Mcp, mode: ClientLifecycleMode) -> RunningService<RoleClient, Progress> {
    let transport = StreamableHttpClientTransport::from_uri(mcp.url());
    Progress::default().serve_with_lifecycle(transport, mode).await.unwrap()
}

#[tokio::test]
async fn serves_clients_of_both_eras() {
    let stateless = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    for (mode, sessions) in [(ClientLifecycleMode::Initialize, 1), (stateless, 0)] {
        let era = format!("{mode:?}");
        let mcp = Mcp::start(McpOptions::default()).await.unwrap();
        let client = connect(&mcp, mode).await;
        assert_eq!(mcp.sessions(), sessions, "{era}");
        let names: Vec<_> =
            client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name.into_owned()).collect();
        assert_eq!(names, ["whoami", "list_buckets", "count", "slow", "large", "is_error", "fail"], "{era}");
        let call = |name: &'static str, arguments: Value| {
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            client.call_tool(CallToolRequestParams::new(name).with_arguments(arguments))
        };
        call("count", json!({ "steps": 3, "delay_ms": 5 })).await.unwrap();
        assert_eq!(*client.service().0.lock().unwrap(), [1.0, 2.0, 3.0], "{era}");
        assert_eq!(call("is_error", json!({})).await.unwrap().is_error, Some(true), "{era}");
        let large = call("large", json!({ "bytes": 3_000_000 })).await.unwrap();
        assert_eq!(large.content[0].as_text().unwrap().text.len(), 3_000_000, "{era}");
        call("slow", json!({ "delay_ms": 1 })).await.unwrap();
        let Err(ServiceError::McpError(error)) = call("fail", json!({})).await else { panic!("{era}") };
        assert_eq!(error.code.0, FAIL_CODE, "{era}");
        client.cancel().await.unwrap();
    }
}
