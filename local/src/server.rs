//! A small HTTP/1.1 server on loopback, the ground under the issuer, the STS and the MCP server.
//! Its connections end with it: dropping a [`Server`] closes the port and everything that was open on it.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::{
    Error, Result,
    faults::{Fault, Faults},
};

pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The largest request any of the servers reads; a Lambda function URL's own limit is 6 MiB.
pub(crate) const MAX_REQUEST_BYTES: usize = 8 * 1024 * 1024;

/// A closed connection instead of an answer.
pub(crate) struct Hangup;

impl std::fmt::Debug for Hangup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hangup")
    }
}

impl std::fmt::Display for Hangup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up on purpose")
    }
}

impl std::error::Error for Hangup {}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on 127.0.0.1 (`port` 0 picks a free one) and answers each request, body already read, with `handler`.
    pub(crate) async fn start<H, F>(port: u16, faults: Faults, handler: H) -> Result<Self>
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        Self::accept(port, move |stream| {
            let (handler, faults) = (Arc::clone(&handler), faults.clone());
            serve(stream, faults, handler)
        })
        .await
    }

    /// Listens on 127.0.0.1 and gives every connection to `connection`.
    pub(crate) async fn accept<C, F>(port: u16, connection: C) -> Result<Self>
    where
        C: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let failed = |source| Error::Listen { address: format!("127.0.0.1:{port}"), source };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => {
                            // Nagle would hide when a chunk was really sent.
                            let _ = stream.set_nodelay(true);
                            connections.spawn(connection(stream));
                        }
                        Err(_) => tokio::task::yield_now().await,
                    },
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { address, accepting })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve<H, F>(stream: TcpStream, faults: Faults, handler: Arc<H>)
where
    H: Fn(Request<Bytes>) -> F,
    F: Future<Output = Response<Body>>,
{
    let service = service_fn(|request| answer(request, &faults, &*handler));
    // A peer that breaks off is not this server's failure.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer<H, F>(
    request: Request<Incoming>,
    faults: &Faults,
    handler: &H,
) -> std::result::Result<Response<Body>, Hangup>
where
    H: Fn(Request<Bytes>) -> F,
    F: Future<Output = Response<Body>>,
{
    match faults.get() {
        Fault::None => {}
        Fault::Unavailable => {
            return Ok(text(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "unavailable"));
        }
        Fault::Hangup => return Err(Hangup),
        Fault::Slow(delay) => tokio::time::sleep(delay).await,
    }
    let (parts, body) = request.into_parts();
    match Limited::new(body, MAX_REQUEST_BYTES).collect().await {
        Ok(body) => Ok(handler(Request::from_parts(parts, body.to_bytes())).await),
        Err(_) => Ok(text(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "too large")),
    }
}

/// A complete response.
pub(crate) fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

/// A complete JSON response.
pub(crate) fn json(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    text(status, "application/json", body.to_string())
}
