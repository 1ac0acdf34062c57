//! One event of an event stream (WHATWG HTML, section 9.2.6): its data as the JSON text that clients see, and cuts in that
//! text carried back into the event's lines.

use std::ops::Range;

use super::{ListFilter, Unreadable, without};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// An event's fields, as far as they matter here.
#[derive(Default)]
struct Event {
    /// Where the value of each `data` line stands.
    data: Vec<Range<usize>>,
    is_message: bool,
}

impl ListFilter {
    /// The lines of one event, its blank line included, without the hidden items; `None` where nothing is hidden.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub(super) fn event(&self, lines: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
        let event = Event::read(lines)?;
        let data = event.joined(lines);
        if data.trim_ascii().is_empty() {
            return Ok(None);
        }
        match self.hidden(&data) {
            Ok(ranges) => Ok(without(lines, &event.carried_back(&ranges))),
            // No client takes an event of another type for a message; but an object may hold a list.
            Err(Unreadable::NotJson | Unreadable::NotAMessage) if !event.is_message && !is_object(&data) => {
                Ok(None)
            }
            Err(unreadable) => Err(unreadable),
        }
    }
}

/// The data of an event that clients take for a message; `None` of every other one.
pub(in crate::authorize) fn message_data(lines: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
    let event = Event::read(lines)?;
    let data = event.joined(lines);
    Ok((event.is_message && !data.trim_ascii().is_empty()).then_some(data))
}

fn is_object(data: &[u8]) -> bool {
    data.trim_ascii_start().starts_with(b"{")
}

impl Event {
    fn read(lines: &[u8]) -> Result<Self, Unreadable> {
        if lines.starts_with(BOM) {
            return Err(Unreadable::ByteOrderMark);
        }
        let mut event = Self { is_message: true, ..Self::default() };
        let mut start: usize = 0;
        for line in lines.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let end = start.saturating_add(line.len());
            let colon = memchr::memchr(b':', line).unwrap_or(line.len());
            let (name, value) = line.split_at(colon);
            let marker = match value {
                [b':', b' ', ..] => 2,
                [b':', ..] => 1,
                _ => 0,
            };
            match name {
                b"data" => event.data.push(start.saturating_add(colon).saturating_add(marker)..end),
                b"event" => {
                    let kind = value.get(marker..).unwrap_or_default();
                    event.is_message = matches!(kind, b"" | b"message");
                }
                _ => {}
            }
            start = end.saturating_add(1);
        }
        Ok(event)
    }

    /// The data as clients see it.
    fn joined(&self, lines: &[u8]) -> Vec<u8> {
        let values: Vec<&[u8]> =
            self.data.iter().map(|range| lines.get(range.clone()).unwrap_or_default()).collect();
        values.join(&b'\n')
    }

    /// Ranges of the joined data as ranges of the event; the line breaks between its lines stay. Both are in order, so that
    /// each line looks only at the ranges that reach it.
    fn carried_back(&self, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut carried = Vec::new();
        let mut ahead = ranges;
        let mut joined: usize = 0;
        for line in &self.data {
            let end = joined.saturating_add(line.len());
            while let [first, rest @ ..] = ahead
                && first.end <= joined
            {
                ahead = rest;
            }
            for range in ahead.iter().take_while(|range| range.start < end) {
                let (from, to) = (range.start.max(joined), range.end.min(end));
                if from < to {
                    let at = |offset: usize| line.start.saturating_add(offset.saturating_sub(joined));
                    carried.push(at(from)..at(to));
                }
            }
            joined = end.saturating_add(1);
        }
        carried
    }
}
