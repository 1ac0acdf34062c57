//! What is wrong with a policy file or the schema: where, why, and what to write instead.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyMistake {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for PolicyMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, problem, remedy } = self;
        match line {
            0 => write!(f, "{file}: {problem}; {remedy}"),
            line => write!(f, "{file}:{line}: {problem}; {remedy}"),
        }
    }
}

/// Every mistake of all files, in their order; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyMistakes(pub(super) Vec<PolicyMistake>);

impl PolicyMistakes {
    /// The gateway's own vocabulary is no longer Cedar.
    pub(super) fn unnameable(name: &str) -> Self {
        let problem = format!("Cedar has no entity type {name}");
        let remedy = "use a release of the gateway whose tests pass".to_owned();
        Self(vec![PolicyMistake { file: "authorization".to_owned(), line: 0, problem, remedy }])
    }

    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyMistake> {
        self.0.iter()
    }
}

/// One a line.
impl fmt::Display for PolicyMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyMistakes {}
