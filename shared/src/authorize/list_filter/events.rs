//! An event stream, event by event: each is held back until it is whole, read, and passed on.

use super::{ListFilter, MAX_ANSWER_BYTES, Unreadable};

/// Filters one event stream; holds one event at a time.
#[derive(Debug)]
pub struct EventFilter {
    filter: ListFilter,
    held: Vec<u8>,
    /// Where the last line of `held` begins.
    line: usize,
    withheld: Option<Unreadable>,
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
        Self { filter, held: Vec::new(), line: 0, withheld: None }
    }

    /// Takes the next bytes of the stream, cut anywhere. Once something is withheld, so is all that follows.
    pub fn feed(&mut self, chunk: &[u8]) -> Filtered {
        let mut bytes = Vec::new();
        // What is known to hold no line end need not be searched again.
        let mut searched = self.held.len().saturating_sub(usize::from(self.held.ends_with(b"\r")));
        self.held.extend_from_slice(chunk);
        let held = std::mem::take(&mut self.held);
        let mut begin = 0;
        while let (None, Some(end)) = (self.withheld, self.event_end(&held, &mut searched)) {
            self.pass(held.get(begin..end).unwrap_or_default(), &mut bytes);
            (begin, self.line, searched) = (end, end, end);
        }
        if held.len().saturating_sub(begin) > MAX_ANSWER_BYTES {
            self.withheld.get_or_insert(Unreadable::TooLarge);
        }
        if self.withheld.is_none() {
            self.hold(held, begin);
        }
        Filtered { bytes, withheld: self.withheld }
    }

    /// Keeps what begins there for the next chunk: moved once, however many events went before it.
    fn hold(&mut self, mut held: Vec<u8>, begin: usize) {
        held.drain(..begin);
        self.line = self.line.saturating_sub(begin);
        self.held = held;
    }

    /// What may pass at the stream's end: an event without its blank line, which some clients read as well.
    pub fn finish(&mut self) -> Filtered {
        let mut bytes = Vec::new();
        let event = std::mem::take(&mut self.held);
        if self.withheld.is_none() {
            self.pass(&event, &mut bytes);
        }
        Filtered { bytes, withheld: self.withheld }
    }

    fn pass(&mut self, event: &[u8], bytes: &mut Vec<u8>) {
        match self.filter.event(event) {
            Ok(Some(cut)) => bytes.extend(cut),
            Ok(None) => bytes.extend_from_slice(event),
            Err(unreadable) => self.withheld = Some(unreadable),
        }
    }

    /// Where the event whose last known line begins at `self.line` ends: behind its blank line. A CR at the very end may be
    /// half a CRLF; after a blank line that does not matter, the LF then passes as one more blank line.
    fn event_end(&mut self, held: &[u8], searched: &mut usize) -> Option<usize> {
        loop {
            let from = self.line.max(*searched);
            let found = memchr::memchr2(b'\n', b'\r', held.get(from..)?);
            let Some(end) = found.and_then(|offset| from.checked_add(offset)) else {
                *searched = held.len();
                return None;
            };
            let is_blank = end == self.line;
            let next = end.checked_add(1)?;
            let after = match (held.get(end), held.get(next)) {
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
