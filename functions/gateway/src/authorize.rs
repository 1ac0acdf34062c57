//! Station *authorize*: puts the message to the policies, and notes their answer.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use rolecall_core::{
    audit::Policy,
    authenticate::VerifiedClaims,
    authorize::{Authorization, Caller, Connection, Incoming, ListFilter, Permit, PolicyFailure},
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

/// What the policies say to this call.
///
/// # Errors
/// [`Rejection::Message`] where it cannot be read for certain, [`Rejection::Policy`] where they deny it.
pub fn authorize(
    authorization: &Arc<Authorization>,
    caller: (&VerifiedClaims, &RoleChoice),
    (call, body, message): (&Call, &Bytes, &Message<'_>),
    server: &str,
    failing: &FailingPolicies,
    record: &mut Record,
) -> Result<Authorized, Rejection> {
    let (claims, choice) = caller;
    let incoming = Incoming::read(&call.method, &call.headers, body)?;
    let connection = Connection::new(server, call.source, &call.headers, message);
    let decided = authorization.permit(claims, choice, &incoming, connection);
    let failures: &[PolicyFailure] = match &decided {
        Ok(permit) => permit.failures(),
        Err(denial) => &denial.failures,
    };
    for failure in failures {
        failing.report(failure);
    }
    record.line.policy = Policy::new(&decided);
    let denied = |denial| Rejection::Policy { denial, status: authorization.deny_status() };
    let permit = decided.map_err(denied)?;
    let filter = match (permit.list(), &call.method) {
        (None, method) if method != Method::GET => None,
        // A stream that a client opens may bring again what another request asked for.
        (list, _) => {
            let caller = Caller { subject: claims.subject(), claims, role: choice.role_arn() };
            let filter = ListFilter::new(authorization, &caller, &connection, list);
            if let Err(denial) = &filter {
                record.line.policy = Policy::new(&Err(denial.clone()));
            }
            Some(filter.map_err(denied)?)
        }
    };
    Ok(Authorized { permit, filter })
}
