//! The tools of the MCP server: who am I, something only some roles may do, and every way a call can end.
//! What a tool knows about its caller comes from the verified signature, never from the request's own claims.

use std::{sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorCode, Implementation,
        JsonObject, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ServerCapabilities,
        ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use crate::sts::Identity;

/// Bucket names that `list_buckets` answers.
pub const BUCKETS: [&str; 3] = ["logs", "reports", "site-assets"];
/// The JSON-RPC error code of the `fail` tool.
pub const FAIL_CODE: i32 = -31_999;

/// The most bytes that `large` answers.
const MAX_LARGE: usize = 128 << 20;

#[derive(Debug, Clone)]
pub(super) struct Tools {
    /// Names of the roles that may list buckets.
    pub(super) bucket_roles: Arc<[String]>,
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("rolecall-local", env!("CARGO_PKG_VERSION")))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(catalogue()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        catalogue().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Arguments(request.arguments.unwrap_or_default());
        let result = match request.name.as_ref() {
            "whoami" => CallToolResult::structured(whoami(&context)),
            "list_buckets" => self.list_buckets(&context),
            "count" => count(&arguments, &context).await?,
            "slow" => {
                tokio::time::sleep(arguments.millis("delay_ms", 1000)).await;
                say("done")
            }
            "large" => say("x".repeat(arguments.size("bytes"))),
            "is_error" => CallToolResult::error(vec![ContentBlock::text("the tool failed")]),
            "fail" => return Err(ErrorData::new(ErrorCode(FAIL_CODE), "the call failed", None)),
            other => return Err(ErrorData::invalid_params(format!("Unknown tool: {other}"), None)),
        };
        Ok(result.into())
    }
}

impl Tools {
    fn list_buckets(&self, context: &RequestContext<RoleServer>) -> CallToolResult {
        let Some(identity) = identity(context) else { return say(BUCKETS.join("\n")) };
        let name = identity.role_arn.rsplit('/').next().unwrap_or_default();
        if self.bucket_roles.iter().any(|role| role == name) {
            return say(BUCKETS.join("\n"));
        }
        let account = identity.role_arn.split(':').nth(4).unwrap_or_default();
        CallToolResult::error(vec![ContentBlock::text(format!(
            "An error occurred (AccessDenied) when calling the ListBuckets operation: User: \
             arn:aws:sts::{account}:assumed-role/{name}/{} is not authorized to perform: s3:ListAllMyBuckets \
             because no identity-based policy allows the s3:ListAllMyBuckets action",
            identity.session_name
        ))])
    }
}

struct Arguments(JsonObject);

impl Arguments {
    fn number(&self, name: &str, default: u64) -> u64 {
        self.0.get(name).and_then(Value::as_u64).unwrap_or(default)
    }

    /// A MiB unless said otherwise, and never more than [`MAX_LARGE`].
    fn size(&self, name: &str) -> usize {
        usize::try_from(self.number(name, 1 << 20)).unwrap_or(MAX_LARGE).min(MAX_LARGE)
    }

    fn millis(&self, name: &str, default: u64) -> Duration {
        Duration::from_millis(self.number(name, default))
    }
}

fn catalogue() -> Vec<Tool> {
    let tool = |name, description, properties: Value| {
        let mut schema = JsonObject::new();
        schema.insert("type".into(), json!("object"));
        schema.insert("properties".into(), properties);
        Tool::new(name, description, Arc::new(schema))
    };
    let integer = json!({ "type": "integer", "minimum": 0 });
    vec![
        tool("whoami", "The identity this call arrived with", json!({})),
        tool("list_buckets", "The S3 buckets of the account", json!({})),
        tool("count", "Counts up, reporting progress", json!({ "steps": integer, "delay_ms": integer })),
        tool("slow", "Answers late", json!({ "delay_ms": integer })),
        tool("large", "Answers with that many bytes", json!({ "bytes": integer })),
        tool("is_error", "Answers with a tool error", json!({})),
        tool("fail", "Answers with a JSON-RPC error", json!({})),
    ]
}

fn whoami(context: &RequestContext<RoleServer>) -> Value {
    let identity = identity(context);
    let field = |get: fn(&Identity) -> &String| identity.map(get);
    let meta = &context.meta.0.0;
    json!({
        "roleArn": field(|one| &one.role_arn),
        "sessionName": field(|one| &one.session_name),
        "accessKeyId": field(|one| &one.access_key_id),
        "awsRegion": meta.get("AWS_REGION"),
        "meta": meta,
    })
}

async fn count(
    arguments: &Arguments,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let steps = u32::try_from(arguments.number("steps", 3)).unwrap_or(u32::MAX);
    let delay = arguments.millis("delay_ms", 100);
    for step in 1..=steps {
        tokio::time::sleep(delay).await;
        if let Some(token) = context.meta.get_progress_token() {
            let progress = ProgressNotificationParam::new(token, f64::from(step))
                .with_total(f64::from(steps))
                .with_message(format!("step {step} of {steps}"));
            // A caller that left gets no more progress; the call itself goes on as the revision demands.
            let _ = context.peer.notify_progress(progress).await;
        }
    }
    Ok(say(format!("counted to {steps}")))
}

fn say(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn identity(context: &RequestContext<RoleServer>) -> Option<&Identity> {
    context.extensions.get::<http::request::Parts>()?.extensions.get()
}
