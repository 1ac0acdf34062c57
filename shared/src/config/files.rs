//! Files that the configuration names. Reading them is the caller's part.

use crate::authorize::PolicyFile;

/// Finds the files that match a pattern, relative to the configuration; sorted by name.
pub type PolicyFiles<'a> = &'a dyn Fn(&str) -> Result<Vec<PolicyFile>, UnreadableFiles>;

/// Why files cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableFiles {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}
