//! Station *authorize*: puts the message to the policies, and notes their answer.

use bytes::Bytes;
use rolecall_core::{
    audit::Policy,
    authenticate::VerifiedClaims,
    authorize::{Authorization, Connection, Incoming, Permit, PolicyFailure},
    mcp::Message,
    rejection::Rejection,
    role::RoleChoice,
};

use crate::{audit::Record, call::Call, failing_policies::FailingPolicies};

/// What the policies say to this call.
///
/// # Errors
/// [`Rejection::Message`] where it cannot be read for certain, [`Rejection::Policy`] where they deny it.
pub fn authorize(
    authorization: &Authorization,
    caller: (&VerifiedClaims, &RoleChoice),
    (call, body, message): (&Call, &Bytes, &Message<'_>),
    server: &str,
    failing: &FailingPolicies,
    record: &mut Record,
) -> Result<Permit, Rejection> {
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
    decided.map_err(|denial| Rejection::Policy { denial, status: authorization.deny_status() })
}
