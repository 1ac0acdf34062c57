//! Systems Manager's GetParameters (SSM API reference; AWS JSON 1.1): request and answer.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::json;

use super::{Endpoint, Unreadable, endpoint::url};
use crate::sign::UnsignedRequest;

/// Names that one call takes.
pub const MAX_NAMES: usize = 10;

/// What a call brought. What does not exist is not in it.
#[derive(Debug, Default)]
pub struct Parameters(Vec<StoredParameter>);

/// One parameter's value and version.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredParameter {
    name: String,
    #[serde(rename = "ARN", default)]
    arn: String,
    selector: Option<String>,
    /// The value, decrypted.
    pub value: String,
    /// Counts the values that the parameter has had.
    pub version: u64,
}

/// A value may be secret.
impl std::fmt::Debug for StoredParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredParameter({}, version {})", self.name, self.version)
    }
}

/// Asks for these names, at most [`MAX_NAMES`] and each only once.
///
/// # Errors
/// [`Unreadable`] where the endpoint cannot be part of a URL.
pub fn get_parameters(endpoint: &Endpoint, names: &[&str]) -> Result<UnsignedRequest, Unreadable> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    let target = HeaderValue::from_static("AmazonSSM.GetParameters");
    headers.insert(HeaderName::from_static("x-amz-target"), target);
    Ok(UnsignedRequest {
        method: Method::POST,
        url: url(&format!("{}/", endpoint.base()))?,
        headers,
        body: Bytes::from(json!({"Names": names, "WithDecryption": true}).to_string()),
    })
}

/// Reads the answer.
///
/// # Errors
/// [`Unreadable`].
pub fn parameters(body: &[u8]) -> Result<Parameters, Unreadable> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "Parameters")]
        parameters: Vec<StoredParameter>,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    Ok(Parameters(answer.parameters))
}

impl Parameters {
    /// The parameter that was asked for under this name or ARN, selector included.
    #[must_use]
    pub fn get(&self, asked: &str) -> Option<&StoredParameter> {
        self.0.iter().find(|one| {
            let is_asked =
                |name: &str| asked.strip_prefix(name) == Some(one.selector.as_deref().unwrap_or_default());
            is_asked(&one.name) || is_asked(&one.arn)
        })
    }
}
