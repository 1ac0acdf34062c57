//! What a call that may be made carries on: the policies that said so, and how its session is narrowed.

use std::ops::Deref;

use crate::{exchange::SessionPolicies, role::RoleChoice};

use super::{Denial, DenialCause, List, PolicyFailure};

/// The policies' answer to a call they permit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Ids of the permits that apply.
    pub policies: Vec<String>,
    /// How they narrow the call's credentials, those that do.
    pub narrowing: Vec<SessionPolicies>,
    /// Policies that could not be evaluated, for the log.
    pub failures: Vec<PolicyFailure>,
}

/// Leave to exchange, sign and send. Only this station makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit(Ruling);

/// What policies say to a message that they let pass, whether or not anybody has verified who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    policies: Vec<String>,
    session: SessionPolicies,
    list: Option<List>,
    failures: Vec<PolicyFailure>,
}

impl Permit {
    pub(super) fn new(ruling: Ruling) -> Self {
        Self(ruling)
    }

    /// Where policies have no say: the role alone decides.
    #[must_use]
    pub fn without_policies(choice: &RoleChoice) -> Self {
        Self(Ruling::without_policies(choice.session_policies()))
    }
}

impl Deref for Permit {
    type Target = Ruling;

    fn deref(&self) -> &Ruling {
        &self.0
    }
}

impl Ruling {
    /// Where policies have no say: the session keeps its `own` policies.
    #[must_use]
    pub fn without_policies(own: &SessionPolicies) -> Self {
        Self { policies: Vec::new(), session: own.clone(), list: None, failures: Vec::new() }
    }

    pub(super) fn for_list(own: &SessionPolicies, list: List) -> Self {
        Self { list: Some(list), ..Self::without_policies(own) }
    }

    /// STS unites session policies: beside the mapping's own, the permits' would widen what either allows.
    pub(super) fn for_call(own: &SessionPolicies, grant: Grant) -> Result<Self, Denial> {
        let Grant { policies, narrowing, failures } = grant;
        let narrowed = unite(&narrowing);
        let cause = match narrowed {
            None => DenialCause::NarrowedTooFar { policies },
            Some(narrowed) if narrowed.is_empty() || narrowed == *own => {
                return Ok(Self { policies, session: own.clone(), list: None, failures });
            }
            Some(session) if own.is_empty() => return Ok(Self { policies, session, list: None, failures }),
            Some(_) => DenialCause::NarrowedTwice { policies },
        };
        Err(Denial { cause, failures })
    }

    /// Ids of the policies that permit the call; none where it needed no permit.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// The session policies of the call.
    #[must_use]
    pub fn session_policies(&self) -> &SessionPolicies {
        &self.session
    }

    /// The list that the answer must be filtered for.
    #[must_use]
    pub fn list(&self) -> Option<List> {
        self.list
    }

    /// Policies that could not be evaluated, for the log.
    #[must_use]
    pub fn failures(&self) -> &[PolicyFailure] {
        &self.failures
    }
}

/// What any of several permits leaves; `None` where one session cannot hold that.
fn unite(narrowing: &[SessionPolicies]) -> Option<SessionPolicies> {
    let mut united = SessionPolicies::default();
    for SessionPolicies { arns, inline } in narrowing {
        let new = arns.iter().filter(|arn| !united.arns.contains(arn)).cloned().collect::<Vec<_>>();
        united.arns.extend(new);
        match (&united.inline, inline) {
            (Some(held), Some(other)) if held != other => return None,
            (None, Some(_)) => united.inline.clone_from(inline),
            _ => {}
        }
    }
    united.arns.sort_unstable();
    united.fit().then_some(united)
}
