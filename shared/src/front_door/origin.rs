//! Protection against web pages that call a local or internal server (MCP transports, DNS rebinding): the `Origin` check of
//! the endpoint and the `Host` check of the plain server. What can't be read is refused.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::{
    HeaderMap, HeaderValue,
    header::{HOST, ORIGIN},
    uri::Authority,
};
use url::{Host, Url};

use crate::config::Resource;

/// Why a request's `Origin` is not acceptable (`origin_not_allowed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginRefused {
    /// More than one `Origin` line.
    #[error("the request has more than one Origin")]
    Repeated,
    /// No serialised origin (RFC 6454 section 6.2); also `null`.
    #[error("the Origin is not a scheme, host and port")]
    Malformed,
    /// An origin, but none of those that may call.
    #[error("this Origin may not call; add it to allowedOrigins if it should")]
    NotAllowed,
}

/// Why a request's `Host` is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostRefused {
    /// No `Host` (RFC 9112 section 3.2 requires one).
    #[error("the request has no Host")]
    Missing,
    /// More than one `Host` line.
    #[error("the request has more than one Host")]
    Repeated,
    /// No host with an optional port.
    #[error("the Host is not a host with an optional port")]
    Malformed,
    /// Another host than the resource's.
    #[error("this Host is not the one of resourceUrl")]
    NotAllowed,
}

/// The origin that may call, for the CORS headers; `None` where the request has no `Origin` (it is from no web page).
///
/// Allowed are `allowed_origins`, the resource's own origin and, where `on_loopback` says the server listens there only,
/// every `http` or `https` origin on a loopback host.
///
/// # Errors
/// Every other `Origin`.
pub fn check_origin<'a>(
    headers: &'a HeaderMap,
    resource: &Resource,
    allowed_origins: &[String],
    on_loopback: bool,
) -> Result<Option<&'a HeaderValue>, OriginRefused> {
    let mut lines = headers.get_all(ORIGIN).iter();
    let Some(value) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(OriginRefused::Repeated);
    }
    let origin = value.to_str().map_err(|_| OriginRefused::Malformed)?;
    if origin == "null" {
        return Err(OriginRefused::Malformed);
    }
    let is_listed = origin == resource.origin || allowed_origins.iter().any(|allowed| allowed == origin);
    if is_listed {
        return Ok(Some(value));
    }
    let url = Url::parse(origin).map_err(|_| OriginRefused::Malformed)?;
    // A scheme without origins of its own, such as an editor's, can only be listed.
    if url.origin().is_tuple() && url.origin().ascii_serialization() != origin {
        return Err(OriginRefused::Malformed);
    }
    let is_web = matches!(url.scheme(), "http" | "https");
    let is_local = on_loopback && is_web && url.host().as_ref().is_some_and(is_loopback);
    if is_local { Ok(Some(value)) } else { Err(OriginRefused::NotAllowed) }
}

/// Whether the plain server is addressed by its own name: the resource's host or, `on_loopback`, a loopback name or address.
/// Ports are not compared: a proxy or a container may map them.
///
/// `target` is the authority of a request target in absolute form, which replaces `Host` (RFC 9112 section 3.2.2).
///
/// # Errors
/// Every other host, and none.
pub fn check_host(
    headers: &HeaderMap,
    target: Option<&Authority>,
    resource: &Resource,
    on_loopback: bool,
) -> Result<(), HostRefused> {
    let mut lines = headers.get_all(HOST).iter();
    let line = lines.next();
    if lines.next().is_some() {
        return Err(HostRefused::Repeated);
    }
    let host = match (target, line) {
        (Some(target), _) => host_of(target)?,
        (None, Some(line)) => {
            host_of(&Authority::try_from(line.as_bytes()).map_err(|_| HostRefused::Malformed)?)?
        }
        (None, None) => return Err(HostRefused::Missing),
    };
    let own = Url::parse(&resource.origin).ok();
    let own = own.as_ref().and_then(Url::host).map(|own| own.to_owned());
    let is_own = own.is_some_and(|own| own == host);
    let is_local = on_loopback && is_loopback(&host);
    if is_own || is_local { Ok(()) } else { Err(HostRefused::NotAllowed) }
}

fn host_of(authority: &Authority) -> Result<Host, HostRefused> {
    if authority.as_str().contains('@') {
        return Err(HostRefused::Malformed);
    }
    Host::parse(authority.host()).map_err(|_| HostRefused::Malformed)
}

/// RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3.
fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => Ipv4Addr::is_loopback(address),
        Host::Ipv6(address) => Ipv6Addr::is_loopback(address),
    }
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
