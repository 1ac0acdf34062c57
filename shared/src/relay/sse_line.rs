//! One line of an event stream while it arrives: only its first and last bytes are kept, so a line of any length costs
//! the same.

const BOM: &[u8] = b"\xEF\xBB\xBF";
/// A byte order mark and the longest field name with its colon.
const HEAD: usize = 9;
/// A character of UTF-8 without its last byte.
const TAIL: usize = 3;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Nothing (besides a byte order mark at the start of the stream): ends an event.
    Blank,
    /// `:` first.
    Comment,
    /// `data`.
    Data,
    /// `event`.
    Type,
    /// `id`.
    Id,
    /// `retry`.
    Retry,
    /// Any other name: clients ignore the line.
    Unknown,
}

const NAMES: [(&[u8], Field); 4] =
    [(b"data", Field::Data), (b"event", Field::Type), (b"id", Field::Id), (b"retry", Field::Retry)];

/// The part of the current line that has arrived, its end not included.
#[derive(Debug, Default)]
pub(super) struct Line {
    head: Vec<u8>,
    tail: [u8; TAIL],
    is_later: bool,
}

impl Line {
    /// More of this line.
    pub(super) fn extend(&mut self, content: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend(content.iter().take(room));
        for byte in content.iter().skip(content.len().saturating_sub(TAIL)) {
            let [_, second, third] = self.tail;
            self.tail = [second, third, *byte];
        }
    }

    /// The line is complete: a new one begins.
    pub(super) fn end(&mut self) {
        self.head.clear();
        self.tail = [0; TAIL];
        self.is_later = true;
    }

    /// What the line is if it ends here.
    pub(super) fn field(&self) -> Field {
        field(self.content(&self.head))
    }

    /// Whether nothing of it has arrived besides a whole byte order mark.
    pub(super) fn is_empty(&self) -> bool {
        self.content(&self.head).is_empty()
    }

    /// Whether its last byte is an ASCII digit.
    pub(super) fn ends_with_digit(&self) -> bool {
        let [.., last] = self.tail;
        last.is_ascii_digit()
    }

    /// How many bytes of it are held.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Writes what a half character and a half field name lack, the colon included, so that a value can follow. Says what
    /// the line then is.
    pub(super) fn complete_name(&self, bytes: &mut Vec<u8>) -> Field {
        bytes.extend(missing_utf8(&self.tail));
        let head = [self.head.as_slice(), bytes.as_slice()].concat();
        let content = self.content(&head);
        if content.is_empty() || content.contains(&b':') {
            return field(content);
        }
        for (name, field) in NAMES {
            if let Some(rest) = name.strip_prefix(content) {
                bytes.extend(rest);
                bytes.push(b':');
                return field;
            }
        }
        Field::Unknown
    }

    /// The line without the byte order mark that may precede the first one.
    fn content<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        if self.is_later { head } else { head.strip_prefix(BOM).unwrap_or(head) }
    }
}

fn field(content: &[u8]) -> Field {
    let name = content.split(|byte| *byte == b':').next().unwrap_or(content);
    match name {
        [] if content.is_empty() => Field::Blank,
        [] => Field::Comment,
        name => NAMES.iter().find(|(known, _)| *known == name).map_or(Field::Unknown, |(_, field)| *field),
    }
}

/// Bytes that make a whole character of one that `tail` breaks off; after the first bytes of a byte order mark, that mark.
fn missing_utf8(tail: &[u8]) -> Vec<u8> {
    let Some(after) = tail.iter().rev().position(|byte| !matches!(byte, 0x80..=0xBF)) else {
        return Vec::new();
    };
    let lead = tail.iter().rev().nth(after).copied().unwrap_or_default();
    let (width, second) = match lead {
        0xC2..=0xDF => (2, 0x80),
        0xE0 => (3, 0xA0),
        0xEF => (3, 0xBB),
        0xE1..=0xEE => (3, 0x80),
        0xF0 => (4, 0x90),
        0xF1..=0xF4 => (4, 0x80),
        _ => (1, 0x80),
    };
    [second, 0xBF, 0xBF].into_iter().take(width - 1).skip(after).collect()
}
