//! An event stream, event by event: each is held back until it is whole, read, and passed on.

use super::{ListFilter, MAX_ANSWER_BYTES, Unreadable};

/// Cuts one event stream into events; holds one at a time.
#[derive(Debug, Default)]
pub(in crate::authorize) struct Events {
    held: Vec<u8>,
    /// Where the last line of `held` begins.
    line: usize,
}

/// Filters one event stream.
#[derive(Debug)]
pub struct EventFilter {
    filter: ListFilter,
    events: Events,
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
        Self { filter, events: Events::default(), withheld: None }
    }

    /// Takes the next bytes of the stream, cut anywhere. Once something is withheld, so is all that follows.
    pub fn feed(&mut self, chunk: &[u8]) -> Filtered {
        let mut bytes = Vec::new();
        if self.withheld.is_none() {
            let Self { filter, events, .. } = self;
            self.withheld = events.feed(chunk, |event| filter.pass(event, &mut bytes)).err();
        }
        Filtered { bytes, withheld: self.withheld }
    }

    /// What may pass at the stream's end: an event without its blank line, which some clients read as well.
    pub fn finish(&mut self) -> Filtered {
        let mut bytes = Vec::new();
        if self.withheld.is_none() {
            self.withheld = self.filter.pass(&self.events.finish(), &mut bytes).err();
        }
        Filtered { bytes, withheld: self.withheld }
    }
}

impl ListFilter {
    fn pass(&self, event: &[u8], bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        match self.event(event)? {
            Some(cut) => bytes.extend(cut),
            None => bytes.extend_from_slice(event),
        }
        Ok(())
    }
}

impl Events {
    /// Takes the next bytes of the stream, cut anywhere, and hands on each event that is whole, its blank line included.
    pub(in crate::authorize) fn feed(
        &mut self,
        chunk: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        // What is known to hold no line end need not be searched again.
        let mut searched = self.held.len().saturating_sub(usize::from(self.held.ends_with(b"\r")));
        self.held.extend_from_slice(chunk);
        let held = std::mem::take(&mut self.held);
        let mut begin = 0;
        while let Some(end) = self.event_end(&held, &mut searched) {
            take(held.get(begin..end).unwrap_or_default())?;
            (begin, self.line, searched) = (end, end, end);
        }
        if held.len().saturating_sub(begin) > MAX_ANSWER_BYTES {
            return Err(Unreadable::TooLarge);
        }
        self.hold(held, begin);
        Ok(())
    }

    /// What is left at the stream's end.
    pub(in crate::authorize) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Keeps what begins there for the next chunk: moved once, however many events went before it.
    fn hold(&mut self, mut held: Vec<u8>, begin: usize) {
        held.drain(..begin);
        self.line = self.line.saturating_sub(begin);
        self.held = held;
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
