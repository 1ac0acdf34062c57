//! A gateway between its stand-ins, and what it did for one request.

use std::{path::Path, time::Duration};

use reqwest::Client;
use rolecall_local::{
    gateway::GatewayBinary,
    issuer::{DEFAULT_AUDIENCE, Forgery, Signature},
    raw::{Answer, Raw, RawOptions},
    stack::{STS_ENDPOINT_VARIABLE, Stack},
    sts::Role,
};
use serde_json::{Value, json};

use crate::{audited::GatewayProcess, configurations::ROLES};

/// What the MCP server answers, whatever it is asked. Messages here have the id 1, so this is the id under which a gateway
/// asks for the tools when policies want to know their annotations.
pub const TOOLS: &str = r#"{"jsonrpc": "2.0", "id": "rolecall/tools/1/1", "result": {"tools": [
    {"name": "aws___call_aws", "annotations": {"readOnlyHint": false, "destructiveHint": true}},
    {"name": "aws___search_documentation", "annotations": {"readOnlyHint": true}},
    {"name": "aws___run_script", "annotations": {"readOnlyHint": "yes"}},
    {"name": "aws___get_runbook", "annotations": {"title": "Runbook", "readOnlyHint": true}},
    {"name": "aws___list_runbooks", "annotations": {"readOnlyHint": true}},
    {"name": "aws___get_presigned_url"}
]}}"#;

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Served {
    stack: Stack,
    upstream: Raw,
    gateway: GatewayProcess,
    http: Client,
}

impl Served {
    pub async fn start(binary: &GatewayBinary, configuration: &Value) -> Self {
        let stack = Stack::start().await.unwrap();
        for role in ROLES {
            stack.sts.put_role(Role::trusting(role, DEFAULT_AUDIENCE));
        }
        let options = RawOptions { verifier: Some(stack.verifier()), ..RawOptions::default() };
        let upstream = Raw::start(options).await.unwrap();
        upstream.always(Answer::json(200, TOOLS));
        let sts = stack.sts.url();
        let yaml = |port| whole(configuration, port, &stack.issuer.url(), &upstream.url());
        let gateway =
            GatewayProcess::start(binary.path(), yaml, &[(STS_ENDPOINT_VARIABLE, &sts)]).await.unwrap();
        Self { upstream, gateway, http: Client::builder().no_proxy().build().unwrap(), stack }
    }

    /// The configuration as this gateway has it.
    pub fn configuration(&self, configuration: &Value) -> String {
        whole(configuration, 1, &self.stack.issuer.url(), &self.upstream.url())
    }

    /// A token for `user`: `claims`, and what is wrong with it.
    pub fn token(&self, user: &Value) -> String {
        let forgery = Forgery::new().claims(user["claims"].clone());
        let forgery = match user["flaw"].as_str() {
            None => forgery,
            Some("tampered") => forgery.signature(Signature::Tampered),
            Some("expired") => forgery.claim("exp", 1_700_000_000),
            Some("audience") => forgery.claim("aud", "somebody-else"),
            Some("algorithm") => forgery.alg("PS256"),
            Some("no sub") => forgery.without("sub"),
            Some(other) => panic!("{other}"),
        };
        self.stack.issuer.forge(&forgery).unwrap()
    }

    /// Sends it; the audit line, with the call to STS that made the credentials as `sts`.
    pub async fn ask(&self, token: &str, message: &str) -> Value {
        let request = self.http.post(self.gateway.url()).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(message.to_owned());
        let answer = request.send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let _ = answer.bytes().await.unwrap();
        let (mut line, exchange) = self.lines(&id).await;
        // A denied call has no credentials in its line, though the list of tools may have been asked for with some.
        let sts_request =
            [&line, &exchange].map(|line| line["aws"]["sts_request_id"].as_str().map(str::to_owned));
        let sts_request = sts_request.into_iter().flatten().next();
        if let Some(call) =
            self.stack.sts.calls().into_iter().find(|call| Some(&call.request_id) == sts_request.as_ref())
        {
            line["sts"] = json!({
                "action": call.action,
                "role_arn": call.role_arn,
                "session_name": call.session_name,
                "duration": call.duration,
                "policy": call.policy,
                "policy_arns": call.policy_arns,
            });
        }
        line
    }

    /// The request's line, and that of its call to STS, which comes first.
    async fn lines(&self, request_id: &str) -> (Value, Value) {
        let find = |lines: &[String], is_exchange: bool| {
            let mut lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
            lines.find(|line| {
                line["request_id"] == request_id && (line["type"] == "sts_exchange") == is_exchange
            })
        };
        let is_there = |lines: &[String]| find(lines, false).is_some();
        let lines = self.gateway.stdout().wait_for(is_there, PATIENCE).await.unwrap();
        (find(&lines, false).unwrap(), find(&lines, true).unwrap_or_default())
    }
}

/// JSON is YAML.
fn whole(configuration: &Value, port: u16, issuer: &str, upstream: &str) -> String {
    let mut whole = configuration.clone();
    whole["resourceUrl"] = json!(format!("http://127.0.0.1:{port}/mcp"));
    whole["oidc"] = json!({"issuer": issuer, "audience": DEFAULT_AUDIENCE});
    whole["upstream"]["url"] = json!(upstream);
    if whole.get("authorization").is_some() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        // The latter permits by a hint alone; few users are in the group that the former wants besides.
        let files = ["policies/*.cedar", "cli/tests/cases/explain/annotated.cedar"];
        whole["authorization"]["policies"] = json!(files.map(|file| root.join(file)));
    }
    whole.to_string()
}
