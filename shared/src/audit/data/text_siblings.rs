//! Finds the assignments and options of a text behind which a secret follows, though their own name doesn't tell.

use super::{
    separator::{self, is_in_word},
    siblings::{Group, Part, part_of},
};

/// No name of a parameter is longer (2048 bytes, Systems Manager API reference, `PutParameter`).
const MAX_NAME_BYTES: usize = 2048;

/// Where the words begin behind which the next value is a secret, in order.
pub(super) fn before_secrets(text: &str, is_cut: bool) -> Vec<usize> {
    let mut groups = Groups::default();
    let mut rest = text;
    while let Some(gap) = rest.find(is_in_word) {
        let (between, words) = rest.split_at_checked(gap).unwrap_or((rest, ""));
        let end = words.find(|c| !is_in_word(c)).unwrap_or(words.len());
        let (word, behind) = words.split_at_checked(end).unwrap_or((words, ""));
        groups.between(between);
        if let Some(part) = part_of(word)
            && let Some(separator) = separator::bytes(behind, word)
        {
            let at = text.len().saturating_sub(words.len());
            groups.word(at, word, part, behind.get(separator..).unwrap_or_default());
        }
        rest = behind;
    }
    groups.end(is_cut);
    groups.found.sort_unstable();
    groups.found
}

#[derive(Default)]
struct Groups {
    group: Group,
    /// The group is one of options, which end with their command.
    is_command: bool,
    found: Vec<usize>,
}

impl Groups {
    fn between(&mut self, between: &str) {
        let is_end = if self.is_command {
            between.contains([';', '|', '&']) || (between.contains('\n') && !between.contains('\\'))
        } else {
            between.contains('}')
        };
        if is_end {
            self.end(false);
        }
    }

    fn word(&mut self, at: usize, word: &str, part: Part, behind: &str) {
        if self.group.has(part) {
            self.end(false);
        }
        self.is_command |= word.starts_with('-');
        match part {
            Part::Value => self.group.add_value(at),
            part => self.group.describe(part, name(behind)),
        }
    }

    fn end(&mut self, is_cut: bool) {
        std::mem::take(&mut self.group).close(is_cut, &mut self.found);
        self.is_command = false;
    }
}

/// The name at the beginning, without its quotation marks.
fn name(text: &str) -> &str {
    let name = text.trim_start_matches(['"', '\'', '`', '\\']);
    let is_quoted = name.len() < text.len();
    let ends = |c: char| match c {
        '"' | '\'' | '`' | '\\' | '\n' => true,
        _ if is_quoted => false,
        c => c.is_whitespace() || matches!(c, ',' | ';' | '&' | '<' | '>' | '|' | ')' | '}' | ']'),
    };
    let mut length = 0_usize;
    for c in name.chars() {
        if ends(c) || length > MAX_NAME_BYTES {
            break;
        }
        length = length.saturating_add(c.len_utf8());
    }
    name.get(..length).unwrap_or_default()
}
