//! The fields of an audit line; what a request never reached stays out of its line.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_types::{DateTime, date_time::Format};
use serde::Serialize;

use super::{EventType, Outcome};

/// One line of the audit stream.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Line {
    pub audit_id: String,
    pub time: String,
    #[serde(rename = "type")]
    pub event_type: EventType,
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<Aws>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp: Option<Mcp>,
    /// Repairs made on the way, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<&'static str>,
    pub timing_ms: Timing,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
}

/// Who: only what the issuer signed.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Subject {
    pub issuer: String,
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Who acts for the subject, the current actor first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub act: Vec<Actor>,
}

/// One link of a delegation chain (RFC 8693 section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Actor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// What was asked for.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Target {
    pub server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

/// In which role. `access_key_id` and `session_name` are what CloudTrail shows.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Aws {
    pub role_arn: String,
    /// Index in `roleMappings`, or `fallback`.
    pub mapping: String,
    pub account: String,
    pub session_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumed_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// `cached` or `exchanged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sts_request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_request_id: Option<String>,
}

/// What policies said, where they were asked.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Policy {
    /// `allow` or `deny`.
    pub decision: &'static str,
    /// Ids of the policies that determined it.
    pub policies: Vec<String>,
}

/// The MCP exchange around the call.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Mcp {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// SHA-256 of the session id, hex, first 16 characters: it correlates and cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Client>,
}

/// What the client says it is.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Client {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Milliseconds per station, with three decimals.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Timing {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_role: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorize: Option<f64>,
    /// Of `authorize`: asking the MCP server for its list of tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_list: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<f64>,
    /// Until the upstream's headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<f64>,
    pub total: f64,
}

/// Body sizes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Bytes {
    pub request: u64,
    pub response: u64,
}

/// What was said, where the configuration asks for it: redacted and shortened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the field names are the published schema")]
pub struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
}

/// RFC 3339, UTC, milliseconds.
#[must_use]
pub fn timestamp(now: SystemTime) -> String {
    let millis = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    DateTime::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
        .fmt(Format::DateTimeWithOffset)
        .unwrap_or_default()
}
