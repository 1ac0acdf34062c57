//! Station *front door*: the ways in. Each turns what it receives into a [`Call`] and an [`Answer`] back into
//! what it sends; everything between is the same for all of them.

pub mod lambda;
pub mod plain;

mod event;
mod lambda_answer;
mod runtime_api;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use rolecall_core::{
    mcp::{Message, RequestId},
    rejection::{Refusal, Rejection},
};

use crate::call::{Answer, AnswerBody, Call};

/// What answers calls: the gateway, or a test's stand-in.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers one call.
    fn handle(&self, call: Call) -> impl Future<Output = Answer> + Send;

    /// Ends what the call has begun beside its answer, at the latest at `deadline`: Lambda freezes a process
    /// between events.
    fn settle(&self, deadline: Option<Instant>) -> impl Future<Output = ()> + Send {
        let _ = deadline;
        std::future::ready(())
    }
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
    let asked = Asked::by(&call);
    AssertUnwindSafe(async { handler.handle(call).await })
        .catch_unwind()
        .await
        .unwrap_or_else(|_| asked.refuse(&Rejection::Internal))
}

/// What a door keeps of a request, to answer it itself where the handler cannot.
struct Asked {
    request_id: String,
    body: Option<Bytes>,
}

impl Asked {
    fn by(call: &Call) -> Self {
        Self { request_id: call.request_id.clone(), body: call.body.clone().ok() }
    }

    /// For a request that never became a [`Call`].
    fn unread(request_id: &str) -> Self {
        Self { request_id: request_id.to_owned(), body: None }
    }

    fn refuse(&self, rejection: &Rejection) -> Answer {
        let rpc_id = self.rpc_id();
        let refusal = Refusal { rejection, request_id: &self.request_id, rpc_id: rpc_id.as_ref() };
        let mut answer = Response::new(AnswerBody::Whole(refusal.body(None).into()));
        *answer.status_mut() = rejection.row().status;
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(value) = HeaderValue::from_str(&self.request_id) {
            answer.headers_mut().insert("x-request-id", value);
        }
        answer
    }

    /// Reading the body may be what the handler died of.
    fn rpc_id(&self) -> Option<RequestId> {
        let body = self.body.as_ref()?;
        catch_unwind(AssertUnwindSafe(|| Message::peek(body).request_id().cloned())).ok()?
    }
}
