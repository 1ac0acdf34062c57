//! The regular expressions of one matcher, compiled when the configuration is read.
//!
//! Only literal patterns exist, so the text of a claim is never compiled; and one evaluation can hold only so much text
//! against them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use cel::{Context, DeclarationError, ExecutionError, extractors::This};
use regex::{Regex, RegexBuilder};

use super::{
    error::MatcherError,
    limits::{MAX_MATCHED_BYTES, MAX_PATTERN_BYTES, MAX_PATTERNS},
};

/// The function's name in CEL; cel is built without its own, which compiles the pattern at every call.
pub(super) const MATCHES: &str = "matches";

/// Pattern text and its compiled form.
#[derive(Default)]
pub(super) struct Patterns(BTreeMap<String, Regex>);

impl Patterns {
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), MatcherError> {
        if self.0.contains_key(pattern) {
            return Ok(());
        }
        if self.0.len() == MAX_PATTERNS {
            return Err(MatcherError::ManyPatterns);
        }
        let compiled = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build().map_err(|error| {
            MatcherError::Pattern { pattern: pattern.to_owned(), problem: summary(&error) }
        })?;
        self.0.insert(pattern.to_owned(), compiled);
        Ok(())
    }

    /// Makes `matches` available to one evaluation.
    pub(super) fn declare(self: &Arc<Self>, context: &mut Context<'_, '_>) -> Result<(), DeclarationError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let patterns = Arc::clone(self);
        let matched_bytes = AtomicUsize::new(0);
        context.add_function(MATCHES, move |This(text): This<Arc<String>>, pattern: Arc<String>| {
            let before = matched_bytes.fetch_add(text.len(), Ordering::Relaxed);
            if before.saturating_add(text.len()) > MAX_MATCHED_BYTES {
                return Err(ExecutionError::function_error(MATCHES, "too much text"));
            }
            patterns
                .0
                .get(pattern.as_str())
                .map(|compiled| compiled.is_match(&text))
                .ok_or_else(|| ExecutionError::function_error(MATCHES, "unknown pattern"))
        })
    }
}

/// The last line of the compiler's report, which draws the pattern in the lines before.
fn summary(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "too large once compiled".to_owned(),
        other => {
            let report = other.to_string();
            let last = report.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    }
}
