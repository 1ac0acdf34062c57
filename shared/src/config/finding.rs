//! What is wrong with a configuration file: where, which key, why, and what to write instead.
//!
//! Findings are collected, never thrown: one run of [`super::load`] reports all of them. A value that came from
//! the environment is shown as its `${NAME}`, never as its content.

use std::{cell::RefCell, fmt};

use crate::authorize::PolicyMistake;

/// A line and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Place {
    /// Where a finding about the whole file stands.
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file's name as the caller gave it, or as the file has it.
    pub file: String,
    /// Line, from 1; 0 for a file as a whole.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// Dotted path of the key, for example `awsSts.roleMappings[1].roleArn`; empty for the file as a whole.
    pub key: String,
    /// What is wrong, as the end of a sentence that starts with the key.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

impl From<&PolicyMistake> for Finding {
    fn from(mistake: &PolicyMistake) -> Self {
        let PolicyMistake { file, line, problem, remedy } = mistake.clone();
        Self { file, line: line as u64, column: 1, key: String::new(), problem, remedy }
    }
}

/// Every mistake of one file and of those it names, in their order; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// The findings in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}

/// One finding a line.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}

/// Collects findings while the file is read.
pub(super) struct Report<'a> {
    file: &'a str,
    findings: RefCell<Vec<Finding>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self { file, findings: RefCell::new(Vec::new()) }
    }

    pub(super) fn add(&self, place: Place, key: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.findings.borrow_mut().push(Finding {
            file: self.file.to_owned(),
            line: place.line,
            column: place.column,
            key: key.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    /// Reports a mistake in another file.
    pub(super) fn add_elsewhere(&self, finding: Finding) {
        self.findings.borrow_mut().push(finding);
    }

    /// The value, where nothing was found.
    pub(super) fn conclude<T>(self, value: Option<T>) -> Result<T, Findings> {
        let mut findings = self.findings.into_inner();
        // Other files after this one.
        let order = |finding: &Finding| (finding.file != self.file, finding.file.clone());
        findings.sort_by(|a, b| {
            order(a).cmp(&order(b)).then((a.line, a.column, &a.key).cmp(&(b.line, b.column, &b.key)))
        });
        match value {
            Some(value) if findings.is_empty() => Ok(value),
            _ => Err(Findings(findings)),
        }
    }
}
