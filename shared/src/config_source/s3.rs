//! S3's GetObject (Amazon S3 API reference): the request.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::IF_NONE_MATCH};

use super::{
    Endpoint, Object, Unreadable,
    endpoint::{encode, url},
};
use crate::sign::UnsignedRequest;

/// Asks for an object, unless it is still the one with this `etag`.
///
/// # Errors
/// [`Unreadable`] where the endpoint cannot be part of a URL.
pub fn get_object(
    endpoint: &Endpoint,
    object: &Object,
    etag: Option<&HeaderValue>,
) -> Result<UnsignedRequest, Unreadable> {
    let Object { bucket, key } = object;
    let key = encode(key, b"/");
    // A dot in a bucket's name makes a host name that S3's certificate does not cover.
    let address = if endpoint.url.is_none() && !bucket.contains('.') {
        format!("https://{bucket}.{}/{key}", endpoint.host())
    } else {
        format!("{}/{bucket}/{key}", endpoint.base())
    };
    let mut headers = HeaderMap::new();
    if let Some(etag) = etag {
        headers.insert(IF_NONE_MATCH, etag.clone());
    }
    Ok(UnsignedRequest { method: Method::GET, url: url(&address)?, headers, body: Bytes::new() })
}
