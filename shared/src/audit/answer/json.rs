//! Finds a failure in a JSON document that passes in pieces: a JSON-RPC `error`, or a tool's `result.isError`. Keeps the
//! place in the document and part of one key, whatever the document's size.
//!
//! Invariant: what is found does not depend on where the pieces were cut.

use super::ApplicationError;

/// `isError` with every character as an escape of six (RFC 8259, section 7); a longer key is none of ours.
const MAX_KEY_BYTES: usize = 42;

/// Reads one JSON-RPC response, or a batch of them. Text that is no JSON finds nothing in particular, and harms nothing.
#[derive(Debug, Default)]
pub(super) struct ResponseScan {
    /// Open brackets.
    depth: u64,
    /// Open brackets around each message: one inside a batch.
    outside: u64,
    in_message: bool,
    in_result: bool,
    expects_key: bool,
    member: Member,
    string: Option<OpenString>,
    key: Vec<u8>,
    found: Option<ApplicationError>,
}

/// The members whose values matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Member {
    #[default]
    Other,
    Error,
    Result,
    IsError,
}

#[derive(Debug)]
struct OpenString {
    is_key: bool,
    after_backslash: bool,
}

impl ResponseScan {
    /// Takes the next piece, cut anywhere.
    pub(super) fn feed(&mut self, mut piece: &[u8]) {
        while self.found.is_none() && !piece.is_empty() {
            piece =
                if self.string.is_some() { self.inside_string(piece) } else { self.outside_string(piece) };
        }
    }

    /// What has been found so far.
    pub(super) fn found(&self) -> Option<ApplicationError> {
        self.found
    }

    /// The rest of the piece behind the opening quote of the next string.
    fn outside_string<'a>(&mut self, piece: &'a [u8]) -> &'a [u8] {
        for (at, byte) in piece.iter().enumerate() {
            match byte {
                b'"' => {
                    let is_key = self.is_watched() && self.expects_key;
                    if !is_key {
                        self.value_begins(*byte);
                    }
                    self.string = Some(OpenString { is_key, after_backslash: false });
                    return piece.get(at.saturating_add(1)..).unwrap_or_default();
                }
                b'{' | b'[' => self.open(*byte),
                b'}' | b']' => self.close(),
                b',' if self.is_watched() => self.expects_key = true,
                b':' if self.is_watched() => self.expects_key = false,
                b' ' | b'\t' | b'\n' | b'\r' => {}
                byte => self.value_begins(*byte),
            }
            if self.found.is_some() {
                break;
            }
        }
        &[]
    }

    /// The rest of the piece behind the closing quote.
    fn inside_string<'a>(&mut self, mut piece: &'a [u8]) -> &'a [u8] {
        while let (Some(string), Some((first, rest))) = (&mut self.string, piece.split_first()) {
            let (content, rest) = if std::mem::take(&mut string.after_backslash) {
                (std::slice::from_ref(first), rest)
            } else {
                let end = memchr::memchr2(b'"', b'\\', piece).unwrap_or(piece.len());
                match piece.split_at(end) {
                    (content, [b'"', rest @ ..]) => {
                        let is_key = string.is_key;
                        self.keep(content);
                        self.string = None;
                        if is_key {
                            self.member = self.member_named();
                        }
                        return rest;
                    }
                    (content, [_, rest @ ..]) => {
                        string.after_backslash = true;
                        (piece.get(..content.len().saturating_add(1)).unwrap_or(content), rest)
                    }
                    (content, []) => (content, &[][..]),
                }
            };
            self.keep(content);
            piece = rest;
        }
        piece
    }

    /// Keeps one byte more than any key of ours has, which tells a longer key.
    fn keep(&mut self, content: &[u8]) {
        if self.string.as_ref().is_some_and(|string| string.is_key) {
            let room = MAX_KEY_BYTES.saturating_add(1).saturating_sub(self.key.len());
            self.key.extend(content.iter().take(room));
        }
    }

    fn member_named(&mut self) -> Member {
        let key = std::mem::take(&mut self.key);
        let unescaped = || -> Option<String> {
            let quoted = [b"\"", key.as_slice(), b"\""].concat();
            serde_json::from_slice(&quoted).ok()
        };
        let name = if key.contains(&b'\\') { unescaped() } else { String::from_utf8(key.clone()).ok() };
        match (name.as_deref(), self.in_result) {
            (Some("error"), false) => Member::Error,
            (Some("result"), false) => Member::Result,
            (Some("isError"), true) => Member::IsError,
            _ => Member::Other,
        }
    }

    /// Inside an object whose members matter.
    fn is_watched(&self) -> bool {
        let inside = self.depth.saturating_sub(self.outside);
        (inside == 1 && self.in_message) || (inside == 2 && self.in_result)
    }

    /// A value whose first byte tells enough: servers write `"error": null` beside a result.
    fn value_begins(&mut self, first: u8) {
        if !self.is_watched() || self.expects_key {
            return;
        }
        self.found = match (std::mem::take(&mut self.member), first) {
            (Member::Error, b'n') => None,
            (Member::Error, _) => Some(ApplicationError::JsonRpc),
            (Member::IsError, b't') => Some(ApplicationError::Tool),
            _ => None,
        };
    }

    fn open(&mut self, bracket: u8) {
        let is_object = bracket == b'{';
        let is_result = self.is_watched() && !self.expects_key && self.member == Member::Result;
        self.value_begins(bracket);
        if self.depth == 0 && !is_object {
            self.outside = 1;
        } else if self.depth == self.outside {
            self.in_message = is_object;
            self.expects_key = is_object;
        } else if is_result {
            self.in_result = is_object;
            self.expects_key = is_object;
        }
        self.depth = self.depth.saturating_add(1);
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        match self.depth.checked_sub(self.outside) {
            Some(0) | None => (self.in_message, self.in_result) = (false, false),
            Some(1) => self.in_result = false,
            Some(_) => {}
        }
        self.member = Member::Other;
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
