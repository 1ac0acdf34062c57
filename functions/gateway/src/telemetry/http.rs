//! The exporter's requests over the gateway's own HTTP client.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, ResponseBodyTooLarge};
use reqwest::Client;

/// A collector answers with a few bytes; whatever else it is need not be read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Statuses after which the same request is worth another attempt (OTLP specification, "OTLP/HTTP Response",
/// "Retryable Response Codes"), and the one by which a server gives up waiting for us.
const RETRYABLE: [u16; 5] = [408, 429, 502, 503, 504];

/// The client, as the exporter wants it.
#[derive(Debug)]
pub(super) struct CollectorHttp {
    client: Client,
    last_answer: LastAnswer,
}

/// Status of the last request's answer, 0 before it: the exporter's errors do not tell it.
#[derive(Clone, Debug, Default)]
pub(super) struct LastAnswer(Arc<AtomicU16>);

impl CollectorHttp {
    /// Requests over this client.
    pub(super) fn new(client: Client) -> Self {
        Self { client, last_answer: LastAnswer::default() }
    }

    /// The answer to the last request; of use where one is sent at a time.
    pub(super) fn last_answer(&self) -> LastAnswer {
        self.last_answer.clone()
    }
}

impl LastAnswer {
    /// Whether the collector has decided on the last request, and would decide no differently the next time.
    pub(super) fn is_final(&self) -> bool {
        let status = self.0.load(Ordering::Relaxed);
        status != 0 && !RETRYABLE.contains(&status)
    }

    fn note(&self, status: u16) {
        self.0.store(status, Ordering::Relaxed);
    }
}

#[async_trait]
impl HttpClient for CollectorHttp {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.last_answer.note(0);
        let mut answer = self.client.execute(request.try_into()?).await?;
        self.last_answer.note(answer.status().as_u16());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len().saturating_add(chunk.len()) > MAX_ANSWER_BYTES {
                return Err(Box::new(ResponseBodyTooLarge::new()));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_answers_are_worth_another_attempt() {
        for (status, is_final) in [
            (0, false),
            (200, true),
            (400, true),
            (401, true),
            (404, true),
            (408, false),
            (413, true),
            (429, false),
            (500, true),
            (502, false),
            (503, false),
            (504, false),
        ] {
            let answer = LastAnswer::default();
            answer.note(status);
            assert_eq!(answer.is_final(), is_final, "{status}");
        }
    }
}
