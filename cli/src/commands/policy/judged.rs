//! What policies decide on one row: the request goes the way it goes in the gateway.

use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use rolecall_core::{
    authorize::{Authorization, Caller, Connection, DenialCause, Incoming, PolicyFailure, Ruling},
    config::{Expected, PolicyTest},
    exchange::SessionPolicies,
    mcp::Message,
};

/// A decision with its grounds.
pub struct Judged {
    /// `None` where the gateway refuses the request before it asks policies.
    pub decision: Option<Expected>,
    /// Ids of the policies that determined it, sorted.
    pub policies: Vec<String>,
    /// The `@reason` that the user is told.
    pub reason: Option<String>,
    /// What else there is to say.
    pub why: Option<String>,
    /// Policies that could not be evaluated.
    pub failures: Vec<PolicyFailure>,
}

/// Puts a row to the policies of the gateway before `server`.
pub fn judge(authorization: &Authorization, server: &str, test: &PolicyTest) -> Judged {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let body = test.body.as_bytes();
    let incoming = match Incoming::read(&Method::POST, &headers, body) {
        Ok(incoming) => incoming,
        Err(error) => return Judged { why: Some(error.to_string()), ..decided(None) },
    };
    let message = Message::peek(body);
    let connection = Connection::new(server, test.source_ip, &headers, &message);
    let subject = test.claims.text("sub").unwrap_or_default();
    let caller = Caller { subject, claims: &test.claims, role: &test.role };
    let annotations = test.annotations.as_ref();
    match authorization.rule(&caller, &SessionPolicies::default(), &incoming, annotations, connection) {
        Ok(ruling) => allowed(&ruling),
        Err(denial) => {
            let reason = match &denial.cause {
                DenialCause::Forbidden { reason, .. } => reason.clone(),
                _ => None,
            };
            Judged {
                policies: denial.policies().to_vec(),
                reason,
                why: Some(denial.to_string()),
                failures: denial.failures,
                ..decided(Some(Expected::Deny))
            }
        }
    }
}

/// Where policies are asked, no call passes without one that permits it.
fn allowed(ruling: &Ruling) -> Judged {
    let decision = if ruling.policies().is_empty() { Expected::Pass } else { Expected::Allow };
    Judged {
        policies: ruling.policies().to_vec(),
        failures: ruling.failures().to_vec(),
        ..decided(Some(decision))
    }
}

fn decided(decision: Option<Expected>) -> Judged {
    Judged { decision, policies: Vec::new(), reason: None, why: None, failures: Vec::new() }
}

impl Judged {
    /// Whether this is what the row expects.
    pub fn meets(&self, test: &PolicyTest) -> bool {
        self.decision == Some(test.expected)
            && test.policies.as_ref().is_none_or(|policies| *policies == self.policies)
            && test.reason.as_ref().is_none_or(|reason| self.reason.as_ref() == Some(reason))
    }
}
