//! The ends of lines in an event stream: CRLF, LF or CR, in chunks that are cut anywhere.

use std::mem;

/// Finds them in constant memory.
#[derive(Debug, Default)]
pub(crate) struct LineEnds {
    is_after_cr: bool,
}

impl LineEnds {
    /// What `chunk` has of the current line, and whether the line ends there; takes both off `chunk`. `None` where nothing
    /// is left of it.
    pub(crate) fn next<'c>(&mut self, chunk: &mut &'c [u8]) -> Option<(&'c [u8], bool)> {
        if !chunk.is_empty() && mem::take(&mut self.is_after_cr) {
            *chunk = chunk.strip_prefix(b"\n").unwrap_or(chunk);
        }
        if chunk.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\n', b'\r', chunk).unwrap_or(chunk.len());
        let (content, rest) = chunk.split_at(end);
        let ends = rest.split_first();
        self.is_after_cr = matches!(ends, Some((b'\r', _)));
        *chunk = ends.map_or(&[], |(_, rest)| rest);
        Some((content, ends.is_some()))
    }

    /// Whether the last line ended in a CR, of which an LF may still be a part.
    pub(crate) fn is_after_cr(&self) -> bool {
        self.is_after_cr
    }
}
