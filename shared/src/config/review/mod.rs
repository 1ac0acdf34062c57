//! What is legal in a configuration and yet surprises. The gateway starts with all of it; an operator should have
//! meant it. A rule that has to guess says so in its words.

mod addresses;
mod mappings;
mod places;
mod policies;
mod sessions;
mod sizes;
mod tokens;

pub use sizes::{Size, sizes};

use super::{
    finding::{Finding, Place},
    types::Config,
};
use places::Places;

/// Every id that a [`Warning`] may have, sorted. They are stable: scripts may name them.
pub const WARNING_IDS: [&str; 21] = [
    "audience-seen-as-azp",
    "clock-skew-large",
    "documentation-elsewhere",
    "fallback-never-used",
    "fallback-privileged-name",
    "fallback-wider",
    "issuer-not-public",
    "keys-elsewhere",
    "mapping-never-matches",
    "mapping-never-wins",
    "origin-elsewhere",
    "origin-not-https",
    "policy-doubtful",
    "role-of-other-partition",
    "roles-in-several-accounts",
    "scope-not-announced",
    "service-differs",
    "session-over-an-hour",
    "session-policies-near-limit",
    "several-audiences",
    "upstream-region-differs",
];

/// Something legal that surprises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// One of [`WARNING_IDS`].
    pub id: &'static str,
    /// Where, what and what to do.
    pub finding: Finding,
}

/// Reviews a configuration that [`super::load`] made of `source`.
///
/// `file` and `environment` are those that it was loaded with: they give the places.
#[must_use]
pub fn review(
    config: &Config,
    source: &str,
    file: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Vec<Warning> {
    let mut review = Review { config, file, places: Places::of(source, environment), warnings: Vec::new() };
    mappings::review(&mut review);
    tokens::review(&mut review);
    addresses::review(&mut review);
    sessions::review(&mut review);
    policies::review(&mut review);
    let mut warnings = review.warnings;
    // Other files after this one.
    warnings.sort_by(|a, b| {
        let order = |warning: &Warning| {
            let Finding { file: name, line, column, .. } = &warning.finding;
            (name != file, name.clone(), *line, *column, warning.id)
        };
        order(a).cmp(&order(b))
    });
    warnings
}

/// A configuration under review.
struct Review<'a> {
    config: &'a Config,
    file: &'a str,
    places: Places,
    warnings: Vec<Warning>,
}

impl Review<'_> {
    /// Warns of the value at `key`, or of the section around it where the value is a default.
    fn warn(&mut self, id: &'static str, key: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        let Place { line, column } = self.places.nearest(key);
        self.warn_of(
            id,
            Finding {
                file: self.file.to_owned(),
                line,
                column,
                key: key.to_owned(),
                problem: problem.into(),
                remedy: remedy.into(),
            },
        );
    }

    fn warn_of(&mut self, id: &'static str, finding: Finding) {
        debug_assert!(WARNING_IDS.contains(&id), "{id} is missing from WARNING_IDS");
        self.warnings.push(Warning { id, finding });
    }
}

#[cfg(test)]
mod tests;
