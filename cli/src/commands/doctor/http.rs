//! One HTTP client for all hops: bounded in time and size, and never a redirect.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, StatusCode, header};
use reqwest::{Client, RequestBuilder, Response};
use rolecall_gateway::http_client::{client, tls};
use serde_json::Value;
use url::Url;

use super::{sse, token::Token};

/// Larger than any metadata or list of tools that a client would take.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Longest piece of a foreign text that is repeated.
const MAX_SHOWN_CHARS: usize = 300;

/// Asks the gateway at one URL.
pub(super) struct Asker {
    client: Client,
    url: Url,
    token: Option<Token>,
    timeout: Duration,
}

/// A whole answer.
pub(super) struct Heard {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

/// Why there is none.
pub(super) struct Unheard {
    pub(super) facts: String,
    pub(super) remedy: &'static str,
}

impl Asker {
    pub(super) fn new(url: Url, token: Option<Token>, timeout: Duration) -> Result<Self, String> {
        let tls = tls().map_err(|error| error.to_string())?;
        let client = client(tls, timeout).map_err(|error| error.to_string())?;
        Ok(Self { client, url, token, timeout })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The gateway's origin with another path.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url.set_query(None);
        url
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url).timeout(self.timeout).header(header::USER_AGENT, USER_AGENT)
    }

    /// A JSON-RPC message to the endpoint, as clients send it.
    pub(super) fn message(&self, body: &Value) -> RequestBuilder {
        self.request(Method::POST, self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(body.to_string())
    }

    /// Sends it and reads the whole answer; of an event stream, as far as the response to a request.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Heard, Unheard> {
        let begun = Instant::now();
        let response = request.send().await.map_err(|error| unheard(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.body(response).await?;
        Ok(Heard { status, headers, body, took: begun.elapsed() })
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Unheard> {
        let is_stream = sse::is_stream(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unheard(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY_BYTES {
                return Err(Unheard {
                    facts: format!("the answer is larger than {MAX_BODY_BYTES} bytes"),
                    remedy: "check that the URL is the gateway's",
                });
            }
            if is_stream && sse::response(&body).is_some() {
                break;
            }
        }
        Ok(body)
    }

    /// Text of the other side, on one line, short and without the token.
    pub(super) fn shown(&self, text: &str) -> String {
        let text = match &self.token {
            Some(token) => text.replace(token.secret(), "[token]"),
            None => text.to_owned(),
        };
        let mut shown: String =
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SHOWN_CHARS).collect();
        if text.chars().nth(MAX_SHOWN_CHARS).is_some() {
            shown.push('…');
        }
        shown
    }
}

const USER_AGENT: &str = concat!("rolecall-doctor/", env!("CARGO_PKG_VERSION"));

impl Heard {
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The JSON-RPC response, in JSON or in the event stream.
    pub(super) fn message(&self) -> Option<Value> {
        if sse::is_stream(&self.headers) { sse::response(&self.body) } else { self.json() }
    }
}

/// The library's words may hold the URL, which the caller knows, and nothing secret; the innermost say most.
fn unheard(error: &reqwest::Error) -> Unheard {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_timeout() {
        return Unheard {
            facts: "no answer in time".to_owned(),
            remedy: "check that the address is reachable from here; see --timeout",
        };
    }
    let remedy = if error.is_connect() {
        "check the host name, the port, and that the gateway runs and is reachable from here"
    } else {
        "something on the way breaks the connection: ask again, then look at proxies and the gateway's log"
    };
    Unheard { facts: innermost.to_string(), remedy }
}
