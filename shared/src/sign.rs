//! Station *sign*: SigV4 over exactly the bytes and headers that are sent.
//!
//! Invariant: a [`SignedRequest`] is never changed after it was signed, and only one can be sent.

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign as sigv4},
    sign::v4,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use url::Url;

use crate::exchange::Credentials;

/// A request as it will be sent, but for the signature.
#[derive(Clone, Debug)]
pub struct UnsignedRequest {
    /// Method.
    pub method: Method,
    /// The configured endpoint.
    pub url: Url,
    /// Every header that is sent besides `host` and those the signature adds.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
}

/// A request whose signature covers what is in it.
#[derive(Debug)]
pub struct SignedRequest(UnsignedRequest);

/// The request cannot be signed. Only configuration or a library could cause it: no caller's input does.
#[derive(Debug, thiserror::Error)]
#[error("the upstream request cannot be signed: {0}")]
pub struct SigningError(String);

/// Signs `host`, `content-type`, `x-amz-content-sha256`, `x-amz-date` and `x-amz-security-token`, and nothing
/// else: signatures over headers that a proxy may touch fail.
///
/// Source: "Create a signed AWS API request", IAM User Guide. A `content-type` that is not visible ASCII has no
/// canonical form and is sent unsigned, together with any other line of that name.
///
/// # Errors
/// [`SigningError`] where the endpoint or the service name cannot be part of a canonical request.
pub fn sign(
    mut request: UnsignedRequest,
    credentials: &Credentials,
    region: &str,
    service: &str,
    now: SystemTime,
) -> Result<SignedRequest, SigningError> {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let params = v4::SigningParams::builder()
        .identity(credentials.identity())
        .region(region)
        .name(service)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| SigningError(error.to_string()))?
        .into();
    let content_types: Result<Vec<&str>, _> =
        request.headers.get_all(CONTENT_TYPE).iter().map(HeaderValue::to_str).collect();
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.url.as_str(),
        content_types.unwrap_or_default().into_iter().map(|value| (CONTENT_TYPE.as_str(), value)),
        SignableBody::Bytes(&request.body),
    )
    .map_err(|error| SigningError(error.to_string()))?;
    let (instructions, _signature) =
        sigv4(signable, &params).map_err(|error| SigningError(error.to_string()))?.into_parts();

    for header in instructions.into_parts().0 {
        let mut value =
            HeaderValue::from_str(header.value()).map_err(|error| SigningError(error.to_string()))?;
        value.set_sensitive(header.sensitive());
        request.headers.insert(header.name(), value);
    }
    Ok(SignedRequest(request))
}

impl SignedRequest {
    /// What to send, unchanged.
    #[must_use]
    pub fn into_parts(self) -> (Method, Url, HeaderMap, Bytes) {
        let UnsignedRequest { method, url, headers, body } = self.0;
        (method, url, headers, body)
    }
}
