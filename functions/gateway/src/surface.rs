//! Station *front door*, for every door alike: which request this is, who may ask from a browser, and what all
//! answers have in common.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE};
use rolecall_core::{
    config::Config,
    front_door::{
        Preflight, Route, check_host, check_origin, endpoint_cors_headers, endpoint_preflight_headers,
        metadata_cors_headers, metadata_document, metadata_preflight_headers, route,
    },
    mcp::RequestId,
    rejection::{Refusal, Rejection},
};

use crate::call::{Answer, AnswerBody, Call, Door, Unread};

/// What can be answered without a station, and the dress of what cannot.
pub struct Surface {
    config: Arc<Config>,
}

/// A request to the MCP endpoint.
pub struct Admitted {
    /// The request.
    pub call: Call,
    /// Why it goes no further, where it does not.
    pub entry: Result<(), Rejection>,
}

impl Surface {
    /// The surface that this configuration describes.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        Self { config }
    }

    /// Lets requests to the MCP endpoint in.
    ///
    /// # Errors
    /// The answer to every other request.
    pub fn enter(&self, call: Call) -> Result<Admitted, Box<Answer>> {
        let route = self.route(&call);
        let entry = self.check(&call, route);
        if matches!(route, Route::Mcp | Route::MethodNotAllowed { on_endpoint: true, .. }) {
            return Ok(Admitted { call, entry });
        }
        Err(Box::new(match entry {
            Ok(()) => self.own_answer(&call, route),
            Err(rejection) => self.refused(&call, &rejection, None),
        }))
    }

    fn route(&self, call: &Call) -> Route {
        let resource = &self.config.resource;
        match (route(&call.method, &call.path, resource), &call.path_without_stage) {
            (Route::NotFound, Some(path)) => route(&call.method, path, resource),
            (found, _) => found,
        }
    }

    fn check(&self, call: &Call, route: Route) -> Result<(), Rejection> {
        let resource = &self.config.resource;
        let limit = self.config.limits.max_request_bytes;
        let on_loopback = call.door.on_loopback();
        if matches!(call.door, Door::Plain { .. }) && route != Route::Health {
            check_host(&call.headers, call.authority.as_ref(), resource, on_loopback)?;
        }
        match route {
            Route::NotFound => return Err(Rejection::NotFound { mcp_path: resource.mcp_path.clone() }),
            Route::MethodNotAllowed { on_endpoint: false, allow } => {
                return Err(Rejection::MethodNotAllowed { allow });
            }
            Route::Health | Route::Metadata | Route::Preflight(Preflight::Metadata) => return Ok(()),
            Route::Mcp | Route::Preflight(Preflight::Mcp) | Route::MethodNotAllowed { .. } => {}
        }
        check_origin(&call.headers, resource, &self.config.allowed_origins, on_loopback)?;
        match route {
            Route::MethodNotAllowed { allow, .. } => Err(Rejection::MethodNotAllowed { allow }),
            _ => match &call.body {
                Ok(body) if body.len() <= limit => Ok(()),
                Ok(_) | Err(Unread::TooLarge) => Err(Rejection::PayloadTooLarge { limit }),
                Err(Unread::Incomplete) => Err(Rejection::Unreadable("its body did not arrive in time")),
            },
        }
    }

    fn own_answer(&self, call: &Call, route: Route) -> Answer {
        let (status, headers, body) = match route {
            Route::Health => {
                let body = concat!(r#"{"status":"ok","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
                (StatusCode::OK, json_headers("no-store"), Bytes::from_static(body.as_bytes()))
            }
            Route::Metadata => {
                let mut headers = json_headers("public, max-age=300");
                headers.extend(metadata_cors_headers());
                let document = metadata_document(&self.config).unwrap_or_default();
                (StatusCode::OK, headers, Bytes::from(document))
            }
            Route::Preflight(Preflight::Metadata) => {
                (StatusCode::NO_CONTENT, metadata_preflight_headers(&call.headers), Bytes::new())
            }
            _ => {
                let headers = endpoint_preflight_headers(&call.headers, self.allowed_origin(call));
                (StatusCode::NO_CONTENT, headers, Bytes::new())
            }
        };
        let body = if call.method == Method::HEAD { Bytes::new() } else { body };
        finished(call, status, headers, AnswerBody::Whole(body))
    }

    /// The answer to a request that the gateway refuses.
    #[must_use]
    pub fn refused(&self, call: &Call, rejection: &Rejection, rpc_id: Option<&RequestId>) -> Answer {
        let refusal = Refusal { rejection, request_id: &call.request_id, rpc_id };
        let mut headers = refusal.headers(&self.config);
        headers.extend(endpoint_cors_headers(self.allowed_origin(call)));
        let body = Bytes::from(refusal.body(Some(&self.config)));
        finished(call, rejection.row().status, headers, AnswerBody::Whole(body))
    }

    /// Dresses an answer of the MCP server.
    #[must_use]
    pub fn relayed(&self, call: &Call, answer: Answer) -> Answer {
        let (head, body) = answer.into_parts();
        let mut headers = head.headers;
        headers.extend(endpoint_cors_headers(self.allowed_origin(call)));
        finished(call, head.status, headers, body)
    }

    fn allowed_origin<'a>(&self, call: &'a Call) -> Option<&'a HeaderValue> {
        let Config { resource, allowed_origins, .. } = &*self.config;
        check_origin(&call.headers, resource, allowed_origins, call.door.on_loopback()).ok().flatten()
    }
}

fn json_headers(cache_control: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers
}

/// The request id is on every answer, so that a user can name it and an operator find it.
fn finished(call: &Call, status: StatusCode, mut headers: HeaderMap, body: AnswerBody) -> Answer {
    if let Ok(id) = HeaderValue::from_str(&call.request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
