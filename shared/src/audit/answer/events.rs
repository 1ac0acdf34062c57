//! The messages in an event stream (WHATWG HTML, section 9.2) as they pass: the data of each event goes on to what reads
//! messages, and nothing of the stream is kept but the first bytes of one line.

use super::{ApplicationError, Tee, json::ResponseScan};
use crate::relay::LineEnds;

const BOM: &[u8] = b"\xEF\xBB\xBF";
/// A byte order mark and the longest name that matters.
const MAX_NAME_BYTES: usize = 8;
/// `message`, and one byte more, which tells a longer type.
const MAX_TYPE_BYTES: usize = 8;

/// Reads one event stream.
#[derive(Debug, Default)]
pub(super) struct EventScan {
    line: Line,
    is_later_line: bool,
    ends: LineEnds,
    /// Type of the event; empty is `message`.
    kind: Vec<u8>,
    message: ResponseScan,
    found: Option<ApplicationError>,
}

/// How much of the current line is known.
#[derive(Debug)]
enum Line {
    Name(Vec<u8>),
    Value { field: Field, is_first: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Data,
    Type,
    Other,
}

impl Default for Line {
    fn default() -> Self {
        Self::Name(Vec::new())
    }
}

impl EventScan {
    /// Takes the next bytes of the stream, cut anywhere; `tee` is given the data of the events.
    pub(super) fn feed(&mut self, mut chunk: &[u8], tee: &mut Tee) {
        while let Some((content, is_end)) = self.ends.next(&mut chunk) {
            self.extend(content, tee);
            if is_end {
                self.end_line(tee);
            }
        }
    }

    /// What the whole events so far hold, and the last one without its blank line, which some clients read as well.
    pub(super) fn finish(&mut self) -> Option<ApplicationError> {
        self.end_event();
        self.found
    }

    fn extend(&mut self, mut content: &[u8], tee: &mut Tee) {
        if let Line::Name(name) = &mut self.line {
            let colon = memchr::memchr(b':', content);
            let (part, value) = content.split_at(colon.unwrap_or(content.len()));
            let room = MAX_NAME_BYTES.saturating_add(1).saturating_sub(name.len());
            name.extend(part.iter().take(room));
            let Some((_colon, value)) = value.split_first() else { return };
            let field = field(name, self.is_later_line);
            self.line = Line::Value { field, is_first: true };
            content = value;
        }
        if let Line::Value { field, is_first } = &mut self.line
            && !content.is_empty()
        {
            let value = if std::mem::take(is_first) {
                content.strip_prefix(b" ").unwrap_or(content)
            } else {
                content
            };
            match field {
                Field::Data => {
                    self.message.feed(value);
                    tee.take(value);
                }
                Field::Type => {
                    let room = MAX_TYPE_BYTES.saturating_sub(self.kind.len());
                    self.kind.extend(value.iter().take(room));
                }
                Field::Other => {}
            }
        }
    }

    fn end_line(&mut self, tee: &mut Tee) {
        match std::mem::take(&mut self.line) {
            Line::Name(name) if without_bom(&name, self.is_later_line).is_empty() => self.end_event(),
            Line::Value { field: Field::Data, .. } => {
                self.message.feed(b"\n");
                tee.take(b"\n");
            }
            _ => {}
        }
        self.is_later_line = true;
    }

    /// No client takes an event of another type for a message.
    fn end_event(&mut self) {
        let message = std::mem::take(&mut self.message);
        let kind = std::mem::take(&mut self.kind);
        if matches!(kind.as_slice(), b"" | b"message") {
            self.found = self.found.or(message.found());
        }
    }
}

fn field(name: &[u8], is_later_line: bool) -> Field {
    match without_bom(name, is_later_line) {
        b"data" => Field::Data,
        b"event" => Field::Type,
        _ => Field::Other,
    }
}

fn without_bom(name: &[u8], is_later_line: bool) -> &[u8] {
    if is_later_line { name } else { name.strip_prefix(BOM).unwrap_or(name) }
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
