//! Redacts JSON, whole or cut off at any place: values under the names of secrets go, whatever they are, and every text
//! is read as the text it stands for, so that no way of escaping hides a secret.

use super::{MARK, json_siblings::before_secrets, keys::is_secret, redacted};

/// `text` without the secrets in it; `None` where it is not the beginning of JSON values. `levels` of texts inside texts are
/// read.
pub(super) fn redacted_json(text: &str, is_cut: bool, levels: u8) -> Option<String> {
    let out = String::with_capacity(text.len());
    let before_secrets = before_secrets(text, is_cut);
    let mut scan =
        Scan { rest: text, length: text.len(), before_secrets, is_cut, levels, is_secret: false, out };
    while !scan.rest.is_empty() {
        scan.step()?;
    }
    Some(scan.out)
}

struct Scan<'a> {
    rest: &'a str,
    length: usize,
    /// Where the texts begin behind which a secret follows, though their own name doesn't tell.
    before_secrets: Vec<usize>,
    is_cut: bool,
    levels: u8,
    /// The next value stands under the name of a secret.
    is_secret: bool,
    out: String,
}

impl<'a> Scan<'a> {
    fn step(&mut self) -> Option<()> {
        match self.rest.as_bytes().first()? {
            b'"' => self.string(),
            b'{' | b'[' if self.is_secret => {
                self.take(container_bytes(self.rest));
                self.leave_out();
                Some(())
            }
            b'{' | b'[' | b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                let byte = self.take(1);
                self.is_secret &= !matches!(byte, "}" | "]");
                self.out.push_str(byte);
                Some(())
            }
            _ => self.literal(),
        }
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn leave_out(&mut self) {
        self.is_secret = false;
        self.out.push('"');
        self.out.push_str(MARK);
        self.out.push('"');
    }

    /// A number, `true`, `false` or `null`.
    fn literal(&mut self) -> Option<()> {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | 'a'..='z' | 'E' | '+' | '-' | '.'));
        let literal = self.take(end.unwrap_or(self.rest.len()));
        let is_number =
            literal.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'e' | b'E' | b'+' | b'-' | b'.'));
        let is_word = ["true", "false", "null"].iter().any(|word| {
            *word == literal || (self.is_cut && self.rest.is_empty() && word.starts_with(literal))
        });
        if literal.is_empty() || !(is_number || is_word) {
            return None;
        }
        if self.is_secret && is_number {
            self.leave_out();
        } else {
            self.is_secret = false;
            self.out.push_str(literal);
        }
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let Some(end) = string_bytes(self.rest) else { return self.cut_string() };
        let start = self.length.saturating_sub(self.rest.len());
        let quoted = self.take(end);
        let text: String = serde_json::from_str(quoted).ok()?;
        let is_key = self.rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(':');
        if self.is_secret && !is_key {
            self.leave_out();
            return Some(());
        }
        self.is_secret = (is_key && is_secret(&text)) || self.before_secrets.binary_search(&start).is_ok();
        let redacted = redacted(&text, false, self.levels);
        if redacted == text {
            self.out.push_str(quoted);
        } else {
            self.out.push_str(&serde_json::to_string(&redacted).ok()?);
        }
        Some(())
    }

    /// The last text, whose end is missing.
    fn cut_string(&mut self) -> Option<()> {
        if !self.is_cut {
            return None;
        }
        let quoted = self.take(self.rest.len());
        if self.is_secret {
            self.leave_out();
            return Some(());
        }
        let text = unescaped(quoted)?;
        let redacted = redacted(&text, true, self.levels);
        let redacted = serde_json::to_string(&redacted).ok()?;
        self.out.push_str(redacted.strip_suffix('"').unwrap_or_default());
        Some(())
    }
}

/// The length of the string at the beginning, quotes included.
pub(super) fn string_bytes(text: &str) -> Option<usize> {
    let mut at = 1_usize;
    loop {
        let found = memchr::memchr2(b'"', b'\\', text.as_bytes().get(at..)?)?;
        let found = at.checked_add(found)?;
        if text.as_bytes().get(found) == Some(&b'"') {
            return found.checked_add(1);
        }
        at = found.checked_add(2)?;
    }
}

/// Up to the bracket that closes the first one.
pub(super) fn container_bytes(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match rest.as_bytes().first() {
            Some(b'"') => string_bytes(rest).unwrap_or(rest.len()),
            Some(b'{' | b'[') => {
                depth = depth.saturating_add(1);
                1
            }
            Some(b'}' | b']') => {
                depth = depth.saturating_sub(1);
                1
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at = at.saturating_add(length);
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// What the beginning of a string stands for, without an escape that is cut.
fn unescaped(cut: &str) -> Option<String> {
    // Two surrogates, each written as six characters.
    const LONGEST_ESCAPE: usize = 12;
    let ends = cut.char_indices().rev().map(|(at, _)| at).take(LONGEST_ESCAPE);
    std::iter::once(cut.len()).chain(ends).find_map(|end| {
        let quoted = [cut.get(..end)?, "\""].concat();
        serde_json::from_str(&quoted).ok()
    })
}
