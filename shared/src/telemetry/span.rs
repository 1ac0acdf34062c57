//! What a request's spans say about it. No argument, credential, claim or full session id is in them.

use std::borrow::Cow;

use super::{
    label::{mcp_method, names::*},
    laps::{Lap, Sent, Station},
    measure::error_type,
};
use crate::{
    audit::{Line, Outcome},
    mcp::method::TOOLS_CALL,
};

/// Name, attributes and state of a span; ids and times are its recorder's.
#[derive(Debug)]
pub struct SpanFacts {
    /// Its name, of bounded values.
    pub name: Cow<'static, str>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Whether it failed as OpenTelemetry counts: a server's 4xx is the client's failure.
    pub is_error: bool,
}

/// An attribute with its name.
pub type Attribute = (&'static str, AttributeValue);

/// An attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text.
    Text(Cow<'static, str>),
    /// A whole number.
    Integer(i64),
}

impl From<&'static str> for AttributeValue {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u16> for AttributeValue {
    fn from(number: u16) -> Self {
        Self::Integer(number.into())
    }
}

/// The span of a whole request (HTTP and MCP semantic conventions, server).
#[must_use]
pub fn server_span(line: &Line, http_method: &'static str, known_tool: Option<&str>) -> SpanFacts {
    let mut attributes: Vec<Attribute> = vec![
        (HTTP_METHOD, http_method.into()),
        ("network.transport", "tcp".into()),
        ("network.protocol.name", "http".into()),
        ("rolecall.audit_id", line.audit_id.clone().into()),
        ("rolecall.request_id", line.request_id.clone().into()),
        (OUTCOME, line.outcome.as_str().into()),
    ];
    add(&mut attributes, HTTP_STATUS, line.status);
    let message = line.target.as_ref();
    let method = message.and_then(|target| target.method.clone());
    if method.as_deref() == Some(TOOLS_CALL) {
        attributes.push(("gen_ai.operation.name", "execute_tool".into()));
    }
    add(&mut attributes, MCP_METHOD, method);
    add(&mut attributes, TOOL, message.and_then(|target| target.tool.clone()));
    add(&mut attributes, "gen_ai.prompt.name", message.and_then(|target| target.prompt.clone()));
    if let Some(mcp) = &line.mcp {
        add(&mut attributes, "mcp.protocol.version", mcp.protocol_version.clone());
        // The audit line's hash: it correlates, and cannot be used.
        add(&mut attributes, "mcp.session.id", mcp.session.clone());
    }
    if let Some(aws) = &line.aws {
        attributes.push((ROLE, aws.role_arn.clone().into()));
        add(&mut attributes, CREDENTIALS_FROM, aws.credentials);
    }
    add(&mut attributes, "rolecall.policy.decision", line.policy.as_ref().map(|policy| policy.decision));
    if !line.repairs.is_empty() {
        attributes.push((REPAIR, line.repairs.join(",").into()));
    }
    add(&mut attributes, ERROR_TYPE, error_type(line).map(AttributeValue::Text));
    let is_error = line.outcome == Outcome::Error || line.status.is_some_and(|status| status >= 500);
    SpanFacts { name: server_name(line, http_method, known_tool), attributes, is_error }
}

/// `{mcp.method.name} {tool}`, and the HTTP method where there is no message.
fn server_name(line: &Line, http_method: &'static str, known_tool: Option<&str>) -> Cow<'static, str> {
    let Some(method) = line.target.as_ref().and_then(|target| target.method.as_deref()) else {
        return http_method.into();
    };
    match known_tool {
        Some(tool) => format!("{} {tool}", mcp_method(method)).into(),
        None => mcp_method(method).into(),
    }
}

/// The span of one stay at a station; the upstream's is an HTTP client's.
#[must_use]
pub fn station_span(lap: &Lap, line: &Line, http_method: &'static str) -> SpanFacts {
    let mut attributes: Vec<Attribute> = vec![(STATION, lap.station.as_str().into())];
    let mut error = lap.error;
    if lap.station == Station::Upstream {
        attributes.push((HTTP_METHOD, http_method.into()));
        add(&mut attributes, "server.address", line.target.as_ref().map(|target| target.server.clone()));
        let request_id = line.aws.as_ref().and_then(|aws| aws.upstream_request_id.clone());
        add(&mut attributes, "aws.request_id", request_id);
    }
    let mut is_error = error.is_some();
    match lap.sent {
        Some(Sent::Answered(status)) => {
            attributes.push((HTTP_STATUS, status.into()));
            // A client's span fails with a 4xx as well (HTTP semantic conventions, span status).
            is_error |= status >= 400;
        }
        Some(Sent::Failed(reason)) => error = Some(reason),
        Some(Sent::Abandoned) => error = Some("abandoned"),
        None => {}
    }
    add(&mut attributes, ERROR_TYPE, error);
    is_error |= error.is_some();
    SpanFacts { name: lap.station.as_str().into(), attributes, is_error }
}

fn add(attributes: &mut Vec<Attribute>, name: &'static str, value: Option<impl Into<AttributeValue>>) {
    attributes.extend(value.map(|value| (name, value.into())));
}
