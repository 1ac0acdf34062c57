//! A driver for tests/interop: carries out the plan in its argument with rmcp's client, in the era that the plan names,
//! and prints what came of each step as one line of JSON. A step that takes longer than the limit counts as hung.

use std::{
    error::Error,
    fmt::Display,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rmcp::{
    ClientHandler, ClientServiceExt, RoleClient,
    model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam, ProtocolVersion},
    service::{ClientLifecycleMode, NotificationContext, RunningService, ServiceError},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Map, Value, json};

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let plan: Value = serde_json::from_str(&std::env::args().nth(1).ok_or("usage: rmcp PLAN")?)?;
    let text = |name: &str| plan.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut results = Map::from_iter([("calls".into(), json!([]))]);
    let progress = Progress::default();
    let mut running = None;
    let connected = step(async {
        let client =
            connect(text("url"), text("token"), text("era"), progress.clone()).await.map_err(told)?;
        let protocol = client.peer().peer_info().map(|info| info.protocol_version.to_string());
        running = Some(client);
        Ok(json!({ "protocol": protocol }))
    })
    .await;
    results.insert("connect".into(), connected.into());
    if let Some(client) = running {
        results.insert("list".into(), step(list(&client)).await.into());
        let calls = plan.get("calls").and_then(Value::as_array);
        let mut outcomes = Vec::new();
        for wanted in calls.into_iter().flatten() {
            outcomes.push(Value::from(call(&client, wanted, &progress).await));
        }
        results.insert("calls".into(), outcomes.into());
        let closed = step(async { client.cancel().await.map(|_| json!({})).map_err(told) }).await;
        results.insert("close".into(), closed.into());
    }
    println!("{}", Value::from(results));
    Ok(())
}

type Client = RunningService<RoleClient, Progress>;

async fn connect(
    url: &str,
    token: &str,
    era: &str,
    handler: Progress,
) -> Result<Client, rmcp::service::ClientInitializeError> {
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
    let transport = StreamableHttpClientTransport::from_config(config);
    let lifecycle = match era {
        "2026-07-28" => {
            ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
        }
        _ => ClientLifecycleMode::Initialize,
    };
    handler.serve_with_lifecycle(transport, lifecycle).await
}

async fn list(client: &Client) -> Result<Value, Value> {
    let tools = client.list_all_tools().await.map_err(told)?;
    Ok(json!({ "tools": tools.iter().map(|tool| tool.name.as_ref()).collect::<Vec<_>>() }))
}

async fn call(client: &Client, wanted: &Value, progress: &Progress) -> Map<String, Value> {
    let name = wanted.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let arguments = wanted.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    progress.take();
    let request = CallToolRequestParams::new(name.clone()).with_arguments(arguments);
    let mut outcome =
        step(async { client.call_tool(request).await.map(|result| shown(&result)).map_err(failed) }).await;
    let end = Instant::now();
    let arrivals = progress.take().into_iter().map(|(at, progress)| {
        let before = end.duration_since(at).as_secs_f64();
        json!({ "progress": progress.progress, "total": progress.total, "before": before })
    });
    outcome.insert("name".into(), name.into());
    outcome.insert("progress".into(), arrivals.collect());
    outcome
}

fn shown(result: &CallToolResult) -> Value {
    let texts = result.content.iter().filter_map(|block| block.as_text()).map(|block| block.text.as_str());
    json!({
        "isError": result.is_error == Some(true),
        "text": texts.collect::<String>(),
        "structured": result.structured_content,
    })
}

async fn step(action: impl Future<Output = Result<Value, Value>>) -> Map<String, Value> {
    let began = Instant::now();
    let outcome = tokio::time::timeout(LIMIT, action).await.unwrap_or_else(|_| Err(json!({ "hung": true })));
    let (ok, fields) = match outcome {
        Ok(fields) => (true, fields),
        Err(fields) => (false, fields),
    };
    let mut told = Map::from_iter([("ok".into(), ok.into())]);
    told.insert("seconds".into(), began.elapsed().as_secs_f64().into());
    if let Value::Object(fields) = fields {
        told.extend(fields);
    }
    told
}

fn failed(error: ServiceError) -> Value {
    match error {
        ServiceError::McpError(data) => {
            json!({ "error": { "type": "McpError", "message": data.message, "code": data.code.0 } })
        }
        other => told(other),
    }
}

/// What a program that uses the client can show of an error.
fn told(error: impl Display) -> Value {
    json!({ "error": { "type": "rmcp", "message": error.to_string() } })
}

/// Keeps the progress notifications with their times of arrival.
#[derive(Debug, Clone, Default)]
struct Progress(Arc<Mutex<Vec<(Instant, ProgressNotificationParam)>>>);

impl Progress {
    fn take(&self) -> Vec<(Instant, ProgressNotificationParam)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientHandler for Progress {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), params));
    }
}
