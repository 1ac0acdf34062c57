//! A glance at a request body: enough for errors, the audit line and retries, without judging it.
//! Linear in the body's length and without recursion into it; whatever could be read in two ways is [`Message::Other`], never a guess.

use std::borrow::Cow;

use http::HeaderMap;
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;

use super::params::{Params, Text};

const LOGGABLE_CHARS: usize = 256;

/// What a body is, as far as JSON-RPC 2.0 and MCP tell it apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A method with an id: somebody waits for an answer.
    Request(Box<Request<'a>>),
    /// A method without an id.
    Notification {
        /// The method, as long as the client made it: see [`loggable`].
        method: Cow<'a, str>,
    },
    /// A result or an error for a request of the server.
    Response,
    /// A JSON array (JSON-RPC batch, MCP 2025-03-26).
    Batch,
    /// Empty, not UTF-8 (or with a byte order mark), not JSON, no message, or ambiguous: a repeated `id`, `method`,
    /// `params`, `result` or `error`, a method beside a result, an id that is neither string nor number.
    Other,
}

/// A JSON-RPC request. Texts are as long as the client made them: see [`loggable`].
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// What an answer must repeat.
    pub id: RequestId,
    /// The method, unescaped.
    pub method: Cow<'a, str>,
    /// What the method acts on, where this method names something.
    pub target: Option<Target<'a>>,
    /// `params.protocolVersion` of `initialize`, else the `_meta` entry of MCP 2026-07-28.
    pub protocol_version: Option<Cow<'a, str>>,
    /// `params.clientInfo` of `initialize`, else the `_meta` entry of MCP 2026-07-28.
    pub client: Option<ClientInfo<'a>>,
    /// `traceparent` and `tracestate` of `_meta` (MCP 2026-07-28).
    pub trace: Option<MessageTrace<'a>>,
}

/// W3C trace context in a message, as the client wrote it.
#[derive(Debug, PartialEq, Eq)]
pub struct MessageTrace<'a> {
    /// The span above.
    pub traceparent: Cow<'a, str>,
    /// What tracing systems add to it.
    pub tracestate: Option<Cow<'a, str>>,
}

/// What a request acts on.
#[derive(Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// `params.name` of `tools/call`.
    Tool(Cow<'a, str>),
    /// `params.name` of `prompts/get`, `params.ref.name` of `completion/complete`.
    Prompt(Cow<'a, str>),
    /// `params.uri` of `resources/read`, `…/subscribe`, `…/unsubscribe`, `params.ref.uri` of `completion/complete`.
    Resource(Cow<'a, str>),
}

impl Target<'_> {
    /// The name or URI itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tool(name) | Self::Prompt(name) | Self::Resource(name) => name,
        }
    }
}

/// The client as it calls itself.
#[derive(Debug, PartialEq, Eq)]
pub struct ClientInfo<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its version, where given.
    pub version: Option<Cow<'a, str>>,
}

/// The JSON text of a request's id, a string or a number, exactly as the client wrote it: `1.0` stays `1.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }

    fn from_json(raw: &RawValue) -> Option<Self> {
        let is_string_or_number = raw.get().starts_with(|c: char| matches!(c, '"' | '-' | '0'..='9'));
        is_string_or_number.then(|| Self(raw.get().into()))
    }
}

/// The first 256 characters: for everything a client wrote that ends in a log or an audit line.
#[must_use]
pub fn loggable(text: &str) -> &str {
    text.char_indices().nth(LOGGABLE_CHARS).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// The MCP revision that a client states: in its header, else in the message.
#[must_use]
pub fn protocol_version<'a>(headers: &'a HeaderMap, message: &'a Message<'_>) -> Option<&'a str> {
    let header = headers.get("mcp-protocol-version").and_then(|value| value.to_str().ok());
    header.or(match message {
        Message::Request(request) => request.protocol_version.as_deref(),
        _ => None,
    })
}

impl<'a> Message<'a> {
    /// The client, where a request names it.
    #[must_use]
    pub fn client(&self) -> Option<&ClientInfo<'a>> {
        match self {
            Self::Request(request) => request.client.as_ref(),
            _ => None,
        }
    }

    /// The method of a request or a notification.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        match self {
            Self::Request(request) => Some(&request.method),
            Self::Notification { method } => Some(method),
            Self::Response | Self::Batch | Self::Other => None,
        }
    }

    /// The trace that a request says it belongs to.
    #[must_use]
    pub fn trace(&self) -> Option<&MessageTrace<'a>> {
        match self {
            Self::Request(request) => request.trace.as_ref(),
            _ => None,
        }
    }

    /// The id that an answer must repeat.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        match self {
            Self::Request(request) => Some(&request.id),
            _ => None,
        }
    }

    /// Looks at `body`, which may be of any length and depth.
    #[must_use]
    pub fn peek(body: &'a [u8]) -> Self {
        let Ok(text) = std::str::from_utf8(body) else { return Self::Other };
        if text.trim_ascii_start().starts_with('[') {
            let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
            return if is_json { Self::Batch } else { Self::Other };
        }
        let Ok(envelope) = serde_json::from_str::<Envelope<'a>>(text) else { return Self::Other };
        envelope.classify().unwrap_or(Self::Other)
    }
}

/// The members of a message that tell its kind. Deriving refuses repeated ones, also when they are escaped.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    fn classify(self) -> Option<Message<'a>> {
        let answers = self.result.is_some() || self.error.is_some();
        match (self.method, self.id) {
            (Some(_), _) if answers => None,
            (Some(method), Some(id)) => {
                let params = Params::read(self.params);
                Some(Message::Request(Box::new(Request {
                    id: RequestId::from_json(id)?,
                    target: params.target(&method.0),
                    protocol_version: params.protocol_version(&method.0),
                    client: params.client(&method.0),
                    trace: params.trace(),
                    method: method.0,
                })))
            }
            (Some(method), None) => Some(Message::Notification { method: method.0 }),
            (None, _) => answers.then_some(Message::Response),
        }
    }
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
