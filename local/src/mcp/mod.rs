//! An MCP server as AWS runs it: rmcp's streamable HTTP service behind a SigV4 check.
//! No request reaches a tool unless its signature verified and its session belongs to the signer.

mod sessions;
mod tools;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use serde_json::{Value, json};

pub use tools::{BUCKETS, FAIL_CODE};

use crate::{
    Result,
    faults::Faults,
    server::{Body, MAX_REQUEST_BYTES, Server, json as json_response},
    sts::Identity,
    verifier::Verifier,
};
use sessions::Sessions;
use tools::Tools;

const SESSION_HEADER: &str = "mcp-session-id";
/// What the AWS MCP Server answers for a session that is over or another identity's.
pub const SESSION_ERROR: i32 = -30_001;

/// How to start a [`Mcp`] server.
#[derive(Debug, Clone, Default)]
pub struct McpOptions {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// Checks signatures; without it everybody is let in, nameless.
    pub verifier: Option<Verifier>,
    /// Names of the roles that may call `list_buckets`.
    pub bucket_roles: Vec<String>,
    /// Whether GET opens a stream. The AWS MCP Server answers it 405.
    pub get_stream: bool,
}

/// A request that reached the MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpCall {
    /// The HTTP method.
    pub http_method: Method,
    /// The JSON-RPC method, where the body had one.
    pub method: Option<String>,
    /// Who signed it.
    pub identity: Option<Identity>,
    /// The error type of the signature check, where that refused.
    pub rejected: Option<String>,
}

/// A running MCP server. It stops when dropped.
#[derive(Debug)]
pub struct Mcp {
    server: Server,
    state: Arc<State>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct State {
    verifier: Option<Verifier>,
    get_stream: bool,
    sessions: Sessions,
    calls: Mutex<Vec<McpCall>>,
}

type Service = StreamableHttpService<Tools, LocalSessionManager>;

impl Mcp {
    /// Starts serving.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: McpOptions) -> Result<Self> {
        let state = Arc::new(State {
            verifier: options.verifier,
            get_stream: options.get_stream,
            ..State::default()
        });
        let tools = Tools { bucket_roles: options.bucket_roles.into() };
        let service = Service::new(
            move || Ok(tools.clone()),
            Arc::default(),
            StreamableHttpServerConfig::default()
                .with_json_response(true)
                .with_max_request_body_bytes(MAX_REQUEST_BYTES),
        );
        let faults = Faults::default();
        let handler_state = Arc::clone(&state);
        let server = Server::start(options.port, faults.clone(), move |request| {
            let (state, service) = (Arc::clone(&handler_state), service.clone());
            async move { state.answer(request, &service).await }
        })
        .await?;
        Ok(Self { server, state, faults })
    }

    /// The endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/mcp", self.server.origin())
    }

    /// The fault switches.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Every request so far, rejected ones included, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<McpCall> {
        self.state.calls().clone()
    }

    /// Ends every session, as a restart or an idle timeout of the real server does.
    pub fn end_sessions(&self) {
        self.state.sessions.end_all();
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.state.sessions.count()
    }
}

impl State {
    async fn answer(&self, mut request: Request<Bytes>, service: &Service) -> Response<Body> {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let verified = match &self.verifier {
            Some(verifier) => verifier.verify(&request).await.map(Some),
            None => Ok(None),
        };
        self.calls().push(McpCall {
            http_method: request.method().clone(),
            method: body.get("method").and_then(Value::as_str).map(Into::into),
            identity: verified.as_ref().ok().cloned().flatten(),
            rejected: verified.as_ref().err().map(|rejection| rejection.error_type.clone()),
        });
        let identity = match verified {
            Ok(identity) => identity,
            Err(rejection) => return rejection.response(),
        };
        if request.method() == Method::GET && !self.get_stream {
            return get_not_allowed();
        }
        let owner = identity.as_ref().map_or_else(String::new, owner);
        let session = request.headers().get(SESSION_HEADER).and_then(|id| id.to_str().ok()).map(String::from);
        if let Some(session) = &session {
            if !self.sessions.belongs_to(session, &owner) {
                return session_error(&body);
            }
            if request.method() == Method::DELETE {
                self.sessions.end(session);
            }
        }
        if let Some(identity) = identity {
            request.extensions_mut().insert(identity);
        }
        let response = service.handle(request.map(Full::new)).await;
        if let Some(session) = response.headers().get(SESSION_HEADER).and_then(|id| id.to_str().ok()) {
            self.sessions.bind(session, &owner);
        }
        response.map(BodyExt::boxed_unsync)
    }

    fn calls(&self) -> MutexGuard<'_, Vec<McpCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn owner(identity: &Identity) -> String {
    format!("{}:{}", identity.role_id, identity.session_name)
}

fn session_error(request: &Value) -> Response<Body> {
    let body = json!({
        "jsonrpc": "2.0",
        "id": request.get("id"),
        "error": { "code": SESSION_ERROR, "message": "Session not found or expired" },
    });
    json_response(StatusCode::OK, &body)
}

/// The AWS MCP Server's own words, which no JSON-RPC schema would accept.
fn get_not_allowed() -> Response<Body> {
    let error = json!({ "code": -32600, "message": "Method Not Allowed" });
    let body = json!({ "jsonrpc": "2.0", "id": "", "result": null, "error": error });
    let mut response = json_response(StatusCode::METHOD_NOT_ALLOWED, &body);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, DELETE"));
    response
}
