//! What is wrong with a role, and the change that mends it.

use super::{inventory::Location, patch::Op};

/// One fault.
#[derive(Clone)]
pub struct Finding {
    /// Its name, for filters and suppressions.
    pub id: &'static str,
    /// What messages call the role; the policy's own where no role is concerned.
    pub role: String,
    /// Where it is; `None` where no file has it.
    pub place: Option<Location>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
    /// The same as changes of the file's tree.
    pub ops: Vec<Op>,
}

/// The faults and what could not be judged.
#[derive(Default)]
pub struct Findings {
    /// The faults, in the order in which they were found.
    pub found: Vec<Finding>,
    /// What the files do not show.
    pub notes: Vec<String>,
}

impl Findings {
    /// Adds a fault unless the same is there already, as where several roles share a policy.
    pub fn add(&mut self, finding: Finding) {
        let is_known = |known: &Finding| known.id == finding.id && known.place == finding.place;
        if finding.place.is_none() || !self.found.iter().any(is_known) {
            self.found.push(finding);
        }
    }

    /// Says once what was not judged.
    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}
