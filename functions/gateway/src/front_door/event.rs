//! An event of Lambda as a [`Call`]: function URL, HTTP API, REST API and load balancer payloads.
//! The peer's address comes from what AWS wrote, never from what a client could have written.

use std::{
    borrow::Cow,
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::{RequestExt, request::RequestContext};
use rolecall_core::rejection::Rejection;
use serde::Deserialize;

use super::runtime_api::{Invocation, MAX_EVENT_BYTES};
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
    let event = invocation.event.as_ref().ok_or(Rejection::PayloadTooLarge { limit: MAX_EVENT_BYTES })?;
    let event = str::from_utf8(event).map_err(|_| unreadable())?;
    // The library panics on bad base64 and on URIs it cannot build.
    let request = catch_unwind(AssertUnwindSafe(|| lambda_http::request::from_str(event)))
        .map_err(|_| unreadable())?
        .map_err(|_| unreadable())?;
    let origin = Origin::of(request.request_context_ref(), request.headers());
    let path = request.uri().path().to_owned();
    let path_without_stage = origin.stage.and_then(|stage| without_stage(&path, &stage));
    let (mut parts, body) = request.into_parts();
    if origin.kind == EventKind::V1 {
        restore_repeated(&mut parts.headers, event);
    }
    let call = Call {
        method: parts.method,
        path,
        path_without_stage,
        authority: None,
        headers: parts.headers,
        body: Ok(whole(body)),
        source: origin.source,
        request_id: invocation.request_id.clone(),
        xray_trace: invocation.xray_trace.clone(),
        received: Instant::now(),
        deadline: invocation.deadline,
        door: Door::Lambda,
    };
    Ok((origin.kind, call))
}

fn whole(body: lambda_http::Body) -> Bytes {
    match body {
        lambda_http::Body::Text(text) => text.into(),
        lambda_http::Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    }
}

/// What the event says about its source.
struct Origin {
    kind: EventKind,
    source: Option<IpAddr>,
    stage: Option<String>,
}

impl Origin {
    fn of(context: Option<&RequestContext>, headers: &HeaderMap) -> Self {
        let parse = |ip: Option<&String>| ip.and_then(|ip| ip.parse().ok());
        match context {
            Some(RequestContext::ApiGatewayV1(context)) => {
                let source = parse(context.identity.source_ip.as_ref());
                Self { kind: EventKind::V1, source, stage: context.stage.clone() }
            }
            Some(RequestContext::Alb(_)) => {
                Self { kind: EventKind::LoadBalancer, source: appended_forwarded_for(headers), stage: None }
            }
            Some(RequestContext::ApiGatewayV2(context)) => {
                let source = parse(context.http.source_ip.as_ref());
                Self { kind: EventKind::V2, source, stage: context.stage.clone() }
            }
            _ => Self { kind: EventKind::V2, source: None, stage: None },
        }
    }
}

/// A load balancer's event has no field for the peer: it appends the address to this header, behind whatever
/// the client wrote there, and its port where it is told to keep that.
fn appended_forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = value.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse().ok().map(|address: SocketAddr| address.ip()))
}

/// The path as a custom domain shows it, where an API Gateway stage stands before it.
fn without_stage(path: &str, stage: &str) -> Option<String> {
    let rest = path.strip_prefix('/')?.strip_prefix(stage)?;
    rest.starts_with('/').then(|| rest.to_owned())
}

#[derive(Deserialize)]
struct RepeatedHeaders<'a> {
    #[serde(borrow, rename = "multiValueHeaders")]
    multi_value_headers: Option<HashMap<Cow<'a, str>, Vec<Cow<'a, str>>>>,
}

/// The library keeps only the last of a header's lines where a REST API sends both forms.
fn restore_repeated(headers: &mut HeaderMap, event: &str) {
    let Ok(RepeatedHeaders { multi_value_headers: Some(all) }) = serde_json::from_str(event) else { return };
    for (name, values) in all.into_iter().filter(|(_, values)| values.len() > 1) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        headers.remove(&name);
        for value in values.iter().filter_map(|value| HeaderValue::from_str(value).ok()) {
            headers.append(&name, value);
        }
    }
}
