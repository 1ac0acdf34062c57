//! Cedar's own errors about a text, as mistakes: on one line, with their place and something to write instead.

use miette::Diagnostic;

use super::{PolicyFile, PolicyMistake};

/// What is quoted of a policy, in characters.
const MAX_SOURCE_CHARS: usize = 120;

/// Text methods that policies for other engines have and Cedar has not.
const MISSING_METHODS: [&str; 5] = ["startsWith", "endsWith", "includes", "matches", "indexOf"];

/// An error about `file`.
pub(super) fn in_text(file: &PolicyFile, error: &dyn Diagnostic, text: &str) -> PolicyMistake {
    let label = error.labels().and_then(|mut labels| labels.next());
    let offset = label.as_ref().map(miette::LabeledSpan::offset);
    let line = offset.map_or(0, |offset| line_at(&file.text, offset));
    let expected = label.as_ref().and_then(miette::LabeledSpan::label).map(str::to_owned);
    let remedy = MISSING_METHODS
        .into_iter()
        .find(|method| text.contains(&format!("`{method}`")))
        .map(|method| like(&file.text, offset.unwrap_or_default(), method))
        .or_else(|| remedy_of(error))
        .or(expected)
        .unwrap_or_else(|| "write it as Cedar's grammar has it".to_owned());
    PolicyMistake { file: file.name.clone(), line, problem: one_line(text), remedy }
}

/// The line of its text that an error is about, from 1.
pub(super) fn error_line(error: &dyn Diagnostic) -> Option<usize> {
    let label = error.labels()?.next()?;
    let place = error.source_code()?.read_span(label.inner(), 0, 0).ok()?;
    place.line().checked_add(1)
}

/// The part of its text that an error is about, on one line and shortened.
pub(super) fn source_of(error: &dyn Diagnostic) -> Option<String> {
    let label = error.labels()?.next()?;
    let place = error.source_code()?.read_span(label.inner(), 0, 0).ok()?;
    let source = std::str::from_utf8(place.data()).ok()?;
    Some(one_line(source).chars().take(MAX_SOURCE_CHARS).collect())
}

/// Cedar's advice.
pub(super) fn remedy_of(error: &dyn Diagnostic) -> Option<String> {
    error.help().map(|help| one_line(&help.to_string()))
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The line of a byte offset, from 1.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count().saturating_add(1))
}

/// The comparison to write in place of a call of `method` at or behind `offset`.
fn like(text: &str, offset: usize, method: &str) -> String {
    let called = call(text, offset, method);
    let (receiver, word) = called.unwrap_or(("text", "word"));
    let word = word.replace('*', r"\*");
    let pattern = match method {
        "startsWith" => format!("{word}*"),
        "endsWith" => format!("*{word}"),
        _ => format!("*{word}*"),
    };
    format!("write `{receiver} like \"{pattern}\"`: in Cedar * stands for any characters")
}

/// What a method is called on, and the text it is given.
fn call<'t>(text: &'t str, offset: usize, method: &str) -> Option<(&'t str, &'t str)> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[' | ']');
    let opening = format!(".{method}(\"");
    // The place may be that of the whole expression or of the method's name.
    let line_begins = text.get(..offset)?.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
    let (before, after) = text.get(line_begins..)?.split_once(&opening)?;
    let (word, _) = after.split_once('"').filter(|(word, _)| !word.contains('\\'))?;
    let receiver = before.rsplit(|c| !is_path(c)).next().filter(|receiver| !receiver.is_empty())?;
    Some((receiver, word))
}
