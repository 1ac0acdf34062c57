//! Signs in with rmcp and calls the first tool. Arguments: the MCP endpoint, then the command of a browser, which takes
//! the authorization URL and the callback and prints the URL with which the callback was reached.

use std::error::Error;

use rmcp::{
    ServiceExt,
    model::CallToolRequestParams,
    transport::{
        AuthClient, StreamableHttpClientTransport,
        auth::{AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;
use tokio::process::Command;

const CALLBACK: &str = "http://127.0.0.1/callback";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("no endpoint")?;
    let browser: Vec<String> = arguments.collect();

    let refusal = ().serve(StreamableHttpClientTransport::from_uri(url.clone())).await;
    if refusal.is_ok() {
        return Err("connected without a token".into());
    }

    let mut oauth = OAuthState::new(&url, None).await?;
    let request =
        AuthorizationRequest::new(CALLBACK).with_client_name("interop").with_application_type("native");
    oauth.start_authorization(request).await?;
    oauth.handle_callback_url(&visit(&browser, &oauth.get_authorization_url().await?).await?).await?;
    let manager = oauth.into_authorization_manager().ok_or("not authorized")?;

    let http = AuthClient::new(reqwest::Client::new(), manager);
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let client = ().serve(StreamableHttpClientTransport::with_client(http, config)).await?;
    let tools = client.list_all_tools().await?;
    let tool = tools.first().ok_or("no tools")?;
    let result = client.call_tool(CallToolRequestParams::new(tool.name.clone())).await?;
    println!(
        "{}",
        json!({ "text": result.content.first().and_then(|one| one.as_text()).map(|text| &text.text) })
    );
    client.cancel().await?;
    Ok(())
}

async fn visit(browser: &[String], authorization: &str) -> Result<String, Box<dyn Error>> {
    let (program, options) = browser.split_first().ok_or("no browser")?;
    let output = Command::new(program).args(options).args([authorization, CALLBACK]).output().await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().into())
}
