//! One message put to policies the way the gateway puts it: from bytes, headers and a token to a decision.

use std::net::IpAddr;

use http::{HeaderMap, Method};
use rolecall_core::{
    authorize::{Annotations, Authorization, Connection, Denial, DenialCause, Incoming, PolicyFailure},
    exchange::SessionPolicies,
    mcp::ClientInfo,
    role::SessionOptions,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::caller;

/// The host behind the gateway.
const SERVER: &str = "aws-mcp.example.com";

/// Who sends what.
pub struct Question<'a> {
    pub claims: &'a Map<String, Value>,
    pub role: &'a str,
    pub mapped: SessionOptions,
    pub source_ip: Option<IpAddr>,
    pub protocol_version: Option<&'a str>,
    pub client: Option<ClientInfo<'a>>,
    /// What the server's list says of the tool.
    pub annotations: Option<Annotations>,
    pub headers: HeaderMap,
    pub body: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Policies are not asked.
    Pass,
    Permit,
    Deny,
    /// The body is refused before policies are asked.
    Invalid,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub decision: Decision,
    /// Ids of the policies that determined it, sorted.
    pub by: Vec<String>,
    /// What a forbid tells the user.
    pub reason: Option<String>,
    /// Ids of the policies that could not be evaluated, sorted.
    pub errors: Vec<String>,
    /// Why neither permit nor forbid decided.
    pub problem: Option<String>,
    pub session: SessionPolicies,
    /// The list that is filtered in the answer.
    pub filtered: Option<String>,
}

pub fn ask(authorization: &Authorization, question: Question<'_>) -> Answer {
    let message = match Incoming::read(&Method::POST, &question.headers, question.body) {
        Ok(message) => message,
        Err(invalid) => return Answer { problem: Some(invalid.to_string()), ..decided(Decision::Invalid) },
    };
    let claims = caller::verified(question.claims);
    let choice = caller::choice(&claims, question.role, question.mapped);
    let connection = Connection {
        server: SERVER,
        source_ip: question.source_ip,
        protocol_version: question.protocol_version,
        client: question.client.as_ref(),
    };
    let annotations = authorization.tool_in_question(&message).and(question.annotations.as_ref());
    match authorization.permit(&claims, &choice, &message, annotations, connection) {
        Ok(permit) if permit.policies().is_empty() => {
            let filtered = permit.list().map(|list| list.member().to_owned());
            Answer { filtered, ..decided(Decision::Pass) }
        }
        Ok(permit) => Answer {
            by: permit.policies().to_vec(),
            errors: ids(permit.failures()),
            session: permit.session_policies().clone(),
            ..decided(Decision::Permit)
        },
        Err(denial) => denied(&denial),
    }
}

fn denied(denial: &Denial) -> Answer {
    let (reason, problem) = match &denial.cause {
        DenialCause::Forbidden { reason, .. } => (reason.clone(), None),
        DenialCause::NotPermitted | DenialCause::ForbidFailed { .. } => (None, None),
        other => (None, Some(other.to_string())),
    };
    let by = denial.policies().to_vec();
    Answer { by, reason, problem, errors: ids(&denial.failures), ..decided(Decision::Deny) }
}

fn decided(decision: Decision) -> Answer {
    let session = SessionPolicies::default();
    Answer {
        decision,
        by: Vec::new(),
        reason: None,
        errors: Vec::new(),
        problem: None,
        session,
        filtered: None,
    }
}

fn ids(failures: &[PolicyFailure]) -> Vec<String> {
    failures.iter().map(|failure| failure.policy.clone()).collect()
}
