//! A real MCP client through the gateway, before the real MCP server.

use std::sync::{Arc, Mutex};

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{CallToolRequestParams, ClientConfig, ProgressNotificationParam, ProtocolVersion},
    service::{NotificationContext, RunningService, ServiceError},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use rolecall_local::mcp::FAIL_CODE;
use serde_json::{Value, json};

use crate::harness::{World, request};

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

async fn connect(
    world: &World,
    user: &str,
    mode: ClientLifecycleMode,
) -> RunningService<RoleClient, Progress> {
    let config =
        StreamableHttpClientTransportConfig::with_uri(world.gateway.url()).auth_header(world.token(user));
    Progress::default()
        .serve_with_lifecycle(StreamableHttpClientTransport::from_config(config), mode)
        .await
        .unwrap()
}

fn modes() -> [(&'static str, ClientLifecycleMode); 2] {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    [
        ("sessions", ClientLifecycleMode::Initialize),
        ("no sessions", ClientLifecycleMode::Discover { preferred_versions }),
    ]
}

#[tokio::test]
async fn clients_of_both_eras_work_as_without_a_gateway() {
    let world = World::start().await;
    for (era, mode) in modes() {
        let client = connect(&world, "alice", mode).await;
        let tools = client.list_all_tools().await.unwrap();
        assert_eq!(tools.len(), 7, "{era}");
        let call = |name: &'static str, arguments: Value| {
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            client.call_tool(CallToolRequestParams::new(name).with_arguments(arguments))
        };
        let who = call("whoami", json!({})).await.unwrap().structured_content.unwrap();
        assert_eq!(who["roleArn"], "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole", "{era}");
        assert_eq!(who["awsRegion"], "us-west-2", "{era}: the configured _meta entry");
        call("count", json!({"steps": 3, "delay_ms": 5})).await.unwrap();
        assert_eq!(*client.service().0.lock().unwrap(), [1.0, 2.0, 3.0], "{era}");
        assert_eq!(call("is_error", json!({})).await.unwrap().is_error, Some(true), "{era}");
        let large = call("large", json!({"bytes": 3_000_000})).await.unwrap();
        assert_eq!(large.content[0].as_text().unwrap().text.len(), 3_000_000, "{era}");
        let Err(ServiceError::McpError(error)) = call("fail", json!({})).await else { panic!("{era}") };
        assert_eq!(error.code.0, FAIL_CODE, "{era}");
        client.cancel().await.unwrap();
        assert_eq!(world.stack.mcp.sessions(), 0, "{era}: closing ends the session");
    }
    assert!(world.stack.mcp.calls().iter().all(|call| call.rejected.is_none()));
}

#[tokio::test]
async fn users_at_the_same_time_keep_their_own_roles() {
    let world = World::start().await;
    let mut clients = Vec::new();
    for user in ["alice", "bob", "carol"] {
        clients.push((user, connect(&world, user, ClientLifecycleMode::Initialize).await));
    }
    for _ in 0..3 {
        for (user, client) in &clients {
            let who = client.call_tool(CallToolRequestParams::new("whoami")).await.unwrap();
            let session = who.structured_content.unwrap()["sessionName"].clone();
            assert_eq!(session, format!("{user}@example.com"));
        }
    }
    assert_eq!(world.stack.sts.calls().len(), 3);
}

#[tokio::test]
async fn a_session_of_somebody_else_is_not_found() {
    let world = World::start().await;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let opened = world.post(&world.token("alice"), request(1, "initialize", params)).send().await.unwrap();
    let session = opened.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let list = async |user: &str| {
        let request = world.post(&world.token(user), request(2, "tools/list", json!({})));
        let request = request.header("mcp-session-id", &session).header("mcp-protocol-version", "2025-11-25");
        request.send().await.unwrap()
    };
    let refused = list("bob").await;
    assert_eq!(refused.status(), 404);
    let body: Value = refused.json().await.unwrap();
    assert_eq!((&body["id"], &body["error"]["code"]), (&json!(2), &json!(-30001)));
    assert_eq!(list("alice").await.status(), 200);
    world.stack.mcp.end_sessions();
    assert_eq!(list("alice").await.status(), 404);
}

#[tokio::test]
async fn a_client_whose_session_ended_opens_another_by_itself() {
    let world = World::start().await;
    let client = connect(&world, "alice", ClientLifecycleMode::Initialize).await;
    world.stack.mcp.end_sessions();
    assert_eq!(client.list_all_tools().await.unwrap().len(), 7);
}
