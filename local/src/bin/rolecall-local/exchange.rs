//! One user's MCP exchange with the gateway, by a real client, or an attempt without a token.
//! It reports what the client saw and judges nothing.

use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, CallToolResult, ClientConfig},
    service::RunningService,
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use rolecall_local::http;
use serde_json::{Value, json};

/// What a client saw.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) tools: usize,
    pub(crate) whoami: Value,
    pub(crate) buckets: ToolAnswer,
}

#[derive(Debug)]
pub(crate) struct ToolAnswer {
    pub(crate) is_error: bool,
    pub(crate) text: String,
}

/// What a client without a token saw.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) challenge: String,
}

/// Initialises, lists the tools and calls two of them.
pub(crate) async fn make(url: &str, token: &str) -> Result<Exchange, String> {
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
    let client = ClientConfig::default()
        .serve(StreamableHttpClientTransport::with_client(http::client(), config))
        .await
        .map_err(|error| format!("initialize: {error}"))?;
    let tools = client.list_all_tools().await.map_err(|error| format!("tools/list: {error}"))?.len();
    let whoami = call(&client, "whoami").await?.structured_content.unwrap_or_default();
    let buckets = call(&client, "list_buckets").await?;
    // Whatever the goodbye comes to, the exchange has been seen.
    let _ = client.cancel().await;
    let text = buckets.content.iter().filter_map(|block| block.as_text()).map(|block| block.text.as_str());
    let buckets =
        ToolAnswer { is_error: buckets.is_error == Some(true), text: text.collect::<Vec<_>>().join(" ") };
    Ok(Exchange { tools, whoami, buckets })
}

/// Knocks without a token.
pub(crate) async fn without_token(url: &str) -> Result<Refused, String> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let response = http::client()
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .json(&body)
        .send()
        .await
        .map_err(|error| format!("no answer: {error}"))?;
    let challenge = response.headers().get("www-authenticate").and_then(|value| value.to_str().ok());
    Ok(Refused { status: response.status().as_u16(), challenge: challenge.unwrap_or_default().into() })
}

async fn call(
    client: &RunningService<RoleClient, ClientConfig>,
    tool: &'static str,
) -> Result<CallToolResult, String> {
    client.call_tool(CallToolRequestParams::new(tool)).await.map_err(|error| format!("{tool}: {error}"))
}
