//! Redacts text that is not JSON: command lines, headers, URLs, configuration files, and JSON quoted in any of them.

use super::{
    MARK,
    json::container_bytes,
    keys::{ends_with, is_secret},
    separator::{self, block_scalar, is_in_word, is_tag},
    text_siblings::before_secrets,
    word,
};

const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_END: &str = "-----END ";
const SCHEME_END: &str = "://";
const PEM_DASHES: &str = "-----";
/// Schemes of `Authorization` (RFC 9110 section 11.1) whose credentials follow as one word.
const SCHEMES: [&str; 3] = ["bearer", "basic", "negotiate"];
/// `bearer tokens` is prose.
const MIN_CREDENTIALS_BYTES: usize = 8;

/// `text` without the secrets in it. `is_cut`: it may go on behind what is there.
pub(super) fn redacted(text: &str, is_cut: bool) -> String {
    let before_secrets = before_secrets(text, is_cut);
    let out = String::with_capacity(text.len());
    let mut scan = Scan { rest: text, length: text.len(), before_secrets, is_cut, out };
    while scan.step() {}
    scan.out
}

struct Scan<'a> {
    rest: &'a str,
    length: usize,
    /// Where the words begin behind which a secret follows, though they don't tell themselves.
    before_secrets: Vec<usize>,
    is_cut: bool,
    out: String,
}

impl<'a> Scan<'a> {
    /// The next word, escape or other character; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if self.rest.starts_with(PEM_BEGIN) && self.private_key() {
            return true;
        }
        if let Some(after) = self.rest.strip_prefix(SCHEME_END) {
            self.user_information(after);
            return true;
        }
        let word = self.take_while(is_in_word);
        if !word.is_empty() {
            self.word(word);
        } else if first == '\\' {
            let escape = self.take(escape_bytes(self.rest));
            self.out.push_str(escape);
        } else {
            let other = self.take(first.len_utf8());
            self.out.push_str(other);
        }
        true
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// A private key in PEM (RFC 7468), to the end where its last line is missing.
    fn private_key(&mut self) -> bool {
        let label = self.rest.get(PEM_BEGIN.len()..).unwrap_or_default();
        let Some((label, key)) = label.split_once(PEM_DASHES) else { return false };
        if !label.ends_with("PRIVATE KEY") || label.contains('\n') {
            return false;
        }
        self.out.push_str(MARK);
        let end = key.split_once(PEM_END).and_then(|(_, end)| end.split_once(PEM_DASHES));
        self.rest = end.map_or("", |(_, rest)| rest);
        true
    }

    /// Name and password before a URL's host (RFC 3986 section 3.2.1).
    fn user_information(&mut self, after: &str) {
        let slashes = self.take(SCHEME_END.len());
        self.out.push_str(slashes);
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '\\' | '<' | '>');
        let authority = after.split(ends).next().unwrap_or_default();
        let is_all = authority.len() == after.len();
        if let Some((user, _)) =
            authority.rsplit_once('@').or((self.is_cut && is_all).then_some((authority, "")))
            && user.contains(':')
        {
            self.take(user.len());
            self.out.push_str(MARK);
        }
    }

    fn word(&mut self, word: &str) {
        let start = self.length.saturating_sub(self.rest.len().saturating_add(word.len()));
        word::write(word, self.is_cut && self.rest.is_empty(), &mut self.out);
        if is_scheme(word) {
            self.credentials();
        } else if let Some(separator) = separator::bytes(self.rest, word)
            && (is_secret(word) || self.before_secrets.binary_search(&start).is_ok())
        {
            self.assigned(word, separator);
        }
    }

    /// The secret that `name` is for; `separator` bytes are between.
    fn assigned(&mut self, name: &str, separator: usize) {
        let is_tag = is_tag(self.rest, name);
        let block = block_scalar(self.rest);
        let separator = self.take(block.map_or(separator, |(separator, _)| separator));
        self.out.push_str(separator);
        match block {
            Some((_, block)) => self.leave_out(block),
            None if is_tag => self.leave_out(self.rest.find('<').unwrap_or(self.rest.len())),
            None => match cell_bytes(separator, self.rest) {
                Some(cell) => self.leave_out(cell),
                None => self.value(name),
            },
        }
    }

    fn leave_out(&mut self, bytes: usize) {
        if bytes > 0 {
            self.take(bytes);
            self.out.push_str(MARK);
        }
    }

    fn credentials(&mut self) {
        let space = self.take_while(|c| c == ' ');
        self.out.push_str(space);
        let token = self.rest.find(|c| !is_in_token(c)).unwrap_or(self.rest.len());
        if !space.is_empty() && (token >= MIN_CREDENTIALS_BYTES || (self.is_cut && token == self.rest.len()))
        {
            self.take(token);
            self.out.push_str(MARK);
        }
    }

    /// What follows the name of a secret.
    fn value(&mut self, name: &str) {
        let length = match self.rest.chars().next() {
            None => return,
            Some('"' | '\'' | '`' | '\\') => {
                let quote = quote_bytes(self.rest);
                let quote = self.take(quote);
                self.out.push_str(quote);
                quoted_bytes(self.rest, quote)
            }
            Some('{' | '[') => container_bytes(self.rest),
            Some(_) => unquoted_bytes(self.rest, name),
        };
        self.leave_out(length);
    }
}

/// RFC 6750 section 2.1.
fn is_in_token(c: char) -> bool {
    is_in_word(c) || matches!(c, '~' | '=')
}

fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// A backslash with what it escapes, so that the letter of `\n` is no part of a word.
fn escape_bytes(text: &str) -> usize {
    match text.as_bytes().get(1) {
        Some(b'u') => text.char_indices().nth(6).map_or(text.len(), |(end, _)| end),
        Some(b'n' | b't' | b'r' | b'b' | b'f' | b'"' | b'\'' | b'\\' | b'/') => 2,
        _ => 1,
    }
}

/// The cell of a table behind `separator`; a pipe between commands has no second border.
fn cell_bytes(separator: &str, rest: &str) -> Option<usize> {
    let end = separator.contains('|').then(|| rest.find(['|', '\n']))??;
    let (cell, border) = rest.split_at_checked(end)?;
    border.starts_with('|').then(|| cell.trim_ascii_end().len())
}

/// A quotation mark with the backslashes before it.
fn quote_bytes(text: &str) -> usize {
    let backslashes = text.len().saturating_sub(text.trim_start_matches('\\').len());
    let has_mark = text.as_bytes().get(backslashes).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    backslashes.saturating_add(usize::from(has_mark))
}

/// Up to the same quotation mark with as many backslashes.
fn quoted_bytes(text: &str, quote: &str) -> usize {
    let Some(mark) = quote.chars().next_back().filter(|mark| *mark != '\\') else {
        return text.find(char::is_whitespace).unwrap_or(text.len());
    };
    let level = quote.len().saturating_sub(1);
    let mut backslashes = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '\\' => backslashes = backslashes.saturating_add(1),
            c if c == mark && backslashes <= level => return at.saturating_sub(backslashes),
            _ => backslashes = 0,
        }
    }
    text.len()
}

/// A header's value and a phrase go to the end of their line, an option's value to the next blank.
fn unquoted_bytes(text: &str, name: &str) -> usize {
    let is_option = name.starts_with('-');
    let is_line =
        !is_option && ["authorization", "cookie", "passphrase"].iter().any(|header| ends_with(name, header));
    let ends = |c: char| match c {
        '\n' | '\r' | '"' | '\'' | '\\' => true,
        _ if is_line => false,
        c if is_option => c.is_whitespace(),
        c => c.is_whitespace() || matches!(c, ',' | ';' | '&' | '<' | '>' | ')' | '}' | ']'),
    };
    let end = text.find(ends).unwrap_or(text.len());
    let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if !is_scheme(value) {
        return end;
    }
    let token = rest.trim_start_matches(' ');
    let token = token.trim_start_matches(is_in_token);
    text.len().saturating_sub(token.len())
}
