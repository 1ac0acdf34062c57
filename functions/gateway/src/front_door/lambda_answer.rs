//! An [`Answer`] as Lambda wants it: prelude and stream, or one JSON document.
//! Neither yields an error: a stream just ends, a document that cannot be made is a refusal.

use std::{collections::BTreeMap, convert::Infallible, panic::AssertUnwindSafe, time::Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE, response::Parts};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use rolecall_core::rejection::Rejection;
use serde::Serialize;

use super::{Asked, event::EventKind, runtime_api::ApiBody};
use crate::{
    call::{Answer, AnswerBody},
    handler::DEADLINE_MARGIN,
};

/// Ends the prelude of a streamed answer.
const PRELUDE_END: &[u8] = &[0; 8];
/// Largest document that Lambda takes.
const MAX_DOCUMENT_BYTES: usize = 6 * 1024 * 1024;
/// Largest document that a load balancer takes from Lambda.
const MAX_LOAD_BALANCER_BYTES: usize = 1024 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: [(); 0],
}

/// Prelude, separator and body, each a chunk of its own: `cargo lambda watch` reads the first two by their chunks. They
/// leave in one write all the same. A body that breaks, or whose making panics, just ends: an error put here would
/// reach the client as text of the answer.
pub(super) fn streamed(answer: Answer) -> ApiBody {
    let (head, body) = answer.into_parts();
    let prelude = Prelude { status_code: head.status.as_u16(), headers: joined(&head.headers), cookies: [] };
    let prelude = serde_json::to_vec(&prelude).unwrap_or_default();
    let first = stream::iter([data(prelude), data(PRELUDE_END)]);
    match body {
        AnswerBody::Whole(bytes) if bytes.is_empty() => StreamBody::new(first).boxed_unsync(),
        AnswerBody::Whole(bytes) => StreamBody::new(first.chain(stream::iter([data(bytes)]))).boxed_unsync(),
        AnswerBody::Stream { chunks, .. } => {
            let rest = AssertUnwindSafe(chunks)
                .catch_unwind()
                .map(|chunk| chunk.ok().and_then(Result::ok))
                .take_while(|chunk| std::future::ready(chunk.is_some()))
                .filter_map(|chunk| std::future::ready(chunk.map(data)));
            StreamBody::new(first.chain(rest)).boxed_unsync()
        }
    }
}

fn data(bytes: impl Into<Bytes>) -> Result<Frame<Bytes>, Infallible> {
    Ok(Frame::data(bytes.into()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<[(); 0]>,
    body: String,
    is_base64_encoded: bool,
}

/// The whole answer as one document, once its stream has ended. Nothing has been sent until then, so a broken or
/// too large answer is refused with its own status.
pub(super) async fn buffered(
    kind: EventKind,
    answer: Answer,
    asked: &Asked,
    deadline: Option<Instant>,
) -> (HeaderMap, ApiBody) {
    let collected = AssertUnwindSafe(collect(answer, max_bytes(kind), deadline)).catch_unwind().await;
    let document = match collected.unwrap_or(Err(Rejection::Internal)) {
        Ok((head, body)) => Document::new(kind, &head, body).written(kind),
        Err(rejection) => Err(rejection),
    };
    let document = document.unwrap_or_else(|rejection| refused(kind, asked, &rejection));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (headers, Full::new(Bytes::from(document)).boxed_unsync())
}

async fn collect(
    answer: Answer,
    max_bytes: usize,
    deadline: Option<Instant>,
) -> Result<(Parts, Vec<u8>), Rejection> {
    let (head, mut body) = answer.into_parts();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            if is_up(deadline) { Rejection::Deadline } else { Rejection::UpstreamUnavailable }
        })?;
        let Ok(chunk) = frame.into_data() else { continue };
        if whole.len() + chunk.len() > max_bytes {
            return Err(too_large());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok((head, whole))
}

/// Whether the answer ended because of the deadline: it then did so the margin before it.
fn is_up(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline.saturating_duration_since(Instant::now()) <= DEADLINE_MARGIN)
}

fn refused(kind: EventKind, asked: &Asked, rejection: &Rejection) -> Vec<u8> {
    let (head, body) = asked.refuse(rejection).into_parts();
    let body = if let AnswerBody::Whole(body) = body { body.into() } else { Vec::new() };
    Document::new(kind, &head, body).written(kind).unwrap_or_default()
}

impl Document {
    /// A REST API merges both forms of headers, so it gets one; a load balancer reads the one it is set to.
    /// `cargo lambda watch` cannot do without `cookies`, which only payload 2.0 has.
    fn new(kind: EventKind, head: &Parts, body: Vec<u8>) -> Self {
        let (body, is_base64_encoded) = match String::from_utf8(body) {
            Ok(text) => (text, false),
            Err(error) => (BASE64_STANDARD.encode(error.as_bytes()), true),
        };
        Self {
            status_code: head.status.as_u16(),
            status_description: (kind == EventKind::LoadBalancer).then(|| head.status.to_string()),
            headers: (kind != EventKind::V1).then(|| joined(&head.headers)),
            multi_value_headers: (kind != EventKind::V2).then(|| listed(&head.headers)),
            cookies: (kind == EventKind::V2).then_some([]),
            body,
            is_base64_encoded,
        }
    }

    /// As JSON, whose escapes count towards the limit.
    fn written(&self, kind: EventKind) -> Result<Vec<u8>, Rejection> {
        let json = serde_json::to_vec(self).map_err(|_| Rejection::Internal)?;
        if json.len() > max_bytes(kind) { Err(too_large()) } else { Ok(json) }
    }
}

fn max_bytes(kind: EventKind) -> usize {
    match kind {
        EventKind::LoadBalancer => MAX_LOAD_BALANCER_BYTES,
        EventKind::V1 | EventKind::V2 => MAX_DOCUMENT_BYTES,
    }
}

fn too_large() -> Rejection {
    tracing::warn!(
        "the answer is too large for this front door; let the function answer with RESPONSE_STREAM"
    );
    Rejection::Internal
}

/// Repeated headers as one comma list (RFC 9110 section 5.3): the prelude has one value per name.
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    listed(headers).into_iter().map(|(name, values)| (name, values.join(", "))).collect()
}

fn listed(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut lists = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        lists.entry(name.to_string()).or_default().push(value);
    }
    lists
}
