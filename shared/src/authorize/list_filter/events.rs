//! An event stream, event by event: each is held back until it is whole, read, and passed on.

use super::{ListFilter, MAX_ANSWER_BYTES, Unreadable};

/// Filters one event stream; holds one event at a time.
#[derive(Debug)]
pub struct EventFilter {
    filter: ListFilter,
    held: Vec<u8>,
    /// Where the last line of `held` begins.
    line: usize,
}

/// What may pass now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filtered {
    /// Whole events.
    pub bytes: Vec<u8>,
    /// Why nothing may follow them.
    pub withheld: Option<Unreadable>,
}

impl EventFilter {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new(filter: ListFilter) -> Self {
        Self { filter, held: Vec::new(), line: 0 }
    }

    /// Takes the next bytes of the stream, cut anywhere.
    pub fn feed(&mut self, chunk: &[u8]) -> Filtered {
        let mut filtered = Filtered::default();
        // What is known to hold no line end need not be searched again.
        let mut searched = self.held.len().saturating_sub(usize::from(self.held.ends_with(b"\r")));
        self.held.extend_from_slice(chunk);
        while let Some(end) = self.event_end(&mut searched) {
            let rest = self.held.split_off(end);
            let event = std::mem::replace(&mut self.held, rest);
            (self.line, searched) = (0, 0);
            if !self.pass(&event, &mut filtered) {
                return filtered;
            }
        }
        if self.held.len() > MAX_ANSWER_BYTES {
            filtered.withheld = Some(Unreadable::TooLarge);
        }
        filtered
    }

    /// What may pass at the stream's end: an event without its blank line, which some clients read as well.
    pub fn finish(&mut self) -> Filtered {
        let mut filtered = Filtered::default();
        let event = std::mem::take(&mut self.held);
        self.pass(&event, &mut filtered);
        filtered
    }

    fn pass(&self, event: &[u8], filtered: &mut Filtered) -> bool {
        match self.filter.event(event) {
            Ok(Some(cut)) => filtered.bytes.extend(cut),
            Ok(None) => filtered.bytes.extend_from_slice(event),
            Err(unreadable) => filtered.withheld = Some(unreadable),
        }
        filtered.withheld.is_none()
    }

    /// Where the first event in `held` ends: behind its blank line. A CR at the very end may be half a CRLF; after a blank
    /// line that does not matter, the LF then passes as one more blank line.
    fn event_end(&mut self, searched: &mut usize) -> Option<usize> {
        loop {
            let from = self.line.max(*searched);
            let found = memchr::memchr2(b'\n', b'\r', self.held.get(from..)?);
            let Some(end) = found.and_then(|offset| from.checked_add(offset)) else {
                *searched = self.held.len();
                return None;
            };
            let is_blank = end == self.line;
            let next = end.checked_add(1)?;
            let after = match (self.held.get(end), self.held.get(next)) {
                (Some(b'\r'), Some(b'\n')) => next.checked_add(1)?,
                (Some(b'\r'), None) if !is_blank => return None,
                _ => next,
            };
            if is_blank {
                return Some(after);
            }
            self.line = after;
        }
    }
}
