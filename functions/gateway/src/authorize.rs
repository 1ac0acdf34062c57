//! Station *authorize*: puts the message to the policies, and notes their answer.

use std::sync::Arc;

use http::Method;
use rolecall_core::{
    audit::Policy,
    authenticate::VerifiedClaims,
    authorize::{
        Annotations, Authorization, Caller, Connection, Denial, Incoming, ListFilter, Permit, PolicyFailure,
    },
    mcp::Message,
    rejection::Rejection,
    role::RoleChoice,
};

use crate::{audit::Record, call::Call, failing_policies::FailingPolicies};

/// What may be sent, and what of the answer may go back.
pub struct Authorized {
    /// Leave to send.
    pub permit: Permit,
    /// What hides items of lists; `None` where the answer brings none.
    pub filter: Option<ListFilter>,
}

/// What policies are asked about.
pub struct Asked<'a> {
    /// The request.
    pub call: &'a Call,
    /// Its body at a glance.
    pub message: &'a Message<'a>,
    /// Its body, read strictly.
    pub incoming: &'a Incoming<'a>,
    /// What the MCP server says of the tool, where policies ask for that.
    pub annotations: Option<&'a Annotations>,
    /// Host of the MCP server.
    pub server: &'a str,
}

/// What the policies say to this call.
///
/// # Errors
/// [`Rejection::Policy`] where they deny it.
pub fn authorize(
    authorization: &Arc<Authorization>,
    caller: (&VerifiedClaims, &RoleChoice),
    asked: &Asked<'_>,
    failing: &FailingPolicies,
    record: &mut Record,
) -> Result<Authorized, Rejection> {
    let decided = decide(authorization, caller, asked);
    let failures: &[PolicyFailure] = match &decided {
        Ok(authorized) => authorized.permit.failures(),
        Err(denial) => &denial.failures,
    };
    for failure in failures {
        failing.report(failure);
    }
    record.line.policy = Policy::new(decided.as_ref().map(|authorized| &authorized.permit));
    decided.map_err(|denial| Rejection::Policy { denial, status: authorization.deny_status() })
}

fn decide(
    authorization: &Arc<Authorization>,
    (claims, choice): (&VerifiedClaims, &RoleChoice),
    asked: &Asked<'_>,
) -> Result<Authorized, Denial> {
    let Asked { call, message, incoming, annotations, server } = asked;
    let connection = Connection::new(server, call.source, &call.headers, message);
    let permit = authorization.permit(claims, choice, incoming, *annotations, connection)?;
    let filter = match (permit.list(), &call.method) {
        (None, method) if method != Method::GET => None,
        // A stream that a client opens may bring again what another request asked for.
        (list, _) => {
            let caller = Caller { subject: claims.subject(), claims, role: choice.role_arn() };
            Some(ListFilter::new(authorization, &caller, &connection, list)?)
        }
    };
    Ok(Authorized { permit, filter })
}
