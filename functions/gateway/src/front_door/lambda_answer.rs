//! An [`Answer`] as Lambda wants it: prelude and stream, or one JSON document.

use std::{collections::BTreeMap, convert::Infallible, panic::AssertUnwindSafe};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use rolecall_core::rejection::Rejection;
use serde::Serialize;

use super::{event::EventKind, refuse, runtime_api::ApiBody};
use crate::call::{Answer, AnswerBody};

/// Ends the prelude of a streamed answer.
const PRELUDE_END: [u8; 8] = [0; 8];
/// Lambda takes 6 MB of JSON; base64 needs a third more than the body has.
const MAX_BUFFERED_BYTES: usize = 4 * 1024 * 1024 + 256 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: [(); 0],
}

/// Prelude, separator and body. A stream that breaks, or whose making panics, just ends: an error put here
/// would reach the client as text of the answer.
pub(super) fn streamed(answer: Answer) -> ApiBody {
    let (head, body) = answer.into_parts();
    let prelude = Prelude { status_code: head.status.as_u16(), headers: joined(&head.headers), cookies: [] };
    let mut first = serde_json::to_vec(&prelude).unwrap_or_default();
    first.extend_from_slice(&PRELUDE_END);
    match body {
        AnswerBody::Whole(bytes) => {
            first.extend_from_slice(&bytes);
            Full::new(Bytes::from(first)).boxed_unsync()
        }
        AnswerBody::Stream { chunks, .. } => {
            let first = futures_util::stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from(first)))]);
            let rest = AssertUnwindSafe(chunks)
                .catch_unwind()
                .map(|chunk| chunk.ok().and_then(Result::ok))
                .take_while(|chunk| std::future::ready(chunk.is_some()))
                .filter_map(|chunk| std::future::ready(chunk.map(Frame::data).map(Ok)));
            StreamBody::new(first.chain(rest)).boxed_unsync()
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: String,
    is_base64_encoded: bool,
}

/// The whole answer as one document, when its stream has ended.
pub(super) async fn buffered(kind: EventKind, answer: Answer) -> (HeaderMap, ApiBody) {
    let answer = collect(answer).await;
    let (head, body) = answer.into_parts();
    let (body, is_base64_encoded) = match String::from_utf8(body) {
        Ok(text) => (text, false),
        Err(error) => (BASE64_STANDARD.encode(error.as_bytes()), true),
    };
    let document = Document {
        status_code: head.status.as_u16(),
        status_description: (kind == EventKind::LoadBalancer).then(|| head.status.to_string()),
        headers: joined(&head.headers),
        multi_value_headers: (kind != EventKind::V2).then(|| listed(&head.headers)),
        body,
        is_base64_encoded,
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (headers, Full::new(Bytes::from(serde_json::to_vec(&document).unwrap_or_default())).boxed_unsync())
}

async fn collect(answer: Answer) -> http::Response<Vec<u8>> {
    let (head, mut body) = answer.into_parts();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(Ok(chunk)) = frame.map(Frame::into_data) else { break };
        if whole.len() + chunk.len() > MAX_BUFFERED_BYTES {
            return too_large(&head.headers);
        }
        whole.extend_from_slice(&chunk);
    }
    http::Response::from_parts(head, whole)
}

fn too_large(headers: &HeaderMap) -> http::Response<Vec<u8>> {
    let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::warn!(request_id, "the answer is too large for a buffered function; use RESPONSE_STREAM");
    let (head, body) = refuse(&Rejection::Internal, request_id).into_parts();
    let AnswerBody::Whole(body) = body else { return status_only(head.status) };
    http::Response::from_parts(head, body.to_vec())
}

fn status_only(status: StatusCode) -> http::Response<Vec<u8>> {
    let mut answer = http::Response::new(Vec::new());
    *answer.status_mut() = status;
    answer
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
