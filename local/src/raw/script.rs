//! What the raw upstream is told to do with a connection, down to the byte and the moment.
//! Nothing is added: an [`Answer`] is the head and the steps that were written down.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

/// How the end of a response body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// `Content-Length`, summed over the steps.
    #[default]
    Length,
    /// `Transfer-Encoding: chunked`, a chunk for each [`Step::Send`].
    Chunked,
    /// The connection's end.
    UntilClose,
}

/// One thing to do after the response head.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends body bytes.
    Send(Bytes),
    /// Waits.
    Wait(Duration),
    /// Waits until the gate is opened.
    Until(Gate),
    /// Waits until the peer leaves.
    Hang,
    /// Closes the connection in the middle of the body.
    Close,
    /// Resets the connection (RST).
    Reset,
}

/// Holds a script back until a test lets it go on.
#[derive(Debug, Clone)]
pub struct Gate(watch::Sender<bool>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Gate {
    /// Lets everything behind the gate go on, now and later.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn passed(&self) {
        // The sender lives in `self`, so waiting can't fail.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

/// A scripted response.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) framing: Framing,
    pub(super) before_head: Vec<Step>,
    pub(super) steps: Vec<Step>,
}

impl Answer {
    /// A response with an empty body of length 0.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            framing: Framing::Length,
            before_head: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// `application/json` with these bytes.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::status(status).header("content-type", "application/json").send(body)
    }

    /// A `text/event-stream`, chunked; the events follow as steps.
    #[must_use]
    pub fn sse() -> Self {
        Self::status(200).header("content-type", "text/event-stream").framing(Framing::Chunked)
    }

    /// 202 without any body or content type.
    #[must_use]
    pub fn accepted() -> Self {
        Self::status(202)
    }

    /// 429 with `Retry-After` in seconds.
    #[must_use]
    pub fn throttled(retry_after: u32) -> Self {
        Self::json(429, r#"{"message":"Too Many Requests"}"#).header("retry-after", retry_after.to_string())
    }

    /// A 200 whose JSON-RPC error says that the session is over.
    #[must_use]
    pub fn session_expired(id: &serde_json::Value) -> Self {
        let error = serde_json::json!({ "code": crate::mcp::SESSION_ERROR, "message": "Session expired" });
        let body = serde_json::json!({ "jsonrpc": "2.0", "id": id, "error": error });
        Self::json(200, body.to_string())
    }

    /// A 403 in the shape of AWS's JSON services, such as `ExpiredTokenException`.
    #[must_use]
    pub fn aws_error(error_type: &str) -> Self {
        let body = serde_json::json!({ "message": format!("refused: {error_type}") });
        Self::json(403, body.to_string()).header("x-amzn-errortype", error_type)
    }

    /// Takes the request and never answers.
    #[must_use]
    pub fn never() -> Self {
        Self { before_head: vec![Step::Hang], ..Self::status(200) }
    }

    /// Takes the request and closes the connection.
    #[must_use]
    pub fn hangup() -> Self {
        Self { before_head: vec![Step::Close], ..Self::status(200) }
    }

    /// Adds a header line as it is.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Chooses how the body's end is marked.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Does something before the response head is sent.
    #[must_use]
    pub fn first(mut self, step: Step) -> Self {
        self.before_head.push(step);
        self
    }

    /// Does something after what was written down before.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Sends body bytes next.
    #[must_use]
    pub fn send(self, bytes: impl Into<Bytes>) -> Self {
        self.then(Step::Send(bytes.into()))
    }

    pub(super) fn body_length(&self) -> usize {
        self.steps.iter().map(|step| if let Step::Send(bytes) = step { bytes.len() } else { 0 }).sum()
    }
}
