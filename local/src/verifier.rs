//! SigV4 verification in front of the MCP server and of AssumeRole, by an implementation that is not the gateway's signer.
//! An [`Identity`] comes out only for a signature over exactly the bytes received, with credentials that STS issued.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use chrono::Utc;
use http::{HeaderValue, Request, Response, StatusCode};
use scratchstack_aws_signature::{
    GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey, SignatureError, SignatureOptions,
    VecSignedHeaderRequirements, service_for_signing_key_fn, sigv4_validate_request,
};
use serde_json::json;

use crate::{
    server::{Body, json as json_response},
    sts::{Identity, Refused, Registry},
};

/// Headers that a client of AWS must sign; the library adds those that SigV4 itself demands.
const SIGNED_HEADERS: [&str; 1] = ["host"];
const SIGNED_IF_PRESENT: [&str; 1] = ["content-type"];
const SIGNED_PREFIXES: [&str; 1] = ["x-amz-"];
const PAYLOAD_HASH: &str = "x-amz-content-sha256";

/// Checks requests for one service in one region.
#[derive(Debug, Clone)]
pub struct Verifier {
    registry: Registry,
    region: String,
    service: String,
}

/// Why a request was refused, as AWS answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status.
    pub status: StatusCode,
    /// The error type, as in `x-amzn-errortype`.
    pub error_type: String,
    /// The message for people.
    pub message: String,
}

impl Verifier {
    /// A verifier for `service` in `region` that knows the credentials of `registry`.
    #[must_use]
    pub fn new(registry: Registry, region: &str, service: &str) -> Self {
        Self { registry, region: region.into(), service: service.into() }
    }

    /// Verifies a request and says whose it is.
    ///
    /// # Errors
    /// The answer to give instead.
    pub async fn verify(&self, request: &Request<Bytes>) -> Result<Identity, Rejection> {
        check_payload_hash(request)?;
        let resolved = Arc::new(OnceLock::new());
        let (registry, found) = (self.registry.clone(), Arc::clone(&resolved));
        // Named first: as an argument it would be taken for a closure that can be called only once.
        let lookup = move |wanted: GetSigningKeyRequest| {
            std::future::ready(signing_key(&registry, &found, &wanted).map_err(Into::into))
        };
        let mut signing_key = service_for_signing_key_fn(lookup);
        let required =
            VecSignedHeaderRequirements::new(&SIGNED_HEADERS, &SIGNED_IF_PRESENT, &SIGNED_PREFIXES);
        sigv4_validate_request(
            request.clone(),
            &self.region,
            &self.service,
            &mut signing_key,
            Utc::now(),
            &required,
            if self.service == "s3" { SignatureOptions::S3 } else { SignatureOptions::default() },
        )
        .await
        .map_err(|error| Rejection::from_library(error.downcast_ref::<SignatureError>()))?;
        resolved.get().cloned().ok_or_else(|| Rejection::from_library(None))
    }
}

impl Rejection {
    /// The HTTP answer: JSON, with the type in `x-amzn-errortype` as AWS's JSON services do.
    pub(crate) fn response(&self) -> Response<Body> {
        let body = json!({ "__type": self.error_type, "message": self.message });
        let mut response = json_response(self.status, &body);
        if let Ok(value) = HeaderValue::from_str(&self.error_type) {
            response.headers_mut().insert("x-amzn-errortype", value);
        }
        response
    }

    fn new(error_type: &str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, error_type: error_type.into(), message: message.into() }
    }

    fn from_library(error: Option<&SignatureError>) -> Self {
        let Some(error) = error else {
            return Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                error_type: "InternalFailure".into(),
                message: "The signature could not be checked".into(),
            };
        };
        let error_type = match error {
            SignatureError::ExpiredToken(_) => "ExpiredTokenException",
            SignatureError::InvalidClientTokenId(_) => "UnrecognizedClientException",
            SignatureError::MissingAuthenticationToken(_) => "MissingAuthenticationTokenException",
            SignatureError::IncompleteSignature(_) => "IncompleteSignatureException",
            _ => "InvalidSignatureException",
        };
        Self::new(error_type, error.to_string())
    }
}

/// Where the payload's hash is sent along, it must be the payload's.
fn check_payload_hash(request: &Request<Bytes>) -> Result<(), Rejection> {
    let Some(claimed) = request.headers().get(PAYLOAD_HASH) else { return Ok(()) };
    let hash = digest(&SHA256, request.body());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    if claimed.as_bytes() == hash.as_bytes() {
        return Ok(());
    }
    let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    Err(Rejection::new("InvalidSignatureException", message))
}

fn signing_key(
    registry: &Registry,
    found: &OnceLock<Identity>,
    wanted: &GetSigningKeyRequest,
) -> Result<GetSigningKeyResponse, SignatureError> {
    let unrecognized = || {
        SignatureError::InvalidClientTokenId("The security token included in the request is invalid.".into())
    };
    let credentials =
        registry.resolve(wanted.access_key(), wanted.session_token()).map_err(|refused| match refused {
            Refused::Unknown => unrecognized(),
            Refused::Expired => {
                SignatureError::ExpiredToken("The security token included in the request is expired".into())
            }
        })?;
    let secret: KSecretKey = credentials.secret_access_key.parse().map_err(|_| unrecognized())?;
    let key = secret.to_ksigning(wanted.request_date(), wanted.region(), wanted.service());
    let response = GetSigningKeyResponse::builder().signing_key(key).build().map_err(|_| unrecognized())?;
    // Only a failed signature can come after this, and then nobody reads it.
    let _ = found.set(credentials.identity);
    Ok(response)
}
