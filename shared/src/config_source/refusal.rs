//! What a service's error answer means: whether to try again, and what an operator can do about it.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::Service;

/// Longest error code that is shown.
const MAX_CODE: usize = 64;
/// Codes of an access key, a secret or a session token that the service does not take ("Common errors" of each API).
const CREDENTIAL_CODES: [&str; 10] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
const OTHER_REGION_CODES: [&str; 3] =
    ["PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"];

/// An answer that is not a success. Of its text only the code is kept: a message may quote what it likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    code: Option<String>,
}

/// Who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The same request may succeed in a moment.
    Later,
    /// The credentials are not valid.
    Credentials,
    /// The execution role lacks a permission.
    NotAllowed,
    /// What is named does not exist.
    Missing,
    /// The bucket is somewhere else.
    OtherRegion,
    /// None of these.
    Other,
}

impl Refusal {
    /// Reads an error answer of any of the services: AWS JSON, REST JSON, or S3's XML.
    #[must_use]
    pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
        let code = header.map(str::to_owned).or_else(|| json_code(body)).or_else(|| xml_code(body));
        Self { status, code: code.as_deref().and_then(bare_code) }
    }

    /// Whether the same request may succeed in a moment.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.meaning() == Meaning::Later
    }

    /// What to do about it, where `service` answered it.
    #[must_use]
    pub fn remedy(&self, service: Service) -> &'static str {
        match self.meaning() {
            Meaning::Later => "it is asked again with a later request, or at the next start",
            Meaning::Credentials => {
                "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN are not valid, or no longer: \
                 Lambda sets them, elsewhere renew them and start again"
            }
            Meaning::NotAllowed => permission(service),
            Meaning::Missing => existence(service),
            Meaning::OtherRegion => "keep the object in a bucket of the function's own region (AWS_REGION)",
            Meaning::Other => "look the error up in the service's API reference",
        }
    }

    fn meaning(&self) -> Meaning {
        let code = self.code.as_deref().unwrap_or_default();
        let status = self.status.as_u16();
        if code.contains("Throttl") || code == "RequestTimeout" || status == 429 || status >= 500 {
            Meaning::Later
        } else if CREDENTIAL_CODES.contains(&code) {
            Meaning::Credentials
        } else if OTHER_REGION_CODES.contains(&code) || self.status.is_redirection() {
            Meaning::OtherRegion
        } else if code.starts_with("AccessDenied") || matches!(status, 401 | 403) {
            Meaning::NotAllowed
        } else if code.ends_with("NotFound") || code == "ResourceNotFoundException" || status == 404 {
            Meaning::Missing
        } else {
            Meaning::Other
        }
    }
}

/// `AccessDeniedException (400)`, or the status alone.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        match &self.code {
            Some(code) => write!(f, "{code} ({status})"),
            None => write!(f, "{status}"),
        }
    }
}

fn permission(service: Service) -> &'static str {
    match service {
        Service::SystemsManager => {
            "allow the execution role ssm:GetParameters on the parameter, and kms:Decrypt on its key where it is a \
             SecureString"
        }
        Service::S3 => {
            "allow the execution role s3:GetObject on the object, and kms:Decrypt on its key where it has one; S3 \
             says the same of an object that does not exist"
        }
        Service::AppConfig => {
            "allow the execution role appconfig:StartConfigurationSession and appconfig:GetLatestConfiguration on \
             the configuration"
        }
    }
}

fn existence(service: Service) -> &'static str {
    match service {
        Service::SystemsManager => "create the parameter in that region",
        Service::S3 => "put the object there, or correct bucket and key",
        Service::AppConfig => {
            "correct the names of application, environment and profile, and deploy a version there once"
        }
    }
}

/// `__type` (AWS JSON) or `code` (REST JSON).
fn json_code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let code = body.get("__type").or_else(|| body.get("code")).or_else(|| body.get("Code"))?;
    code.as_str().map(str::to_owned)
}

/// The first `<Code>` ("Error responses", Amazon S3 API reference). The whole document is not worth a parser: a wrong
/// guess costs a remedy, nothing else.
fn xml_code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once('<').map(|(code, _)| code.to_owned())
}

/// The code without namespace and link: `com.amazonaws.ssm#Throttling:http://…`. What looks like none is not shown.
fn bare_code(text: &str) -> Option<String> {
    let text = text.split(':').next().unwrap_or_default();
    let code = text.rsplit('#').next().unwrap_or_default();
    let is_code = !code.is_empty()
        && code.len() <= MAX_CODE
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    is_code.then(|| code.to_owned())
}
