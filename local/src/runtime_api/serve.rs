//! The Runtime API's own protocol: polls, answers, errors.
//! An answer's bytes are noted frame by frame, before the next frame is asked for.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpStream;

use super::{Chunk, Event, MAX_BUFFERED_ANSWER_BYTES, Outcome, PollFault, Progress, State, lock};
use crate::server::{self, Body, Hangup};

const BASE: &str = "/2018-06-01/runtime/";

pub(super) async fn connection(stream: TcpStream, state: Arc<State>) {
    let service = service_fn(|request| answer(request, &state));
    // A function that is stopped breaks off its poll.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, state: &State) -> Result<Response<Body>, Hangup> {
    let path = request.uri().path().strip_prefix(BASE).unwrap_or_default().to_owned();
    let steps: Vec<&str> = path.split('/').collect();
    match (request.method(), steps.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(state).await,
        (&Method::POST, ["invocation", id, "response"]) => Ok(state.response(id, request).await),
        (&Method::POST, ["invocation", id, "error"]) => Ok(state.error(id, request).await),
        (&Method::POST, ["init", "error"]) => Ok(state.init_error(request).await),
        _ => Ok(refusal(StatusCode::NOT_FOUND, "no such path")),
    }
}

async fn next(state: &State) -> Result<Response<Body>, Hangup> {
    state.polls.send_modify(|polls| polls.push(Instant::now()));
    let fault = lock(&state.poll_faults).pop_front();
    match fault {
        Some(PollFault::Hangup) => return Err(Hangup),
        Some(PollFault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(refusal(status, "failed on purpose"));
        }
        None => {}
    }
    let Some(event) = state.waiting.lock().await.recv().await else { return Err(Hangup) };
    state.follow(&event.request_id, |progress| progress.taken_at = Some(Instant::now()));
    Ok(invocation(event))
}

fn invocation(event: Event) -> Response<Body> {
    let mut response = server::text(StatusCode::OK, "application/json", event.body);
    let deadline = Some(event.deadline_ms.to_string());
    let headers = [
        ("lambda-runtime-aws-request-id", Some(event.request_id)),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-trace-id", event.trace_id),
        ("lambda-runtime-invocation-id", event.invocation_id),
    ];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

impl State {
    async fn response(&self, id: &str, request: Request<Incoming>) -> Response<Body> {
        let (head, mut body) = request.into_parts();
        let is_streamed = is_streamed(&head.headers);
        self.follow(id, |progress| progress.headers = head.headers);
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return self.broken(id, StatusCode::BAD_REQUEST) };
            let Ok(bytes) = frame.into_data() else { continue };
            length += bytes.len();
            if !is_streamed && length > MAX_BUFFERED_ANSWER_BYTES {
                return self.broken(id, StatusCode::PAYLOAD_TOO_LARGE);
            }
            let chunk = Chunk { at: Instant::now(), bytes };
            self.follow(id, |progress| progress.chunks.push(chunk));
        }
        self.end(id, Outcome::Complete)
    }

    async fn error(&self, id: &str, request: Request<Incoming>) -> Response<Body> {
        self.end(id, Outcome::Error(whole(request).await))
    }

    async fn init_error(&self, request: Request<Incoming>) -> Response<Body> {
        let report = serde_json::from_slice(&whole(request).await).unwrap_or_default();
        self.init_errors.send_modify(|reports| reports.push(report));
        accepted()
    }

    fn end(&self, id: &str, outcome: Outcome) -> Response<Body> {
        let known = self.follow(id, |progress| {
            progress.outcome = Some(outcome);
            progress.ended_at = Some(Instant::now());
        });
        if known { accepted() } else { refusal(StatusCode::FORBIDDEN, "no such invocation") }
    }

    fn broken(&self, id: &str, status: StatusCode) -> Response<Body> {
        self.end(id, Outcome::Broken);
        refusal(status, "the answer cannot be taken")
    }

    /// Notes something about an invocation, and says whether there is one that is still open.
    fn follow(&self, id: &str, note: impl FnOnce(&mut Progress)) -> bool {
        let mut invocations = lock(&self.invocations);
        let Some(progress) = invocations.get(id) else { return false };
        progress.send_modify(note);
        if progress.borrow().outcome.is_some() {
            invocations.remove(id);
        }
        true
    }
}

fn is_streamed(headers: &HeaderMap) -> bool {
    headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming")
}

async fn whole(request: Request<Incoming>) -> Bytes {
    request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

fn accepted() -> Response<Body> {
    server::json(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    server::json(status, &json!({ "errorMessage": message, "errorType": "RolecallLocal.Refused" }))
}
