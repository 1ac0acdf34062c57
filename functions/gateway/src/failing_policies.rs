//! Policies that cannot be evaluated for a call are worth one log line each, not one per request.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use rolecall_core::authorize::PolicyFailure;

/// Which policies have been reported.
#[derive(Default)]
pub struct FailingPolicies(Mutex<HashSet<String>>);

impl FailingPolicies {
    /// Logs the first failure of each policy.
    pub fn report(&self, failure: &PolicyFailure) {
        let mut reported = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.insert(failure.policy.clone()) {
            tracing::warn!(policy = failure.policy, reason = %failure, "a policy cannot be evaluated for a call: a permit does not permit it, a forbid denies it");
        }
    }
}
