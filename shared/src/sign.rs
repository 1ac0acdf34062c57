//! Station *sign*: SigV4 over exactly the bytes and headers that are sent.
//!
//! Invariant: a [`SignedRequest`] is never changed after it was signed, and only one can be sent.

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign as sigv4,
    },
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
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

/// Signs with the credentials of a role session, as [`sign_as`].
///
/// # Errors
/// As [`sign_as`].
pub fn sign(
    request: UnsignedRequest,
    credentials: &Credentials,
    region: &str,
    service: &str,
    now: SystemTime,
) -> Result<SignedRequest, SigningError> {
    sign_as(request, credentials.identity(), region, service, now)
}

/// Signs `host`, `content-type` and `x-amz-*`, and nothing else: signatures over headers that a proxy may touch fail.
/// `x-amz-content-sha256`, `x-amz-date` and `x-amz-security-token` are added here.
///
/// Source: "Create a signed AWS API request", IAM User Guide. A `content-type` that is not visible ASCII has no
/// canonical form and is sent unsigned, together with any other line of that name.
///
/// # Errors
/// [`SigningError`] where the endpoint or the service name cannot be part of a canonical request.
pub fn sign_as(
    mut request: UnsignedRequest,
    identity: &Identity,
    region: &str,
    service: &str,
    now: SystemTime,
) -> Result<SignedRequest, SigningError> {
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(settings(service))
        .build()
        .map_err(|error| SigningError(error.to_string()))?
        .into();
    let content_types: Result<Vec<&str>, _> =
        request.headers.get_all(CONTENT_TYPE).iter().map(HeaderValue::to_str).collect();
    let content_types =
        content_types.unwrap_or_default().into_iter().map(|value| (CONTENT_TYPE.as_str(), value));
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.url.as_str(),
        content_types.chain(aws_headers(&request.headers)),
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

/// S3 takes a path as it is sent; everybody else signs it encoded once more and without empty segments.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    settings
}

fn aws_headers(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let of_aws = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-amz-"));
    of_aws.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
}

impl SignedRequest {
    /// What to send, unchanged.
    #[must_use]
    pub fn into_parts(self) -> (Method, Url, HeaderMap, Bytes) {
        let UnsignedRequest { method, url, headers, body } = self.0;
        (method, url, headers, body)
    }
}
