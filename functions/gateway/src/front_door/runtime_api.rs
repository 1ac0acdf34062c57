//! The Lambda Runtime API over one connection with TCP_NODELAY: the stock client leaves Nagle's algorithm on,
//! which costs every streamed answer about 40 ms (docs/decisions/0001).
//! A broken connection costs at most the answer that was on it; only a Runtime API that stays away ends the process.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header::CONTENT_TYPE, header::HOST};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, combinators::UnsyncBoxBody};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Body of a request to the Runtime API; it cannot fail, because an error in it would be printed into the answer.
pub(super) type ApiBody = UnsyncBoxBody<Bytes, std::convert::Infallible>;

/// Largest event that is read: 6 MB of body, base64 and JSON around it.
pub(super) const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;
/// Polls in a row that may fail before the process gives up; the pauses between them double.
const MAX_FAILED_POLLS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// A function that does not start must not hang over the report of it either.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why the Runtime API gave no event or took no answer.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeApiError {
    /// No connection, or one that broke.
    #[error("the Lambda Runtime API at {0} cannot be reached")]
    Unreachable(String),
    /// It says no; after a refused poll nothing but leaving is left.
    #[error("the Lambda Runtime API answers {0}")]
    Refused(StatusCode),
    /// An answer that is not the Runtime API's.
    #[error("the Lambda Runtime API does not answer as it should")]
    Protocol,
}

/// One event to handle.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) request_id: String,
    /// `Lambda-Runtime-Invocation-Id`, to be sent back where it was given.
    invocation_id: Option<HeaderValue>,
    pub(super) xray_trace: Option<String>,
    pub(super) deadline: Option<Instant>,
    /// `None` where it is larger than [`MAX_EVENT_BYTES`].
    pub(super) event: Option<Bytes>,
}

/// A client of the Runtime API (version 2018-06-01).
pub(super) struct RuntimeApi {
    authority: String,
    /// What stands before the API's own paths: empty on Lambda.
    base_path: String,
    connection: Option<SendRequest<ApiBody>>,
}

impl RuntimeApi {
    /// `address` is `HOST:PORT` on Lambda; `cargo lambda watch` writes `http://HOST:PORT/FUNCTION`.
    pub(super) fn new(address: &str) -> Self {
        let address = address.strip_prefix("http://").unwrap_or(address);
        let end = address.find('/').unwrap_or(address.len());
        let (authority, base_path) = address.split_at(end);
        let base_path = base_path.trim_end_matches('/').to_owned();
        Self { authority: authority.to_owned(), base_path, connection: None }
    }

    /// Waits for the next event, over a new connection where one breaks.
    pub(super) async fn next(&mut self) -> Result<Invocation, RuntimeApiError> {
        let mut failed = 0;
        loop {
            match self.poll().await {
                Err(RuntimeApiError::Unreachable(_)) if failed < MAX_FAILED_POLLS => {
                    tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(failed)).await;
                    failed += 1;
                }
                Ok(None) => tokio::time::sleep(FIRST_PAUSE).await,
                Ok(Some(invocation)) => return Ok(invocation),
                Err(error) => return Err(error),
            }
        }
    }

    /// `None` where there is no event yet: Lambda itself never says so, emulators do, with 204.
    async fn poll(&mut self) -> Result<Option<Invocation>, RuntimeApiError> {
        let request = self.request(Method::GET, "invocation/next", no_body())?;
        let (head, body) = self.send(request).await?.into_parts();
        if !head.status.is_success() {
            return Err(RuntimeApiError::Refused(head.status));
        }
        if head.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let event = match Limited::new(body, MAX_EVENT_BYTES).collect().await {
            Ok(event) => Some(event.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                // The rest of it is still on its way here.
                self.connection = None;
                None
            }
            Err(_) => return Err(self.broken()),
        };
        let text =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Some(Invocation {
            request_id: text("lambda-runtime-aws-request-id").ok_or(RuntimeApiError::Protocol)?,
            invocation_id: head.headers.get("lambda-runtime-invocation-id").cloned(),
            xray_trace: text("lambda-runtime-trace-id"),
            deadline: text("lambda-runtime-deadline-ms").and_then(|text| deadline(&text)),
            event,
        }))
    }

    /// Hands in an answer. The next request waits until all of it has been taken.
    pub(super) async fn respond(
        &mut self,
        invocation: &Invocation,
        headers: HeaderMap,
        body: ApiBody,
    ) -> Result<(), RuntimeApiError> {
        let path = format!("invocation/{}/response", invocation.request_id);
        let mut request = self.request(Method::POST, &path, body)?;
        request.headers_mut().extend(headers);
        if let Some(id) = &invocation.invocation_id {
            request.headers_mut().insert("lambda-runtime-invocation-id", id.clone());
        }
        self.deliver(request).await
    }

    /// Reports that initialisation failed.
    pub(super) async fn report_failed_start(&mut self, reason: &str) -> Result<(), RuntimeApiError> {
        const TYPE: &str = "Rolecall.FailedStart";
        let report = serde_json::json!({"errorMessage": reason, "errorType": TYPE, "stackTrace": []});
        let body = Full::new(Bytes::from(report.to_string())).boxed_unsync();
        let mut request = self.request(Method::POST, "init/error", body)?;
        request.headers_mut().insert("lambda-runtime-function-error-type", HeaderValue::from_static(TYPE));
        match tokio::time::timeout(REPORT_TIMEOUT, self.deliver(request)).await {
            Ok(delivered) => delivered,
            Err(_) => Err(self.broken()),
        }
    }

    async fn deliver(&mut self, request: Request<ApiBody>) -> Result<(), RuntimeApiError> {
        let answer = self.send(request).await?;
        let status = answer.status();
        if !status.is_success() {
            // It may have stopped reading in the middle.
            self.connection = None;
            return Err(RuntimeApiError::Refused(status));
        }
        answer.into_body().collect().await.map_err(|_| self.broken())?;
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
            .uri(format!("{}/2018-06-01/runtime/{path}", self.base_path))
            .header(HOST, &self.authority)
            .body(body)
            .map_err(|_| RuntimeApiError::Protocol)
    }

    async fn send(&mut self, request: Request<ApiBody>) -> Result<http::Response<Incoming>, RuntimeApiError> {
        let mut connection = match self.free_connection().await {
            Some(connection) => connection,
            None => connect(&self.authority).await.map_err(|_| self.broken())?,
        };
        let answer = connection.send_request(request).await.map_err(|_| self.broken())?;
        self.connection = Some(connection);
        Ok(answer)
    }

    /// The connection once it takes a further request. It may not yet when an answer has been read: its task has to
    /// notice that too, and the Runtime API may answer before it has all of a stream.
    async fn free_connection(&mut self) -> Option<SendRequest<ApiBody>> {
        let mut connection = self.connection.take()?;
        connection.ready().await.is_ok().then_some(connection)
    }

    fn broken(&mut self) -> RuntimeApiError {
        self.connection = None;
        RuntimeApiError::Unreachable(self.authority.clone())
    }
}

async fn connect(authority: &str) -> std::io::Result<SendRequest<ApiBody>> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
    tokio::spawn(connection);
    Ok(sender)
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
    headers.insert("lambda-runtime-function-response-mode", HeaderValue::from_static("streaming"));
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/vnd.awslambda.http-integration-response"),
    );
    headers
}
