//! URLs and origins of the configuration.
//!
//! What is accepted means the same to every parser: no user information, no fragment, nothing a parser rewrites.

use std::net::IpAddr;

use url::{Host, Url};

use super::field::Field;

/// An absolute http or https URL without user information and fragment, as written and parsed.
pub(super) fn web<'a>(field: &Field<'a>) -> Option<(&'a str, Url)> {
    let text = field.text()?;
    let Some(url) = parse(text) else {
        refuse_unparsed(field, text, "is not an absolute URL", "write https://<host>/<path>");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        field.reject("carries a user name or password", "remove what stands before the @");
        return None;
    }
    if !matches!(url.scheme(), "https" | "http") {
        field.refuse("is not https", "write a URL that starts with https://");
        return None;
    }
    if url.fragment().is_some() {
        field.refuse("has a fragment", "remove the # and what follows");
        return None;
    }
    Some((text, url))
}

/// [`web`], and https unless the host is loopback.
pub(super) fn secure<'a>(field: &Field<'a>) -> Option<(&'a str, Url)> {
    let (text, url) = web(field)?;
    if !is_https_or_loopback(&url) {
        field.refuse(
            "is not https",
            "write a URL that starts with https:// (http is for 127.0.0.0/8, ::1 and localhost)",
        );
        return None;
    }
    Some((text, url))
}

/// [`secure`], without a query.
pub(super) fn secure_without_query<'a>(field: &Field<'a>) -> Option<(&'a str, Url)> {
    let (text, url) = secure(field)?;
    if url.query().is_some() {
        field.refuse("has a query", "remove the ? and what follows");
        return None;
    }
    Some((text, url))
}

/// [`secure_without_query`], with a path that needs no escapes: it is compared and signed as text.
pub(super) fn endpoint<'a>(field: &Field<'a>) -> Option<(&'a str, Url)> {
    let (text, url) = secure_without_query(field)?;
    if url.path().contains('%') || !path_is_as_written(text, &url) {
        field.refuse(
            "has a path that needs escapes or normalising",
            "write a path of letters, digits and - . _ ~ /, without . and .. segments",
        );
        return None;
    }
    Some((text, url))
}

/// A web origin (RFC 6454) in its ASCII serialisation.
pub(super) fn origin(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let problem = match text {
        "*" => "would let any web site call with a user's token",
        "null" => "is the origin of every sandboxed page",
        text => match serialised_origin(text) {
            Some(origin) => return Some(origin),
            None => "is not an origin",
        },
    };
    let remedy = "write <scheme>://<host> or <scheme>://<host>:<port>, for example https://app.example.com";
    refuse_unparsed(field, text, problem, remedy);
    None
}

/// Shows the value unless it may hold a password.
fn refuse_unparsed(field: &Field<'_>, text: &str, problem: &str, remedy: &str) {
    if text.contains('@') { field.reject(problem, remedy) } else { field.refuse(problem, remedy) }
}

fn serialised_origin(text: &str) -> Option<String> {
    let (_, authority) = text.split_once("://")?;
    if authority.contains(['/', '?', '#', '@']) {
        return None;
    }
    let url = parse(text)?;
    let origin = url.origin();
    if origin.is_tuple() {
        return Some(origin.ascii_serialization());
    }
    // Schemes of browser extensions: the browser sends scheme and host in lower case.
    Some(format!("{}://{}", url.scheme(), authority.to_ascii_lowercase()))
}

/// Whether a remote party may be reached under this URL: https, or http to a loopback address.
#[must_use]
pub fn is_https_or_loopback(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// `127.0.0.0/8`, `::1` or `localhost`.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// The URL, unless the parser would have to repair it: it drops white space and line ends, turns `\` into `/`, and
/// finds a host behind any number of slashes.
fn parse(text: &str) -> Option<Url> {
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return None;
    }
    let (_, rest) = text.split_once("://")?;
    if rest.is_empty() || rest.starts_with('/') {
        return None;
    }
    Url::parse(text).ok().filter(Url::has_host)
}

fn path_is_as_written(text: &str, url: &Url) -> bool {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    match rest.split_once('/') {
        Some((_, path)) => url.path().strip_prefix('/') == Some(path),
        None => true,
    }
}
