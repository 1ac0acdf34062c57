//! The Lambda front door: takes one event after the other and hands in its answer, streamed or whole.

use std::convert::Infallible;

use super::{
    Handler, answer,
    event::{EventKind, read_event},
    lambda_answer::{buffered, streamed},
    refuse,
    runtime_api::{Invocation, RuntimeApi, streaming_headers},
};
use crate::{call::Answer, environment::ResponseMode};

pub use super::runtime_api::RuntimeApiError;

/// Polls for events until the Runtime API is gone.
///
/// # Errors
/// [`RuntimeApiError::Unreachable`].
pub async fn serve(
    runtime_api: &str,
    mode: ResponseMode,
    handler: impl Handler,
) -> Result<Infallible, RuntimeApiError> {
    let mut api = RuntimeApi::new(runtime_api);
    loop {
        let invocation = match api.next().await {
            Ok(invocation) => invocation,
            Err(error @ RuntimeApiError::Unreachable(_)) => return Err(error),
            Err(RuntimeApiError::Protocol) => continue,
        };
        let (kind, answer) = handle(&invocation, handler.clone()).await;
        let handed_in = match mode {
            ResponseMode::Streaming => api.respond(&invocation, streaming_headers(), streamed(answer)).await,
            ResponseMode::Buffered => {
                let (headers, body) = buffered(kind, answer).await;
                api.respond(&invocation, headers, body).await
            }
        };
        if handed_in.is_err() {
            tracing::warn!(request_id = invocation.request_id, "the Runtime API did not take the answer");
        }
    }
}

async fn handle(invocation: &Invocation, handler: impl Handler) -> (EventKind, Answer) {
    match read_event(invocation) {
        Ok((kind, call)) => (kind, answer(&handler, call).await),
        Err(rejection) => (EventKind::V2, refuse(&rejection, &invocation.request_id)),
    }
}
