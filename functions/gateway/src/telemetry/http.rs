//! The exporter's requests over the gateway's own HTTP client.

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, ResponseBodyTooLarge};
use reqwest::Client;

/// A collector answers with a few bytes; whatever else it is need not be read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The client, as the exporter wants it.
#[derive(Debug)]
pub(super) struct CollectorHttp(pub(super) Client);

#[async_trait]
impl HttpClient for CollectorHttp {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
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
