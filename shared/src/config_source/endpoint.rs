//! The place that requests to one service go to.

use url::Url;

use super::{Service, Unreadable};
use crate::region::dns_suffix;

/// One service in one region, or wherever `AWS_ENDPOINT_URL_<SERVICE>` says.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The service.
    pub service: Service,
    /// The region that requests are signed for.
    pub region: String,
    /// Stands in for the region's own endpoint.
    pub url: Option<Url>,
}

impl Endpoint {
    /// `https://HOST` without a slash at its end.
    pub(super) fn base(&self) -> String {
        match &self.url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("https://{}", self.host()),
        }
    }

    /// The host of the region's own endpoint.
    pub(super) fn host(&self) -> String {
        let Self { service, region, .. } = self;
        format!("{}.{region}.{}", service.endpoint_prefix(), dns_suffix(region))
    }
}

/// The URL that this text is. Every part of it has been checked or encoded; what is left to fail is an override.
pub(super) fn url(text: &str) -> Result<Url, Unreadable> {
    Url::parse(text).map_err(|_| Unreadable)
}

/// Encodes every byte but the unreserved ones and those in `keep` (RFC 3986, section 2.3), as SigV4 wants it.
pub(super) fn encode(text: &str, keep: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
