//! Where an event stream (WHATWG HTML, section 9.2) may be touched, without parsing it: a comment goes out only
//! between events, and a stream can be ended at any byte so that no client takes half an event for a whole one.

use super::{
    sse_line::{Field, Line},
    sse_line_ends::LineEnds,
};

/// What goes out while the upstream is quiet; only at a boundary, and it ends at one.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// An event type that no MCP client knows and JSON data that none can read: either makes a client skip the event.
const INCOMPLETE: &[u8] = b"rolecall-incomplete";

/// Follows the bytes of one event stream, in constant memory.
#[derive(Debug, Default)]
pub struct EventBoundary {
    line: Line,
    ends: LineEnds,
    event: OpenEvent,
}

/// What the complete lines since the last blank one hold.
#[derive(Clone, Copy, Debug, Default)]
struct OpenEvent {
    has_fields: bool,
    has_type: bool,
    has_data: bool,
}

impl EventBoundary {
    /// Takes the next bytes of the stream, cut anywhere.
    pub fn feed(&mut self, mut chunk: &[u8]) {
        while let Some((content, is_end)) = self.ends.next(&mut chunk) {
            self.line.extend(content);
            if is_end {
                self.event.add(self.line.field());
                self.line.end();
            }
        }
    }

    /// Whether the stream stands between events: every field line so far has been followed by a blank line, and no line is
    /// half received. Comments are no fields. True after a CR that may be half a CRLF: the LF adds nothing.
    #[must_use]
    pub fn at_boundary(&self) -> bool {
        self.line.is_empty() && !self.event.has_fields
    }

    /// The bytes that end the stream here with `error_json` as its last `message` event, whatever came before.
    ///
    /// At a boundary that is the event alone. Otherwise the half event is first ended so that clients skip it:
    /// - A CR becomes a CRLF, or else the blank line that follows could be taken for its second half.
    /// - A half character is completed, because a strict client drops the stream on broken UTF-8.
    /// - A half field name is completed, because a strict client drops the stream on an unknown one.
    /// - A half `id` gets a NUL, which makes every client ignore it, so no resumption starts from a wrong place; a half
    ///   `retry` gets a space, for which most ignore it; a half `event` gets a suffix that makes it an unknown type.
    /// - An event without a type becomes one of an unknown type. Where it has a type (a second one would make a strict
    ///   client drop the stream), one more `data` line makes its data unreadable as JSON.
    ///
    /// An `id` line of the half event that was whole stays: the request is answered by this error, so nothing resumes it.
    #[must_use]
    pub fn closing_event(&self, error_json: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut event = self.event;
        let field = self.line.complete_name(&mut bytes);
        match field {
            Field::Id => bytes.push(0),
            Field::Retry if self.line.ends_with_digit() => bytes.push(b' '),
            Field::Retry => bytes.extend(b"1000 "),
            Field::Type => bytes.extend(INCOMPLETE),
            Field::Blank | Field::Comment | Field::Data | Field::Unknown => {}
        }
        if !matches!(field, Field::Blank) {
            bytes.push(b'\n');
            event.add(field);
        }
        if event.has_fields {
            if self.ends.is_after_cr() {
                bytes.push(b'\n');
            }
            if !event.has_type {
                bytes.extend([b"event: ", INCOMPLETE, b"\n"].concat());
            } else if event.has_data && !matches!(field, Field::Type) {
                bytes.extend([b"data: ", INCOMPLETE, b"\n"].concat());
            }
            bytes.push(b'\n');
        }
        bytes.extend(message_event(error_json));
        bytes
    }
}

impl OpenEvent {
    fn add(&mut self, field: Field) {
        match field {
            Field::Blank => *self = Self::default(),
            Field::Comment => {}
            Field::Data => (self.has_fields, self.has_data) = (true, true),
            Field::Type => (self.has_fields, self.has_type) = (true, true),
            Field::Id | Field::Retry | Field::Unknown => self.has_fields = true,
        }
    }
}

/// `json` as an event of the default type, `message`; line breaks in it (white space in JSON) become `data` lines.
#[must_use]
pub fn message_event(json: &[u8]) -> Vec<u8> {
    let lines = json.split(|byte| matches!(byte, b'\n' | b'\r'));
    let mut event: Vec<u8> = lines.flat_map(|line| [b"data: ", line, b"\n"].concat()).collect();
    event.push(b'\n');
    event
}

#[cfg(test)]
#[path = "sse_tests.rs"]
mod tests;
