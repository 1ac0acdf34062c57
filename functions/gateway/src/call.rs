//! One request as every front door hands it in, and the answer it takes back.

use std::{
    fmt,
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method, Response, uri::Authority};
use http_body::{Body, Frame, SizeHint};

/// A request, whole.
#[derive(Debug)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Path as the client sent it, without the query: nothing in a query is ever read.
    pub path: String,
    /// Path without an API Gateway stage, where there is one.
    pub path_without_stage: Option<String>,
    /// Authority of a request target in absolute form, which stands for `Host`.
    pub authority: Option<Authority>,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, or why there is none.
    pub body: Result<Bytes, Unread>,
    /// The peer's address as the front door itself saw it.
    pub source: Option<IpAddr>,
    /// Goes into every answer, log line and audit line of this request.
    pub request_id: String,
    /// X-Ray's trace header, where Lambda set one.
    pub xray_trace: Option<String>,
    /// When it arrived.
    pub received: Instant,
    /// When the platform ends it.
    pub deadline: Option<Instant>,
    /// Where it came in.
    pub door: Door,
}

/// Why a body was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than allowed.
    TooLarge,
    /// The client broke off or dawdled.
    Incomplete,
}

/// The front door a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Lambda's Runtime API. A broken answer cannot be shown as broken there.
    Lambda,
    /// The plain HTTP server.
    Plain {
        /// Whether it listens on a loopback address.
        on_loopback: bool,
    },
}

impl Door {
    /// Whether only programs on the same machine can come through it.
    #[must_use]
    pub fn on_loopback(self) -> bool {
        self == Self::Plain { on_loopback: true }
    }
}

/// An answer with its body.
pub type Answer = Response<AnswerBody>;

/// The body of an answer.
pub enum AnswerBody {
    /// Known as a whole.
    Whole(Bytes),
    /// Flows as it comes.
    Stream {
        /// The chunks.
        chunks: Pin<Box<dyn Stream<Item = Result<Bytes, Broken>> + Send>>,
        /// Their bytes altogether, where the upstream said so beforehand.
        length: Option<u64>,
    },
}

/// The upstream broke off in the middle of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the upstream broke off its answer")]
pub struct Broken;

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream { .. } => f.write_str("Stream"),
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream { chunks, .. } => {
                chunks.as_mut().poll_next(cx).map(|item| item.map(|chunk| chunk.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream { length, .. } => length.map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}
