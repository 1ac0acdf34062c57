//! What a hop came to.

use std::time::Duration;

/// How a hop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Passed,
    /// It works, and some clients or operators will stumble.
    Odd,
    Failed,
    /// Not asked, because an earlier one failed.
    Skipped,
}

impl Status {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Odd => "odd",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One thing that was asked.
pub(super) struct Hop {
    pub(super) name: &'static str,
    pub(super) status: Status,
    pub(super) facts: String,
    /// What to do, where something is to be done.
    pub(super) remedy: Option<String>,
    pub(super) took: Option<Duration>,
}

impl Hop {
    pub(super) fn passed(name: &'static str, facts: impl Into<String>) -> Self {
        Self { name, status: Status::Passed, facts: facts.into(), remedy: None, took: None }
    }

    pub(super) fn odd(name: &'static str, facts: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, status: Status::Odd, facts: facts.into(), remedy: Some(remedy.into()), took: None }
    }

    pub(super) fn failed(name: &'static str, facts: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, status: Status::Failed, facts: facts.into(), remedy: Some(remedy.into()), took: None }
    }

    pub(super) fn skipped(name: &'static str) -> Self {
        Self { name, status: Status::Skipped, facts: "not reached".to_owned(), remedy: None, took: None }
    }

    pub(super) fn in_time(self, took: Duration) -> Self {
        Self { took: Some(took), ..self }
    }
}
