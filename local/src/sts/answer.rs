//! STS's XML answers (query protocol, version 2011-06-15).
//! Everything that came from a caller is escaped on its way in.

use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderValue, Response, StatusCode};

use super::{refusal::Refusal, registry::Credentials};
use crate::server::{Body, text};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// What a successful call says besides the credentials.
pub(super) struct Success<'a> {
    pub(super) action: &'a str,
    pub(super) credentials: &'a Credentials,
    pub(super) assumed_role_arn: String,
    pub(super) packed_size: Option<usize>,
    /// What only this operation answers.
    pub(super) details: Vec<(&'static str, String)>,
}

pub(super) fn success(success: &Success<'_>, request_id: &str) -> Response<Body> {
    let Credentials { identity, secret_access_key, session_token, expires } = success.credentials;
    let expiration = DateTime::<Utc>::from(*expires).to_rfc3339_opts(SecondsFormat::Secs, true);
    // The SDKs deprecate the first name in favour of the second; old and new ones find theirs.
    let packed = |name| success.packed_size.map(|size| element(name, &size.to_string())).unwrap_or_default();
    let result = [
        tag(
            "Credentials",
            &[
                element("AccessKeyId", &identity.access_key_id),
                element("SecretAccessKey", secret_access_key),
                element("SessionToken", session_token),
                element("Expiration", &expiration),
            ],
        ),
        tag(
            "AssumedRoleUser",
            &[
                element("AssumedRoleId", &format!("{}:{}", identity.role_id, identity.session_name)),
                element("Arn", &success.assumed_role_arn),
            ],
        ),
        packed("PackedPolicySize"),
        packed("SessionTokenUtilization"),
        success.details.iter().map(|(name, value)| element(name, value)).collect(),
    ];
    let action = success.action;
    let body = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\">{}{}</{action}Response>",
        tag(&format!("{action}Result"), &result),
        tag("ResponseMetadata", &[element("RequestId", request_id)]),
    );
    xml(StatusCode::OK, body, request_id)
}

pub(super) fn error(refusal: &Refusal, request_id: &str) -> Response<Body> {
    let kind = if refusal.status.is_server_error() { "Receiver" } else { "Sender" };
    let error = [element("Type", kind), element("Code", &refusal.code), element("Message", &refusal.message)];
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">{}{}</ErrorResponse>",
        tag("Error", &error),
        element("RequestId", request_id),
    );
    xml(refusal.status, body, request_id)
}

fn xml(status: StatusCode, body: String, request_id: &str) -> Response<Body> {
    let mut response = text(status, "text/xml", body);
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}

fn tag(name: &str, children: &[String]) -> String {
    format!("<{name}>{}</{name}>", children.concat())
}

fn element(name: &str, value: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{name}>{value}</{name}>")
}
