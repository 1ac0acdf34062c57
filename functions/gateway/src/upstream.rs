//! The MCP server over the network: sends signed requests, and hands on answers whose beginning has been
//! looked at where a repair may be due.

use std::{pin::Pin, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use reqwest::Client;
use rolecall_core::{authorize::EventFilter, rejection::Rejection, sign::SignedRequest};
use tokio::time::{Instant, timeout_at};

use crate::call::Broken;

const JSON: &[u8] = b"application/json";
/// Error documents come with their headers; what takes longer is an answer in the making and flows as it comes.
const PEEK_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends requests to the one configured MCP server.
pub struct Upstream {
    client: Client,
    response_timeout: Duration,
}

/// Chunks of an answer as they arrive.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, Broken>> + Send>>;

/// An answer of the MCP server: headers, the part of the body already read, and the rest.
pub struct UpstreamAnswer {
    /// Status.
    pub status: StatusCode,
    /// Headers as they came.
    pub headers: HeaderMap,
    /// What [`Self::peek`] has read.
    pub beginning: Bytes,
    /// `None` when `beginning` is all there is.
    pub rest: Option<Chunks>,
    /// Its `content-length`.
    pub length: Option<u64>,
    /// What reads its events before they go back.
    pub filter: Option<EventFilter>,
}

impl Upstream {
    /// Sends over this client; headers must come within `response_timeout`.
    #[must_use]
    pub fn new(client: Client, response_timeout: Duration) -> Self {
        Self { client, response_timeout }
    }

    /// Sends a request once and waits for the answer's headers.
    ///
    /// # Errors
    /// [`Rejection::UpstreamUnavailable`] or [`Rejection::UpstreamTimeout`].
    pub async fn send(&self, request: SignedRequest) -> Result<UpstreamAnswer, Rejection> {
        let (method, url, mut headers, body) = request.into_parts();
        if body.is_empty() && method == Method::POST {
            // The library leaves it out; servers answer 411 to that (RFC 9110 section 8.6).
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut request = self.client.request(method, url).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        let answer = tokio::time::timeout(self.response_timeout, request.send())
            .await
            .map_err(|_| Rejection::UpstreamTimeout)?
            .map_err(|error| unreachable(&error))?;
        if answer.status().is_redirection() {
            tracing::warn!(
                status = answer.status().as_u16(),
                "the MCP server redirects; set upstream.url to its final address"
            );
            return Err(Rejection::UpstreamUnavailable);
        }
        let length = answer.content_length();
        Ok(UpstreamAnswer {
            status: answer.status(),
            headers: answer.headers().clone(),
            beginning: Bytes::new(),
            length,
            rest: (length != Some(0)).then(|| chunks(answer)),
            filter: None,
        })
    }
}

fn chunks(answer: reqwest::Response) -> Chunks {
    Box::pin(answer.bytes_stream().map(|chunk| chunk.map_err(|_| Broken)))
}

/// The library's text may quote the URL, which is configuration; it holds no header.
fn unreachable(error: &reqwest::Error) -> Rejection {
    let step = if error.is_connect() { "connecting" } else { "waiting for an answer" };
    let cause = std::iter::successors(std::error::Error::source(error), |cause| cause.source()).last();
    let cause = cause.map(ToString::to_string).unwrap_or_default();
    tracing::warn!(step, cause, "the MCP server cannot be reached");
    Rejection::UpstreamUnavailable
}

impl UpstreamAnswer {
    /// Whether this may be a JSON answer of at most `limit` bytes.
    #[must_use]
    pub fn is_short_json(&self, limit: usize) -> bool {
        let content_type = self.headers.get(CONTENT_TYPE).map_or(b"".as_slice(), HeaderValue::as_bytes);
        let is_json = content_type.get(..JSON.len()).is_some_and(|start| start.eq_ignore_ascii_case(JSON));
        is_json && self.length.is_none_or(|length| length <= limit as u64)
    }

    /// Reads on until more than `limit` bytes are there, the answer has ended or broken, or two seconds have
    /// passed; says whether the whole body is in `beginning` now.
    pub async fn peek(&mut self, limit: usize) -> bool {
        let patience = Instant::now() + PEEK_TIMEOUT;
        let mut read = BytesMut::from(std::mem::take(&mut self.beginning));
        while let Some(rest) = &mut self.rest
            && read.len() <= limit
        {
            match timeout_at(patience, rest.next()).await {
                Err(_) => break,
                Ok(Some(Ok(chunk))) => read.extend_from_slice(&chunk),
                Ok(None) => self.rest = None,
                Ok(Some(Err(Broken))) => {
                    self.rest = Some(Box::pin(futures_util::stream::iter([Err(Broken)])));
                    break;
                }
            }
        }
        self.beginning = read.freeze();
        self.rest.is_none()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_dawdles_after_its_headers_is_not_held_back() {
        let began = stream::iter([Ok(Bytes::from_static(b"{\"js"))]);
        let mut answer = UpstreamAnswer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            beginning: Bytes::new(),
            length: None,
            rest: Some(Box::pin(began.chain(stream::pending()))),
            filter: None,
        };
        let asked = Instant::now();
        assert!(!answer.peek(1024).await, "it has not ended");
        assert_eq!(asked.elapsed(), PEEK_TIMEOUT);
        assert_eq!(answer.beginning, "{\"js");
        assert!(answer.rest.is_some(), "the rest flows on");
    }
}
