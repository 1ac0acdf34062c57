//! Finds the members and options of JSON behind which a secret follows, though their own name doesn't tell.

use super::{
    json::string_bytes,
    keys::is_secret,
    siblings::{Group, Part, part_of},
};

/// Where the texts begin behind which the next value is a secret, in order: names of values whose sibling is the name of a
/// secret, and options of secrets in lists of arguments. One pass, whatever the depth.
pub(super) fn before_secrets(text: &str, is_cut: bool) -> Vec<usize> {
    let mut scan = Scan { text, at: 0, open: Vec::new(), found: Vec::new() };
    while scan.step().is_some() {}
    let Scan { mut open, mut found, .. } = scan;
    if let Some(innermost) = open.pop() {
        innermost.group.close(is_cut, &mut found);
    }
    for container in open {
        container.group.close(false, &mut found);
    }
    found.sort_unstable();
    found
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Container>,
    found: Vec<usize>,
}

struct Container {
    is_object: bool,
    /// What the next text tells.
    next: Option<Part>,
    group: Group,
}

impl Scan<'_> {
    fn step(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let start = self.at.checked_add(rest.find(['{', '[', '}', ']', '"'])?)?;
        let rest = self.text.get(start..)?;
        let mut length = 1;
        match rest.as_bytes().first()? {
            b'"' => {
                length = string_bytes(rest)?;
                self.string(start, rest.get(..length)?, rest.get(length..)?);
            }
            bracket @ (b'{' | b'[') => {
                let group = Group::default();
                self.open.push(Container { is_object: *bracket == b'{', next: None, group });
            }
            _ => {
                if let Some(closed) = self.open.pop() {
                    closed.group.close(false, &mut self.found);
                }
            }
        }
        self.at = start.checked_add(length)?;
        Some(())
    }

    fn string(&mut self, start: usize, quoted: &str, rest: &str) {
        let Some(container) = self.open.last_mut() else { return };
        let text = || serde_json::from_str::<String>(quoted).unwrap_or_default();
        let names = if container.is_object {
            rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(':')
        } else {
            quoted.starts_with("\"-")
        };
        if !names {
            if let Some(part) = container.next.take() {
                container.group.describe(part, &text());
            }
            return;
        }
        let name = text();
        container.next = part_of(&name);
        if container.next == Some(Part::Value) {
            container.group.add_value(start);
        } else if !container.is_object && is_option(&name) && is_secret(&name) {
            self.found.push(start);
        }
    }
}

/// `--password=x` holds its value itself.
fn is_option(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
