//! GetObject of S3, path style.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::service::{Service, lock};
use crate::{
    Result,
    server::{Body, text},
    verifier::{Rejection, Verifier},
};

/// A running S3.
#[derive(Debug)]
pub struct ObjectStore {
    service: Service,
    objects: Objects,
}

/// `BUCKET/KEY` → the object and the number of its version.
type Objects = Arc<Mutex<BTreeMap<Vec<u8>, (Bytes, u32)>>>;

impl ObjectStore {
    pub(super) async fn start(verifier: Verifier) -> Result<Self> {
        let objects = Objects::default();
        let shared = Arc::clone(&objects);
        let answer = move |request: &Request<Bytes>| get_object(request, &shared);
        Ok(Self { service: Service::start(verifier, xml_error, answer).await?, objects })
    }

    /// The server.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Writes an object.
    pub fn put(&self, bucket: &str, key: &str, object: impl Into<Bytes>) {
        let mut objects = lock(&self.objects);
        let entry = objects.entry(format!("{bucket}/{key}").into_bytes()).or_default();
        *entry = (object.into(), entry.1 + 1);
    }

    /// What S3 answers where a permission is lacking.
    #[must_use]
    pub fn access_denied() -> Rejection {
        refusal(StatusCode::FORBIDDEN, "AccessDenied")
    }
}

fn get_object(request: &Request<Bytes>, objects: &Objects) -> std::result::Result<Response<Body>, Rejection> {
    if request.method() != Method::GET || request.uri().query().is_some() {
        return Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"));
    }
    if !request.headers().contains_key("x-amz-content-sha256") {
        return Err(refusal(StatusCode::BAD_REQUEST, "MissingSecurityHeader"));
    }
    let path = request.uri().path();
    let name = decoded(path.strip_prefix('/').unwrap_or(path));
    let (object, version) =
        lock(objects).get(&name).cloned().ok_or_else(|| refusal(StatusCode::NOT_FOUND, "NoSuchKey"))?;
    let etag = format!("\"{version:032x}\"").parse().unwrap_or(HeaderValue::from_static("\"\""));
    let is_known = request.headers().get(header::IF_NONE_MATCH) == Some(&etag);
    let (status, body) =
        if is_known { (StatusCode::NOT_MODIFIED, Bytes::new()) } else { (StatusCode::OK, object) };
    let mut response = text(status, "binary/octet-stream", body);
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

fn decoded(path: &str) -> Vec<u8> {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (escape, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(escape, 16));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

fn xml_error(rejection: &Rejection) -> Response<Body> {
    let Rejection { status, error_type, message } = rejection;
    let body = format!(
        "<?xml version=\"1.0\"?>\n<Error><Code>{error_type}</Code><Message>{message}</Message></Error>"
    );
    text(*status, "application/xml", body)
}

fn refusal(status: StatusCode, code: &str) -> Rejection {
    Rejection { status, error_type: code.into(), message: String::new() }
}
