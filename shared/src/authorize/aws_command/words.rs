//! Splits a command into words where every reader of commands splits it alike: a POSIX shell (POSIX.1-2024, Shell Command
//! Language, section 2) and Python's `shlex.split`, which the AWS API MCP server uses. Where the two differ, or where
//! a shell would do more than split, the command is not plain.

use std::str::Chars;

use super::NotPlain;

/// Longer than any command a person or a program composes in earnest; policy documents fit.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// Separators, redirections, expansions, patterns, comments, braces, history; `^` was a pipe and is a pattern in some shells.
const SHELL_CHARACTERS: &str = "|&;<>()$`*?[]{}#!~^";

/// The words of `text` without their quotes.
pub(super) fn split(text: &str) -> Result<Vec<String>, NotPlain> {
    if text.len() > MAX_BYTES {
        return Err(NotPlain::TooLong(MAX_BYTES));
    }
    if text.chars().any(char::is_control) {
        return Err(NotPlain::ControlCharacter);
    }
    let mut words = Vec::new();
    let mut chars = text.chars();
    while let Some(word) = next_word(&mut chars)? {
        if word.starts_with('~') {
            return Err(NotPlain::HomeFolder);
        }
        words.push(word);
    }
    Ok(words)
}

/// `None` where only spaces are left. Reads one space after the word.
fn next_word(chars: &mut Chars<'_>) -> Result<Option<String>, NotPlain> {
    let mut word: Option<String> = None;
    while let Some(c) = chars.next() {
        if c == ' ' {
            if word.is_some() {
                break;
            }
            continue;
        }
        let word = word.get_or_insert_default();
        match c {
            '\'' => single_quoted(chars, word)?,
            '"' => double_quoted(chars, word)?,
            '\\' => word.push(chars.next().ok_or(NotPlain::Unbalanced)?),
            c if SHELL_CHARACTERS.contains(c) => return Err(NotPlain::ShellCharacter(c)),
            c if c.is_whitespace() => return Err(NotPlain::OddSpace),
            c => word.push(c),
        }
    }
    Ok(word)
}

fn single_quoted(chars: &mut Chars<'_>, word: &mut String) -> Result<(), NotPlain> {
    loop {
        match chars.next().ok_or(NotPlain::Unbalanced)? {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
}

fn double_quoted(chars: &mut Chars<'_>, word: &mut String) -> Result<(), NotPlain> {
    loop {
        match chars.next().ok_or(NotPlain::Unbalanced)? {
            '"' => return Ok(()),
            c @ ('$' | '`') => return Err(NotPlain::ShellCharacter(c)),
            '\\' => match chars.next().ok_or(NotPlain::Unbalanced)? {
                c @ ('"' | '\\') => word.push(c),
                // A shell drops the backslash here, shlex keeps it.
                c @ ('$' | '`') => return Err(NotPlain::ShellCharacter(c)),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}
