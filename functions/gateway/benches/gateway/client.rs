//! A client with one connection that is kept: what it measures is the way, not connecting.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

/// A connection to `POST /mcp` at one of the parts.
pub struct Client {
    connection: SendRequest<Full<Bytes>>,
    headers: HeaderMap,
}

impl Client {
    /// Connects to an origin, with a token for whoever wants one.
    pub async fn connect(origin: &str, token: &str) -> Self {
        let authority = origin.trim_start_matches("http://");
        let stream = TcpStream::connect(authority).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (connection, task) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(task);
        Self { connection, headers: headers(authority, token) }
    }

    /// From the request's first byte to the answer's last.
    pub async fn whole(&mut self, tool: &str) -> Duration {
        let began = Instant::now();
        self.call(tool).await.into_body().collect().await.unwrap();
        began.elapsed()
    }

    /// From the request's first byte to the answer's first event.
    pub async fn first_event(&mut self, tool: &str) -> Duration {
        let began = Instant::now();
        let mut body = self.call(tool).await.into_body();
        body.frame().await.unwrap().unwrap();
        let took = began.elapsed();
        body.collect().await.unwrap();
        took
    }

    /// The bytes of the answer, none of them kept.
    pub async fn count(&mut self, tool: &str) -> usize {
        let mut body = self.call(tool).await.into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame.unwrap().data_ref().map_or(0, Bytes::len);
        }
        bytes
    }

    async fn call(&mut self, tool: &str) -> Response<Incoming> {
        let mut request = Request::new(Full::new(body(tool)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static("/mcp");
        *request.headers_mut() = self.headers.clone();
        self.connection.ready().await.unwrap();
        let answer = self.connection.send_request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer
    }
}

/// A `tools/call` of about 200 bytes.
pub fn body(tool: &str) -> Bytes {
    let arguments = json!({"code": "s3 ls s3://example-bucket/reports/2026/ --recursive"});
    let params = json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": 1}});
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string().into()
}

/// The headers of an MCP client.
pub fn headers(authority: &str, token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, authority.parse().unwrap());
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.insert("accept", "application/json, text/event-stream".parse().unwrap());
    headers.insert("user-agent", "node".parse().unwrap());
    headers.insert("mcp-protocol-version", "2025-11-25".parse().unwrap());
    headers.insert("mcp-session-id", "2b7b1a52-9f3c-4b5e-8a53-5a0f9f6f1c11".parse().unwrap());
    headers
}
