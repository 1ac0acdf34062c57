//! The yardstick: a reverse proxy of the gateway's own stack (hyper in front, reqwest behind) that streams both ways
//! and does nothing else.

use http::{HeaderMap, Request, Response, header};
use hyper::body::Incoming;
use reqwest::{Body, Client, redirect};

/// A client with the gateway's settings.
pub fn client() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .tcp_nodelay(true)
        .build()
        .unwrap()
}

/// Passes one request on.
pub async fn pass(
    client: Client,
    upstream: String,
    request: Request<Incoming>,
) -> reqwest::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let url = format!("{upstream}{}", head.uri.path());
    let answer = client
        .request(head.method, url)
        .headers(end_to_end(head.headers))
        .body(Body::wrap(body))
        .send()
        .await?;
    let (mut head, body) = Response::<Body>::from(answer).into_parts();
    head.headers = end_to_end(head.headers);
    Ok(Response::from_parts(head, body))
}

/// Without what is between two neighbours only.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}
