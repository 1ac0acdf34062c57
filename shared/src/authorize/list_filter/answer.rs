//! Which answers of the MCP server are read for lists, by status and media type.

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};

/// Of a JSON answer, and of one event of a stream: what is buffered to be read.
pub const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// How the body of an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// One JSON-RPC message.
    Document,
    /// An event stream of messages.
    Events,
    /// An error's body in JSON, which brings no list.
    ErrorDocument,
    /// An error's body in another format, which clients read as text.
    ErrorText,
    /// Nothing that lists come in: only an empty body may pass.
    Unknown,
}

impl AnswerForm {
    /// By status and headers.
    #[must_use]
    pub fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        let is_error = status.is_client_error() || status.is_server_error();
        match (media_type(headers).as_deref(), is_error) {
            (Some("application/json"), true) => Self::ErrorDocument,
            (Some("text/event-stream"), true) => Self::Events,
            (_, true) => Self::ErrorText,
            (Some("application/json"), false) if status == StatusCode::OK => Self::Document,
            (Some("text/event-stream"), false) if status == StatusCode::OK => Self::Events,
            _ => Self::Unknown,
        }
    }
}

/// The one media type of the answer, in lower case.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let essence = value.to_str().ok()?.split(';').next()?.trim();
    Some(essence.to_ascii_lowercase())
}
