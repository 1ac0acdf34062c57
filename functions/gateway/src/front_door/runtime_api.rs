//! The Lambda Runtime API over one connection with TCP_NODELAY: the stock client leaves Nagle's algorithm on,
//! which costs every streamed answer about 40 ms (docs/decisions/0001).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header::CONTENT_TYPE, header::HOST};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Body of a request to the Runtime API; it cannot fail, because an error in it would be printed into the answer.
pub(super) type ApiBody = UnsyncBoxBody<Bytes, std::convert::Infallible>;

/// Attempts to reach the Runtime API before the process gives up.
const CONNECT_ATTEMPTS: u32 = 5;
/// Largest event: 6 MB of body, base64 and JSON around it.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// The Runtime API is gone, and with it the function's purpose.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeApiError {
    /// No connection after several attempts.
    #[error("the Lambda Runtime API at {0} cannot be reached")]
    Unreachable(String),
    /// A broken connection or an answer that is not the Runtime API's.
    #[error("the Lambda Runtime API does not answer as it should")]
    Protocol,
}

/// One event to handle.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) request_id: String,
    /// `Lambda-Runtime-Invocation-Id`, to be sent back where it was given.
    invocation_id: Option<http::HeaderValue>,
    pub(super) xray_trace: Option<String>,
    pub(super) deadline: Option<Instant>,
    pub(super) event: Bytes,
}

/// A client of the Runtime API (version 2018-06-01).
pub(super) struct RuntimeApi {
    authority: String,
    connection: Option<SendRequest<ApiBody>>,
}

impl RuntimeApi {
    pub(super) fn new(authority: &str) -> Self {
        Self { authority: authority.to_owned(), connection: None }
    }

    /// Waits for the next event.
    pub(super) async fn next(&mut self) -> Result<Invocation, RuntimeApiError> {
        let request = self.request(Method::GET, "next", no_body())?;
        let answer = self.send(request).await?;
        let (head, body) = answer.into_parts();
        if !head.status.is_success() {
            return Err(RuntimeApiError::Protocol);
        }
        let event = http_body_util::Limited::new(body, MAX_EVENT_BYTES)
            .collect()
            .await
            .map_err(|_| RuntimeApiError::Protocol)?
            .to_bytes();
        let text =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Invocation {
            request_id: text("lambda-runtime-aws-request-id").ok_or(RuntimeApiError::Protocol)?,
            invocation_id: head.headers.get("lambda-runtime-invocation-id").cloned(),
            xray_trace: text("lambda-runtime-trace-id"),
            deadline: text("lambda-runtime-deadline-ms").and_then(|text| deadline(&text)),
            event,
        })
    }

    /// Hands in an answer, and returns when all of it has been taken.
    pub(super) async fn respond(
        &mut self,
        invocation: &Invocation,
        headers: HeaderMap,
        body: ApiBody,
    ) -> Result<(), RuntimeApiError> {
        let path = format!("{}/response", invocation.request_id);
        let mut request = self.request(Method::POST, &path, body)?;
        request.headers_mut().extend(headers);
        if let Some(id) = &invocation.invocation_id {
            request.headers_mut().insert("lambda-runtime-invocation-id", id.clone());
        }
        let answer = self.send(request).await?;
        answer.into_body().collect().await.map_err(|_| self.broken())?;
        // The Runtime API may answer before the body's end; the connection is free only after it.
        if let Some(connection) = &mut self.connection
            && connection.ready().await.is_err()
        {
            self.connection = None;
        }
        Ok(())
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: ApiBody,
    ) -> Result<Request<ApiBody>, RuntimeApiError> {
        Request::builder()
            .method(method)
            .uri(format!("/2018-06-01/runtime/invocation/{path}"))
            .header(HOST, &self.authority)
            .body(body)
            .map_err(|_| RuntimeApiError::Protocol)
    }

    async fn send(
        &mut self,
        request: Request<ApiBody>,
    ) -> Result<http::Response<hyper::body::Incoming>, RuntimeApiError> {
        let connection = self.connection().await?;
        connection.send_request(request).await.map_err(|_| self.broken())
    }

    fn broken(&mut self) -> RuntimeApiError {
        self.connection = None;
        RuntimeApiError::Protocol
    }

    async fn connection(&mut self) -> Result<&mut SendRequest<ApiBody>, RuntimeApiError> {
        if self.connection.as_ref().is_none_or(SendRequest::is_closed) {
            self.connection = Some(connect(&self.authority).await?);
        }
        self.connection.as_mut().ok_or(RuntimeApiError::Protocol)
    }
}

async fn connect(authority: &str) -> Result<SendRequest<ApiBody>, RuntimeApiError> {
    for attempt in 0..CONNECT_ATTEMPTS {
        if let Ok(stream) = TcpStream::connect(authority).await {
            let _ = stream.set_nodelay(true);
            if let Ok((sender, connection)) = http1::handshake(TokioIo::new(stream)).await {
                tokio::spawn(connection);
                return Ok(sender);
            }
        }
        tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
    }
    Err(RuntimeApiError::Unreachable(authority.to_owned()))
}

fn no_body() -> ApiBody {
    Full::new(Bytes::new()).boxed_unsync()
}

/// `cargo lambda watch` names a moment in 1970: a deadline that has passed already is none.
fn deadline(millis_since_epoch: &str) -> Option<Instant> {
    let deadline = Duration::from_millis(millis_since_epoch.parse().ok()?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Instant::now().checked_add(deadline.checked_sub(now)?)
}

/// The headers that announce a streamed HTTP answer.
pub(super) fn streaming_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-function-response-mode", http::HeaderValue::from_static("streaming"));
    headers.insert(
        CONTENT_TYPE,
        http::HeaderValue::from_static("application/vnd.awslambda.http-integration-response"),
    );
    headers
}
