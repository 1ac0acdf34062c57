//! The Lambda front door: takes one event after the other and hands in its answer, streamed or whole.
//! Whatever an event holds, it is answered as an HTTP request and the next one is taken.

use std::convert::Infallible;

use super::{
    Asked, Handler, answer,
    event::{EventKind, read_event},
    lambda_answer::{buffered, streamed},
    runtime_api::{Invocation, RuntimeApi, streaming_headers},
};
use crate::{call::Answer, environment::ResponseMode};

pub use super::runtime_api::RuntimeApiError;

/// Polls for events until the Runtime API is gone.
///
/// # Errors
/// [`RuntimeApiError`], when no further event can be had.
pub async fn serve(
    runtime_api: &str,
    mode: ResponseMode,
    handler: impl Handler,
) -> Result<Infallible, RuntimeApiError> {
    let mut api = RuntimeApi::new(runtime_api);
    loop {
        let invocation = api.next().await?;
        let Answered { kind, asked, answer } = handle(&invocation, handler.clone()).await;
        let handed_in = match mode {
            ResponseMode::Streaming => api.respond(&invocation, streaming_headers(), streamed(answer)).await,
            ResponseMode::Buffered => {
                let (headers, body) = buffered(kind, answer, &asked, invocation.deadline).await;
                api.respond(&invocation, headers, body).await
            }
        };
        if let Err(error) = handed_in {
            let request_id = invocation.request_id;
            tracing::warn!(request_id, reason = %error, "the Runtime API did not take the answer");
        }
        handler.settle(invocation.deadline).await;
    }
}

/// Tells Lambda why the function does not start, so that the reason stands beside the failed invocation too.
pub async fn report_failed_start(runtime_api: &str, reason: &str) {
    if let Err(error) = RuntimeApi::new(runtime_api).report_failed_start(reason).await {
        tracing::warn!(reason = %error, "the Runtime API did not take the report");
    }
}

struct Answered {
    kind: EventKind,
    asked: Asked,
    answer: Answer,
}

async fn handle(invocation: &Invocation, handler: impl Handler) -> Answered {
    match read_event(invocation) {
        Ok((kind, call)) => Answered { kind, asked: Asked::by(&call), answer: answer(&handler, call).await },
        Err(rejection) => {
            let asked = Asked::unread(&invocation.request_id);
            Answered { kind: EventKind::V2, answer: asked.refuse(&rejection), asked }
        }
    }
}
