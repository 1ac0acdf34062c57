//! Station *front door*: the ways in. Each turns what it receives into a [`Call`] and an [`Answer`] back into
//! what it sends; everything between is the same for all of them.

pub mod lambda;
pub mod plain;

mod event;
mod lambda_answer;
mod runtime_api;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use rolecall_core::rejection::{Refusal, Rejection};

use crate::call::{Answer, AnswerBody, Call};

/// What answers calls: the gateway, or a test's stand-in.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers one call.
    fn handle(&self, call: Call) -> impl Future<Output = Answer> + Send;
}

impl<H, F> Handler for H
where
    H: Fn(Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send,
{
    fn handle(&self, call: Call) -> impl Future<Output = Answer> + Send {
        self(call)
    }
}

/// The handler's answer, or a 500 where it panicked.
async fn answer(handler: &impl Handler, call: Call) -> Answer {
    let request_id = call.request_id.clone();
    AssertUnwindSafe(handler.handle(call))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| refuse(&Rejection::Internal, &request_id))
}

/// An answer to a request that never became a [`Call`] or whose handler died.
fn refuse(rejection: &Rejection, request_id: &str) -> Answer {
    let body = Refusal { rejection, request_id, rpc_id: None }.body(None);
    let mut answer = Response::new(AnswerBody::Whole(body.into()));
    *answer.status_mut() = rejection.row().status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        answer.headers_mut().insert("x-request-id", value);
    }
    answer
}
