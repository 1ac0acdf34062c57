//! GetParameters of Systems Manager (AWS JSON 1.1).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::service::{Service, lock};
use crate::{
    Result,
    server::{Body, json as json_response},
    stack::REGION,
    verifier::{Rejection, Verifier},
};

const MAX_NAMES: usize = 10;

/// A running Parameter Store. Every parameter is a SecureString.
#[derive(Debug)]
pub struct ParameterStore {
    service: Service,
    parameters: Parameters,
}

/// Name → values; the version is the number of the value.
type Parameters = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

impl ParameterStore {
    pub(super) async fn start(verifier: Verifier) -> Result<Self> {
        let parameters = Parameters::default();
        let shared = Arc::clone(&parameters);
        let answer = move |request: &Request<Bytes>| get_parameters(request, &shared);
        Ok(Self { service: Service::start(verifier, Rejection::response, answer).await?, parameters })
    }

    /// The server.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Writes a parameter: its next version.
    pub fn put(&self, name: &str, value: impl Into<String>) {
        lock(&self.parameters).entry(name.to_owned()).or_default().push(value.into());
    }

    /// Deletes a parameter with all its versions.
    pub fn delete(&self, name: &str) {
        lock(&self.parameters).remove(name);
    }

    /// What Systems Manager answers where a permission is lacking.
    #[must_use]
    pub fn access_denied() -> Rejection {
        refusal("AccessDeniedException", "User is not authorized to perform: ssm:GetParameters")
    }
}

fn get_parameters(
    request: &Request<Bytes>,
    parameters: &Parameters,
) -> std::result::Result<Response<Body>, Rejection> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if request.uri().path() != "/" || header("x-amz-target") != Some("AmazonSSM.GetParameters") {
        return Err(refusal("UnknownOperationException", ""));
    }
    let body: Value = match header("content-type") {
        Some("application/x-amz-json-1.1") => serde_json::from_slice(request.body()).unwrap_or_default(),
        _ => return Err(refusal("SerializationException", "")),
    };
    let names: Vec<&str> =
        body.get("Names").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let distinct: BTreeSet<&&str> = names.iter().collect();
    if names.is_empty() || names.len() > MAX_NAMES || distinct.len() < names.len() {
        return Err(refusal("ValidationException", "Names must have 1 to 10 distinct members"));
    }
    let decrypts = body.get("WithDecryption") == Some(&Value::Bool(true));
    let stored = lock(parameters);
    let (found, missing): (Vec<_>, Vec<_>) = names
        .iter()
        .map(|name| (name, find(&stored, name, decrypts)))
        .partition(|(_, found)| found.is_some());
    let found: Vec<Value> = found.into_iter().filter_map(|(_, found)| found).collect();
    let missing: Vec<_> = missing.into_iter().map(|(name, _)| name).collect();
    let answer = json!({"Parameters": found, "InvalidParameters": missing});
    Ok(json_response(StatusCode::OK, &answer))
}

fn find(stored: &BTreeMap<String, Vec<String>>, asked: &str, decrypts: bool) -> Option<Value> {
    let own = format!("arn:aws:ssm:{REGION}:111122223333:parameter");
    let path = asked.strip_prefix(&own).unwrap_or(asked);
    let (name, selector) = path.split_once(':').map_or((path, None), |(name, version)| (name, Some(version)));
    let values = stored.get(name)?;
    let version = selector.map_or(Some(values.len()), |version| version.parse().ok())?;
    let value = values.get(version.checked_sub(1)?)?;
    let arn = format!("{own}/{}", name.trim_start_matches('/'));
    let value = if decrypts { value } else { "AQICAHhencrypted" };
    let selector = selector.map(|selector| format!(":{selector}"));
    Some(json!({
        "Name": name, "ARN": arn, "Type": "SecureString", "Value": value, "Version": version, "Selector": selector,
    }))
}

fn refusal(error_type: &str, message: &str) -> Rejection {
    Rejection { status: StatusCode::BAD_REQUEST, error_type: error_type.into(), message: message.into() }
}
