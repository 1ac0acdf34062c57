//! An MCP server that costs next to nothing: it answers what the request's body names, and verifies nothing.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;

/// The answers, each asked for by a tool of this name.
pub const SMALL_JSON: &str = "small_json";
pub const TWO_EVENTS: &str = "two_events";
pub const HUNDRED_MEGABYTES: &str = "hundred_megabytes";

/// Between the first event and the second.
const PAUSE: Duration = Duration::from_millis(10);
const CHUNK_BYTES: usize = 64 * 1024;
/// Size of the large answer.
pub const LARGE_BYTES: usize = 1600 * CHUNK_BYTES;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Answers one request.
pub async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let Ok(body) = request.into_body().collect().await else { return Ok(json("{}")) };
    let body = body.to_bytes();
    let asks_for = |tool: &str| body.windows(tool.len()).any(|window| window == tool.as_bytes());
    Ok(if asks_for(TWO_EVENTS) {
        events(stream::iter([false, true]).then(|pauses| async move {
            if pauses {
                tokio::time::sleep(PAUSE).await;
            }
            Bytes::from_static(
                b"event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n",
            )
        }))
    } else if asks_for(HUNDRED_MEGABYTES) {
        let mut event = b"data: ".to_vec();
        event.resize(CHUNK_BYTES - 2, b'x');
        event.extend_from_slice(b"\n\n");
        events(stream::repeat(Bytes::from(event)).take(LARGE_BYTES / CHUNK_BYTES))
    } else {
        json(
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"done"}],"isError":false}}"#,
        )
    })
}

fn json(body: &'static str) -> Response<Body> {
    response("application/json", Full::new(Bytes::from_static(body.as_bytes())).boxed_unsync())
}

fn events(chunks: impl futures_util::Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    let frames = chunks.map(|chunk| Ok(Frame::data(chunk)));
    response("text/event-stream", StreamBody::new(frames).boxed_unsync())
}

fn response(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
