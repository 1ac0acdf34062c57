//! A gateway process and everything behind it.

use std::{path::Path, time::Duration};

use reqwest::{Client, RequestBuilder, Response};
use rolecall_local::{
    issuer::Issuer,
    raw::{Answer, Raw, RawOptions},
    stack::{STS_ENDPOINT_VARIABLE, Stack},
    users,
};
use serde_json::{Value, json};

use crate::audited::GatewayProcess;

/// Long enough for a loaded machine, short enough to fail a test.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running gateway with its back.
pub struct World {
    pub stack: Stack,
    pub gateway: GatewayProcess,
    pub http: Client,
}

impl World {
    /// The gateway before the real MCP server.
    pub async fn start() -> Self {
        let stack = Stack::start().await.unwrap();
        let gateway = start_gateway(&stack, &|port| stack.gateway_yaml(port)).await;
        Self { stack, gateway, http: client() }
    }

    /// The gateway with a changed configuration.
    pub async fn with_config(change: impl Fn(String) -> String) -> Self {
        let stack = Stack::start().await.unwrap();
        let gateway = start_gateway(&stack, &|port| change(stack.gateway_yaml(port))).await;
        Self { stack, gateway, http: client() }
    }

    /// The gateway before an upstream whose answers the test scripts; its requests' signatures are verified.
    pub async fn with_raw_upstream() -> (Self, Raw) {
        Self::with_raw_upstream_and_config(|yaml| yaml).await
    }

    /// Both.
    pub async fn with_raw_upstream_and_config(change: impl Fn(String) -> String) -> (Self, Raw) {
        let stack = Stack::start().await.unwrap();
        let raw = Raw::start(RawOptions { verifier: Some(stack.verifier()), ..RawOptions::default() })
            .await
            .unwrap();
        let url = raw.url();
        let gateway = start_gateway(&stack, &|port| change(stack.gateway_yaml_for(port, &url))).await;
        (Self { stack, gateway, http: client() }, raw)
    }

    /// The same world with its gateway before another upstream, which reads bodies as they are.
    pub async fn before(self, upstream: &str) -> Self {
        let Self { stack, http, .. } = self;
        let gateway =
            start_gateway(&stack, &|port| without_meta(stack.gateway_yaml_for(port, upstream))).await;
        Self { stack, gateway, http }
    }

    /// The gateway over a back that was prepared first, with further environment variables.
    pub async fn over(
        stack: Stack,
        upstream_url: &str,
        environment: &[(&str, &str)],
        change: impl Fn(String) -> String,
    ) -> Self {
        let sts = stack.sts.url();
        let environment = [environment, &[(STS_ENDPOINT_VARIABLE, &sts)]].concat();
        let yaml = |port| change(stack.gateway_yaml_for(port, upstream_url));
        let gateway = GatewayProcess::start(binary(), yaml, &environment).await.unwrap();
        Self { stack, gateway, http: client() }
    }

    /// A good token with these claims over the issuer's defaults.
    pub fn mint(&self, claims: Value) -> String {
        self.stack.issuer.mint(claims).unwrap()
    }

    /// A `ping` with this token.
    pub async fn ping_with(&self, token: &str) -> Response {
        self.post(token, request(1, "ping", json!({}))).send().await.unwrap()
    }

    /// A valid token of one of the sample users.
    pub fn token(&self, user: &str) -> String {
        token(&self.stack.issuer, user)
    }

    /// A POST to the endpoint with a token and the headers of an MCP client.
    pub fn post(&self, token: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.http
            .post(self.gateway.url())
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(body)
    }

    /// A `ping` as alice, the smallest request there is.
    pub async fn ping(&self) -> Response {
        self.post(&self.token("alice"), request(1, "ping", json!({}))).send().await.unwrap()
    }

    /// The audit lines so far.
    pub fn audit(&self) -> Vec<Value> {
        self.gateway.stdout().lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The first audit line that fits, waiting for it.
    pub async fn audit_line(&self, fits: impl Fn(&Value) -> bool) -> Value {
        let find = |lines: &[String]| {
            lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()).find(|line| fits(line))
        };
        let lines = self.gateway.stdout().wait_for(|lines| find(lines).is_some(), PATIENCE).await;
        find(&lines.unwrap()).unwrap()
    }
}

async fn start_gateway(stack: &Stack, yaml: &dyn Fn(u16) -> String) -> GatewayProcess {
    let sts = stack.sts.url();
    GatewayProcess::start(binary(), yaml, &[(STS_ENDPOINT_VARIABLE, &sts)]).await.unwrap()
}

/// An upstream that verifies signatures and answers every ping: for tests about what happens before it.
pub async fn ponging_upstream(stack: &Stack) -> Raw {
    let raw =
        Raw::start(RawOptions { verifier: Some(stack.verifier()), ..RawOptions::default() }).await.unwrap();
    raw.always(pong());
    raw
}

/// The answer to a ping.
pub fn pong() -> Answer {
    Answer::json(200, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
}

/// Seconds since the epoch.
pub fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// The binary that Cargo built for this test run.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rolecall-gateway"))
}

/// A client that follows nothing and pools nothing, so that each request stands for itself.
pub fn client() -> Client {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

pub fn token(issuer: &Issuer, user: &str) -> String {
    issuer.token_for(users::find(user).unwrap()).unwrap()
}

/// A JSON-RPC request.
pub fn request(id: u64, method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// A refusal's `error` or `data.reason`.
pub async fn reason(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    let reason = body.pointer("/error/data/reason").or_else(|| body.get("error"));
    reason.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The configuration under which bodies pass unread.
pub fn without_meta(yaml: String) -> String {
    let changed = yaml.replace("  meta: {AWS_REGION: us-west-2}\n", "");
    assert_ne!(changed, yaml, "the stack's configuration injects nothing any more");
    changed
}
