//! The MCP server over the network: sends signed requests, and hands on answers whose beginning has been
//! looked at where a repair may be due.

use std::{pin::Pin, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use reqwest::Client;
use rolecall_core::{rejection::Rejection, sign::SignedRequest};

use crate::call::Broken;

const JSON: &[u8] = b"application/json";

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
        let (method, url, headers, body) = request.into_parts();
        let has_body = !body.is_empty() || method == http::Method::POST;
        let mut request = self.client.request(method, url).headers(headers);
        if has_body {
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

    /// Reads on until more than `limit` bytes are there or the answer has ended or broken; says whether the
    /// whole body is in `beginning` now.
    pub async fn peek(&mut self, limit: usize) -> bool {
        let mut read = BytesMut::from(std::mem::take(&mut self.beginning));
        while let Some(rest) = &mut self.rest
            && read.len() <= limit
        {
            match rest.next().await {
                Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                None => self.rest = None,
                Some(Err(Broken)) => {
                    self.rest = Some(Box::pin(futures_util::stream::iter([Err(Broken)])));
                    break;
                }
            }
        }
        self.beginning = read.freeze();
        self.rest.is_none()
    }
}
