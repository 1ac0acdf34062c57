//! A caller, policies and the filter they make.

use std::sync::Arc;

use rolecall_core::{
    authenticate::Claims,
    authorize::{Authorization, Caller, Connection, DenyStatus, List, ListFilter, PolicyFile},
    role::RoleArn,
};
use serde_json::json;

/// Permits what is called `keep…`.
pub const KEEP: &str = r#"
permit(principal, action == Action::"tools/call", resource is Tool) when { resource.tool_name like "keep*" };
permit(principal, action == Action::"prompts/get", resource is Prompt) when { resource.prompt_name like "keep*" };
permit(principal, action == Action::"resources/read", resource is Resource) when { resource.uri like "keep*" };
"#;

pub const CONNECTION: Connection<'_> = Connection {
    server: "aws-mcp.us-east-1.api.aws",
    source_ip: None,
    protocol_version: Some("2025-11-25"),
    client: None,
};

pub fn authorization(policies: &str) -> Arc<Authorization> {
    let file = PolicyFile { name: "test.cedar".to_owned(), text: policies.to_owned() };
    Arc::new(Authorization::new(&[file], None, "groups", None, DenyStatus::Forbidden).unwrap())
}

/// Alice, who is in the groups `readers` and `developers`.
pub fn with_caller<T>(use_it: impl FnOnce(&Caller<'_>) -> T) -> T {
    let serde_json::Value::Object(claims) = json!({"sub": "alice", "groups": ["readers", "developers"]})
    else {
        panic!("claims are an object")
    };
    let claims = Claims::new(claims);
    let role: RoleArn = "arn:aws:iam::111122223333:role/Reader".parse().unwrap();
    use_it(&Caller { subject: "alice", claims: &claims, role: &role })
}

pub fn filter(policies: &str, expected: Option<List>) -> ListFilter {
    with_caller(|caller| ListFilter::new(&authorization(policies), caller, &CONNECTION, expected).unwrap())
}
