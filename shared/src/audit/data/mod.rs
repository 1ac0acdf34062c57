//! What a line records of a body: its beginning, without secrets.
//!
//! A secret is what stands under a secret's name, or has a secret's form: bearer tokens, JSON Web Tokens, AWS keys and
//! session tokens, private keys, the signatures of presigned URLs. Rather too much is left out than too little.
//!
//! Invariant: linear in the recorded length, and no secret shows because the text was cut through it.

mod json;
mod json_siblings;
mod keys;
mod separator;
mod siblings;
mod text;
mod text_siblings;
mod word;

#[cfg(test)]
mod tests;

/// Stands where a secret was.
const MARK: &str = "[REDACTED]";
/// Stands where a text goes on.
const CUT_MARK: &str = "…[truncated]";
/// Most characters of a body in a line: with request and response, a line stays an event of CloudWatch Logs.
pub const MAX_DATA_CHARS: usize = 32_768;
/// Read beyond what is recorded, so that a secret at the edge is known by its form.
const MARGIN_CHARS: usize = 64;
/// A tool's result is text in JSON, often JSON itself.
const LEVELS: u8 = 4;
/// Longest character of UTF-8.
const CHAR_BYTES: usize = 4;

/// Bytes of a body from which `max_chars` of it can be recorded.
#[must_use]
pub fn tee_bytes(max_chars: usize) -> usize {
    max_chars.saturating_add(MARGIN_CHARS).saturating_mul(CHAR_BYTES)
}

/// The first `max_chars` characters of a body without its secrets; a mark follows where the body goes on. `goes_on`: there is
/// more of it than `body`.
#[must_use]
pub fn recorded(body: &[u8], goes_on: bool, max_chars: usize) -> String {
    let available = body.get(..tee_bytes(max_chars)).unwrap_or(body);
    let text = String::from_utf8_lossy(available);
    let end = text.char_indices().nth(max_chars.saturating_add(MARGIN_CHARS)).map(|(end, _)| end);
    let beginning = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    let is_cut = goes_on || beginning.len() < text.len() || available.len() < body.len();
    let mut redacted = redacted(beginning, is_cut, LEVELS);
    let end = redacted.char_indices().nth(max_chars).map(|(end, _)| end);
    redacted.truncate(end.unwrap_or(redacted.len()));
    if is_cut || end.is_some() {
        redacted.push_str(CUT_MARK);
    }
    redacted
}

/// A URI without the secrets in it: presigned URLs carry theirs. `is_cut`: it is the beginning of one.
#[must_use]
pub(super) fn without_secrets(uri: &str, is_cut: bool) -> String {
    text::redacted(uri, is_cut)
}

/// `text` without the secrets in it, read as JSON where it is JSON.
fn redacted(text: &str, is_cut: bool, levels: u8) -> String {
    let is_like_json = text.trim_ascii_start().starts_with(['{', '[', '"']);
    if !is_like_json {
        return text::redacted(text, is_cut);
    }
    let Some(below) = levels.checked_sub(1) else { return MARK.to_owned() };
    json::redacted_json(text, is_cut, below).unwrap_or_else(|| text::redacted(text, is_cut))
}
