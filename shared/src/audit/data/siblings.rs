//! Secrets whose name is a value itself: `{"Name": "/db/password", "Value": "…"}`, `Key=DBPassword,Value=…`,
//! `--name /db/password --value …`. Name and value come in any order, so that both are looked for before anything is written.

use super::keys::{ends_with, is_secret};

/// What a member, an assignment or an option says about its siblings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// `Name`, `ParameterKey`, `OptionName`.
    Name,
    /// `Type`; of a parameter of Systems Manager, `SecureString` (API reference, `PutParameter`).
    Type,
    /// `Value`, `ParameterValue`.
    Value,
}

/// What the member of this name says; `None` for all others.
pub(super) fn part_of(name: &str) -> Option<Part> {
    let ends = |end| ends_with(name, end);
    if ends("value") || ends("values") {
        Some(Part::Value)
    } else if ends("name") || ends("key") {
        Some(Part::Name)
    } else if ends("type") {
        Some(Part::Type)
    } else {
        None
    }
}

/// Siblings: the members of one object, the assignments of one entry, the options of one command.
#[derive(Default)]
pub(super) struct Group {
    has_name: bool,
    has_type: bool,
    is_secret: bool,
    values: Vec<usize>,
}

impl Group {
    /// Whether a further one of these begins the next group, where no bracket tells.
    pub(super) fn has(&self, part: Part) -> bool {
        match part {
            Part::Name => self.has_name,
            Part::Type => self.has_type,
            Part::Value => !self.values.is_empty(),
        }
    }

    /// The name of a value begins at `at`.
    pub(super) fn add_value(&mut self, at: usize) {
        self.values.push(at);
    }

    /// `text` is the name or the type of the value.
    pub(super) fn describe(&mut self, part: Part, text: &str) {
        match part {
            Part::Name => {
                self.has_name = true;
                self.is_secret |= text.split('/').any(is_secret);
            }
            Part::Type => {
                self.has_type = true;
                self.is_secret |= text == "SecureString";
            }
            Part::Value => {}
        }
    }

    /// Hands the values to `found` if they are secret, or if their name may be behind the cut.
    pub(super) fn close(self, is_cut: bool, found: &mut Vec<usize>) {
        if self.is_secret || (is_cut && !self.has_name) {
            found.extend(self.values);
        }
    }
}
