//! What an audit line says of an answer's body, seen while the body passes: whether it holds a failure in spite of its
//! status, and, where bodies are recorded, how it begins.
//!
//! Invariant: bounded memory, whatever the length of the answer, and no byte is changed or held back.

mod events;
mod json;
mod tee;

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;

use events::EventScan;
use json::ResponseScan;
pub use tee::Tee;

/// A failure inside an answer that HTTP calls a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ApplicationError {
    /// A JSON-RPC response with an `error` (JSON-RPC 2.0 section 5).
    JsonRpc,
    /// A tool result with `isError: true` (MCP, tools, error handling).
    Tool,
}

impl ApplicationError {
    /// `reason` of the audit line.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::JsonRpc => "jsonrpc_error",
            Self::Tool => "tool_error",
        }
    }
}

/// Watches one answer on its way to the client.
#[derive(Debug)]
pub struct AnswerWatch {
    form: Form,
    tee: Tee,
}

#[derive(Debug)]
enum Form {
    Document(ResponseScan),
    Events(Box<EventScan>),
    /// An error by its status already, or of a media type that holds no message.
    Other,
}

impl AnswerWatch {
    /// For an answer with this status and these headers; `tee` keeps its beginning.
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, tee: Tee) -> Self {
        let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let form = if essence.eq_ignore_ascii_case(b"text/event-stream") {
            Form::Events(Box::default())
        } else if essence.eq_ignore_ascii_case(b"application/json") && status.is_success() {
            Form::Document(ResponseScan::default())
        } else {
            Form::Other
        };
        Self { form, tee }
    }

    /// Takes the next bytes that go to the client.
    pub fn feed(&mut self, chunk: &[u8]) {
        match &mut self.form {
            Form::Document(scan) => {
                scan.feed(chunk);
                self.tee.take(chunk);
            }
            Form::Events(scan) => scan.feed(chunk, &mut self.tee),
            Form::Other => self.tee.take(chunk),
        }
    }

    /// What the answer holds, and its beginning, once nothing more comes.
    #[must_use]
    pub fn finish(self) -> (Option<ApplicationError>, Tee) {
        let found = match self.form {
            Form::Document(scan) => scan.found(),
            Form::Events(mut scan) => scan.finish(),
            Form::Other => None,
        };
        (found, self.tee)
    }
}
