//! Secrets that show by their own form, inside one word: JSON Web Tokens, AWS keys, session tokens, other services' tokens.

use std::ops::Range;

use super::MARK;

/// Every pattern needs at least this much.
const MIN_SECRET_BYTES: usize = 16;
/// An AWS secret access key has exactly this length.
const SECRET_KEY_BYTES: usize = 40;
/// `AKIA` (long-term) or `ASIA` (temporary), and this many characters (IAM User Guide, "IAM identifiers").
const KEY_ID_BYTES: usize = 20;
/// The beginning of `{"`, as every JOSE header starts (RFC 7519 section 3), in Base64.
const JOSE: &str = "eyJ";
/// A header names at least its algorithm.
const MIN_JOSE_BYTES: usize = 12;
/// How tokens of AWS and of others begin that follow no other rule.
const PREFIXES: [&str; 11] = [
    "IQoJb3JpZ2luX2Vj",
    "FwoGZXIvYXdz",
    "FQoGZXIvYXdz",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
];

/// Writes `word` without the secrets in it. `is_cut`: it may go on behind what is there.
pub(super) fn write(word: &str, is_cut: bool, out: &mut String) {
    let mut at = 0;
    if word.len() >= MIN_SECRET_BYTES {
        for range in secrets(word, is_cut) {
            if range.start >= at {
                out.push_str(word.get(at..range.start).unwrap_or_default());
                out.push_str(MARK);
            }
            at = at.max(range.end);
        }
    }
    let rest = word.get(at..).unwrap_or_default();
    if is_cut {
        // A part of a key is no key by its form.
        let kept = rest.len().saturating_sub(SECRET_KEY_BYTES);
        out.push_str(rest.get(..kept).unwrap_or_default());
    } else {
        out.push_str(rest);
    }
}

/// In order of their beginnings.
fn secrets(word: &str, is_cut: bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = secret_keys(word).collect();
    let (mut base64_end, mut key_id_end) = (0, 0);
    let mut at = 0_usize;
    while let Some(rest) = word.get(at..).filter(|rest| rest.len() >= JOSE.len()) {
        // Beginnings inside a run that was looked at already would read it again for nothing.
        let end = match rest.as_bytes().first() {
            Some(b'e') if at >= base64_end && rest.starts_with(JOSE) => {
                base64_end = at.saturating_add(run(rest, is_base64_url));
                json_web_token(rest, is_cut)
            }
            Some(b'A') if at >= key_id_end && (rest.starts_with("AKIA") || rest.starts_with("ASIA")) => {
                let length = run(rest, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
                key_id_end = at.saturating_add(length);
                (length >= KEY_ID_BYTES).then_some(length)
            }
            Some(b'I' | b'F' | b'g' | b'x') if PREFIXES.iter().any(|prefix| rest.starts_with(prefix)) => {
                Some(rest.len())
            }
            _ => None,
        };
        let next = at.saturating_add(end.unwrap_or(1));
        found.extend(end.map(|_| at..next));
        at = next;
    }
    found.sort_by_key(|range| range.start);
    found
}

/// How many of the first bytes fit.
fn run(text: &str, fits: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| fits(*byte)).count()
}

fn is_base64_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The length of the token at the beginning.
fn json_web_token(text: &str, is_cut: bool) -> Option<usize> {
    let header = run(text, is_base64_url);
    let goes_on = text.as_bytes().get(header) == Some(&b'.') || (is_cut && header == text.len());
    (header >= MIN_JOSE_BYTES && goes_on).then(|| run(text, |byte| is_base64_url(byte) || byte == b'.'))
}

/// Hexadecimal digests are as long, but of one case.
fn secret_keys(word: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let in_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+');
    let mut start = 0_usize;
    word.split(move |c: char| !u8::try_from(c).is_ok_and(in_key)).filter_map(move |piece| {
        let range = start..start.saturating_add(piece.len());
        // What separates words' pieces is ASCII.
        start = range.end.saturating_add(1);
        let has = |of: fn(&u8) -> bool| piece.as_bytes().iter().any(of);
        (piece.len() == SECRET_KEY_BYTES && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
            .then_some(range)
    })
}
