//! Matchers that fail on a token's claims are worth one log line each, not one per request.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use rolecall_core::role::MatcherFailure;

/// Which mappings have been reported.
#[derive(Default)]
pub struct FailingMatchers(Mutex<HashSet<usize>>);

impl FailingMatchers {
    /// Logs the first failure of each mapping.
    pub fn report(&self, index: usize, failure: &MatcherFailure) {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(index);
        if is_first {
            tracing::warn!(mapping = index, reason = %failure, "a matcher does not apply to a token's claims: no match");
        }
    }
}
