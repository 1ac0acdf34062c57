//! What the benchmarks share: configurations, a client's headers and bodies, credentials as STS gives them.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use rolecall_core::{
    audit::{
        AnswerWatch, ApplicationError, Aws, Data, EventType, Line, Mcp, Outcome, Subject, Target, Tee,
        Timing, recorded, tee_bytes, timestamp,
    },
    authenticate::VerifiedClaims,
    config::{Config, load},
    exchange::Credentials,
    mcp::Message,
    role::RoleChoice,
    sign::UnsignedRequest,
};
use serde_json::json;

use crate::token::NOW;

/// A configuration whose last mapping is the one that applies.
pub fn config(mappings: &[String]) -> Config {
    let mappings: String = mappings
        .iter()
        .enumerate()
        .map(|(number, condition)| {
            format!("    - {condition}\n      roleArn: arn:aws:iam::111122223333:role/Role{number}\n")
        })
        .collect();
    let yaml = format!(
        "resourceUrl: https://mcp.example.com/mcp
oidc: {{issuer: https://dev-1.okta.com/oauth2/default, audience: aws-mcp}}
awsSts:
  region: us-east-1
  roleClaim: groups
  fallbackRoleArn: arn:aws:iam::111122223333:role/DefaultMCPRole
  roleMappings:
{mappings}upstream: {{meta: {{AWS_REGION: us-west-2}}}}
"
    );
    load(&yaml, "gateway.yaml", &|_| None, &|_| Ok(Vec::new())).unwrap()
}

/// This many `claim` mappings; the last applies.
pub fn claim_mappings(count: usize) -> Config {
    let others = (1..count).map(|number| format!("claim: other-{number}"));
    config(&others.chain(["claim: s3-readers".to_owned()]).collect::<Vec<_>>())
}

/// The two-claim matcher of the documentation.
pub fn matcher() -> Config {
    config(&[r#"matcher: '"s3-readers" in claims["groups"] && claims["org"] == "engineering"'"#.to_owned()])
}

/// The headers of an MCP client behind a function URL.
pub fn client_headers(token: &str) -> HeaderMap {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("host", "mcp.example.com"),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("user-agent", "node"),
        ("accept-language", "*"),
        ("sec-fetch-mode", "cors"),
        ("accept-encoding", "gzip, deflate"),
        ("mcp-protocol-version", "2025-11-25"),
        ("mcp-session-id", "2b7b1a52-9f3c-4b5e-8a53-5a0f9f6f1c11"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-amzn-trace-id", "Root=1-65a1b2c3-0123456789abcdef01234567"),
    ];
    headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

/// A `tools/call` of about 200 bytes.
pub fn small_call() -> Bytes {
    call("s3 ls s3://example-bucket/reports/2026/ --recursive")
}

/// A `tools/call` of 1 MB.
pub fn large_call() -> Bytes {
    call(&"x = 'a \\\"quoted\\\" word'\n".repeat(40_000))
}

fn call(code: &str) -> Bytes {
    let call = json!({
        "jsonrpc": "2.0", "id": 17, "method": "tools/call",
        "params": {"name": "aws___run_script", "arguments": {"code": code}, "_meta": {"progressToken": 17}},
    });
    call.to_string().into()
}

/// The answer to a `tools/list`: the tool of [`small_call`] and others.
pub fn list_of_tools(count: usize) -> Bytes {
    let others = (1..count).map(|number| format!("tool-{number}"));
    let tools: Vec<_> = others
        .chain(["aws___run_script".to_owned()])
        .map(|name| json!({
            "name": name, "description": "What it does, at some length. ".repeat(10),
            "inputSchema": {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]},
        }))
        .collect();
    json!({"jsonrpc": "2.0", "id": 17, "result": {"tools": tools}}).to_string().into()
}

/// Credentials of the size that STS gives.
pub fn credentials() -> Credentials {
    let token = "IQoJb3JpZ2luX2VjEJr".repeat(40);
    let keys = aws_credential_types::Credentials::new(
        "ASIAEXAMPLEEXAMPLE12",
        "secret".repeat(6),
        Some(token),
        None,
        "sts",
    );
    let arn = "arn:aws:sts::111122223333:assumed-role/S3ReadOnlyMCPRole/alice@example.com".to_owned();
    Credentials::new(
        keys,
        arn,
        Some("c6104cbe-af31-11e0-8154-cbc7ccf896c7".to_owned()),
        clock() + HOUR,
        NOW + 3600,
    )
}

const HOUR: Duration = Duration::from_secs(3600);

/// [`NOW`] as a time.
pub fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// The request that goes upstream.
pub fn unsigned(config: &Config, headers: HeaderMap, body: Bytes) -> UnsignedRequest {
    UnsignedRequest { method: Method::POST, url: config.upstream.url.clone(), headers, body }
}

/// A filled audit line, as the gateway writes it for an answered call.
pub fn audit_line(
    config: &Config,
    claims: &VerifiedClaims,
    choice: &RoleChoice,
    credentials: &Credentials,
    headers: &HeaderMap,
    message: &Message<'_>,
    data: Option<Data>,
) -> Vec<u8> {
    let mut aws = Aws::new(choice);
    aws.set_credentials(credentials, true);
    let line = Line {
        audit_id: "8a3e2a76-4f0c-4f0b-a9a3-0c4d0a2f9a11".to_owned(),
        time: timestamp(clock()),
        event_type: EventType::of_call(&Method::POST, message),
        outcome: Outcome::Success,
        reason: None,
        detail: None,
        request_id: "5b0c1f9e-0d0b-4a29-a06b-6a4f4c9b7b25".to_owned(),
        trace_id: Some("1-65a1b2c3-0123456789abcdef01234567".to_owned()),
        source: Some("203.0.113.7".to_owned()),
        status: Some(200),
        subject: Some(Subject::new(claims, &config.aws_sts)),
        target: Some(Target::new(config.upstream.url.host_str().unwrap_or_default(), message)),
        aws: Some(aws),
        policy: None,
        mcp: Some(Mcp::new(headers, message)),
        repairs: Vec::new(),
        timing_ms: Timing { authenticate: Some(0.012), total: 12.345, ..Timing::default() },
        bytes: None,
        data,
    };
    serde_json::to_vec(&line).unwrap()
}

/// A tool's result whose text, JSON in itself, has about `size` bytes.
pub fn answer(size: usize) -> Vec<u8> {
    let bucket = r#"{"Name":"reports-2026","CreationDate":"2026-11-21T00:00:00Z","Region":"eu-central-1"},"#;
    let text = format!("[{}0]", bucket.repeat(size / bucket.len()));
    let result = json!({"content": [{"type": "text", "text": text}], "isError": false});
    json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string().into_bytes()
}

/// An answer watched in chunks of a network's size, its first `kept` bytes kept.
pub fn watched(answer: &[u8], kept: usize) -> (Option<ApplicationError>, Tee) {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let mut watch = AnswerWatch::new(StatusCode::OK, &headers, Tee::new(kept));
    answer.chunks(16 * 1024).for_each(|chunk| watch.feed(chunk));
    watch.finish()
}

/// What a line records of both.
pub fn data(request: &[u8], answer: &[u8]) -> Data {
    const CHARS: usize = 4096;
    let (_, tee) = watched(answer, tee_bytes(CHARS));
    Data {
        request: Some(recorded(request, false, CHARS)),
        response: Some(recorded(tee.bytes(), tee.overflowed(), CHARS)),
    }
}
