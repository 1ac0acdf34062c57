//! An event of Lambda as a [`Call`]: function URL, HTTP API, REST API and load balancer payloads.

use std::{net::IpAddr, panic::AssertUnwindSafe, panic::catch_unwind, time::Instant};

use bytes::Bytes;
use http::HeaderMap;
use lambda_http::{RequestExt, request::RequestContext};
use rolecall_core::rejection::Rejection;

use super::runtime_api::Invocation;
use crate::call::{Call, Door};

/// Which answer document the event's source expects in buffered mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    /// REST API.
    V1,
    /// HTTP API and function URL.
    V2,
    /// Application load balancer.
    LoadBalancer,
}

/// Reads the event.
pub(super) fn read_event(invocation: &Invocation) -> Result<(EventKind, Call), Rejection> {
    let unreadable = || Rejection::Unreadable("the Lambda event is not an HTTP request of a known kind");
    let event = str::from_utf8(&invocation.event).map_err(|_| unreadable())?;
    // The library panics on bad base64 and on URIs it cannot build.
    let request = catch_unwind(AssertUnwindSafe(|| lambda_http::request::from_str(event)))
        .map_err(|_| unreadable())?
        .map_err(|_| unreadable())?;
    let (kind, source) = origin(request.request_context_ref(), request.headers());
    let path = request.uri().path().to_owned();
    let path_without_stage = Some(request.raw_http_path().to_owned()).filter(|raw| *raw != path);
    let (parts, body) = request.into_parts();
    let call = Call {
        method: parts.method,
        path,
        path_without_stage,
        authority: None,
        headers: parts.headers,
        body: Some(whole(body)),
        source,
        request_id: invocation.request_id.clone(),
        xray_trace: invocation.xray_trace.clone(),
        received: Instant::now(),
        deadline: invocation.deadline,
        door: Door::Lambda,
    };
    Ok((kind, call))
}

fn whole(body: lambda_http::Body) -> Bytes {
    match body {
        lambda_http::Body::Text(text) => text.into(),
        lambda_http::Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    }
}

fn origin(context: Option<&RequestContext>, headers: &HeaderMap) -> (EventKind, Option<IpAddr>) {
    match context {
        Some(RequestContext::ApiGatewayV1(context)) => {
            (EventKind::V1, context.identity.source_ip.as_deref().and_then(|ip| ip.parse().ok()))
        }
        Some(RequestContext::Alb(_)) => (EventKind::LoadBalancer, appended_forwarded_for(headers)),
        Some(RequestContext::ApiGatewayV2(context)) => {
            (EventKind::V2, context.http.source_ip.as_deref().and_then(|ip| ip.parse().ok()))
        }
        _ => (EventKind::V2, None),
    }
}

/// A load balancer's event has no field for the peer: it appends the address to this header, behind whatever
/// the client wrote there.
fn appended_forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next()?.trim().parse().ok()
}
