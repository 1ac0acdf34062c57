//! Why a call is denied, and what went wrong with policies on the way.

use std::fmt;

use cedar_policy::EvaluationError;

use super::cedar_error::source_of;
use crate::role::ClaimShape;

/// A call that may not be made. Its text is for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Denial {
    /// Why.
    pub cause: DenialCause,
    /// Policies that could not be evaluated, for the log.
    pub failures: Vec<PolicyFailure>,
}

/// Why a call may not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DenialCause {
    /// No policy permits it.
    #[error("no policy permits this call; ask the operator for one if you need it")]
    NotPermitted,
    /// Policies forbid it; with the `@reason` of the first that has one.
    #[error("{}", forbidden(.reason.as_deref()))]
    Forbidden {
        /// Their ids.
        policies: Vec<String>,
        /// What the user is told.
        reason: Option<String>,
    },
    /// Policies that forbid could not be evaluated, and nothing is known to be allowed past them.
    #[error("a policy that forbids calls could not be evaluated for this one; tell the operator")]
    ForbidFailed {
        /// Their ids.
        policies: Vec<String>,
    },
    /// The groups claim holds no groups, whatever else.
    #[error(
        "the policies' groups claim \"{claim}\" is {shape}, not text or a list of texts; the operator should correct it at the identity provider"
    )]
    GroupsUnreadable {
        /// Name of the claim.
        claim: String,
        /// What it is.
        shape: ClaimShape,
    },
    /// Both the role's mapping and the permit narrow the session, and STS would unite the two.
    #[error(
        "both the role mapping and the policy narrow this call's credentials, which one AWS session cannot hold; the operator should keep one of them"
    )]
    NarrowedTwice {
        /// The permits.
        policies: Vec<String>,
    },
    /// The permits narrow the session in more ways than one session can hold.
    #[error(
        "the policies that permit this call narrow its credentials by more than one AWS session can hold; the operator should narrow in one of them"
    )]
    NarrowedTooFar {
        /// The permits.
        policies: Vec<String>,
    },
    /// The call cannot be put to Cedar.
    #[error("this call cannot be put to the policies; tell the operator")]
    Unaskable,
}

fn forbidden(reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("a policy forbids this call: {reason}"),
        None => "a policy forbids this call; ask the operator if you need it".to_owned(),
    }
}

impl Denial {
    /// Ids of the policies that made the decision.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        use DenialCause as C;
        match &self.cause {
            C::Forbidden { policies, .. }
            | C::ForbidFailed { policies }
            | C::NarrowedTwice { policies }
            | C::NarrowedTooFar { policies } => policies,
            C::NotPermitted | C::GroupsUnreadable { .. } | C::Unaskable => &[],
        }
    }
}

impl From<DenialCause> for Denial {
    fn from(cause: DenialCause) -> Self {
        Self { cause, failures: Vec::new() }
    }
}

/// The HTTP status of a denied request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DenyStatus {
    /// 403.
    #[default]
    Forbidden,
    /// 200, for clients that end their session at 403.
    Ok,
}

/// A policy that could not be evaluated for a call. Its text quotes nothing of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFailure {
    /// The policy's id.
    pub policy: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    /// The policy's own name for it.
    Attribute(String),
    /// What the policy says where it reads an attribute that an entity does not have.
    Absent(Option<String>),
    Other(&'static str),
}

impl PolicyFailure {
    pub(super) fn new(policy: String, error: &EvaluationError) -> Self {
        use EvaluationError as E;
        let problem = match error {
            E::RecordAttrDoesNotExist(error) => Problem::Attribute(error.to_string()),
            // Its own text names the resource, which is the caller's word.
            E::EntityAttrDoesNotExist(error) => Problem::Absent(source_of(error)),
            E::EntityDoesNotExist(error) => Problem::Absent(source_of(error)),
            E::TypeError(_) => Problem::Other("a value is of another type than its operator takes"),
            E::IntegerOverflow(_) => Problem::Other("an integer operation overflows"),
            E::FailedExtensionFunctionLookup(_)
            | E::WrongNumArguments(_)
            | E::FailedExtensionFunctionExecution(_) => {
                Problem::Other("a function does not take its argument")
            }
            E::RecursionLimit(_) => Problem::Other("the condition is nested too deep"),
            _ => Problem::Other("the condition has no value"),
        };
        Self { policy, problem }
    }
}

impl fmt::Display for PolicyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Attribute(text) => f.write_str(text),
            Problem::Absent(Some(source)) => {
                write!(f, "there is no `{source}`; ask with `has` before it is read")
            }
            Problem::Absent(None) => f.write_str("an attribute of the resource or the principal is absent"),
            Problem::Other(text) => f.write_str(text),
        }
    }
}
