//! What stands between a name and its value: `=`, `: `, `": "`, `=>`, `</…>`'s opening tag, the border of a table's cell, the
//! asterisks of Markdown, and the space or the continued line behind an option.

pub(super) fn is_in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+')
}

/// Up to the value where `rest` goes on as behind the name `word`.
pub(super) fn bytes(rest: &str, word: &str) -> Option<usize> {
    if is_tag(rest, word) {
        return Some(1);
    }
    let is_continued = rest.starts_with("\\\n") || rest.starts_with("\\\r\n");
    let closed = if is_continued { rest } else { rest.trim_start_matches(['"', '\'', '\\', '`', '*']) };
    let spaced = without_blanks(closed);
    let behind = match spaced.strip_prefix([':', '=', '|']) {
        Some(behind) => behind.trim_start_matches(['=', '>', '*', '|']),
        None if word.starts_with('-') && spaced.len() < closed.len() => spaced,
        None => return None,
    };
    let mut value = behind;
    loop {
        let next = without_blanks(value).trim_start_matches(|c: char| c.is_ascii_whitespace());
        if next.len() == value.len() {
            return Some(rest.len().saturating_sub(value.len()));
        }
        value = next;
    }
}

/// Whether `word` is the name of an XML element that begins here.
pub(super) fn is_tag(rest: &str, word: &str) -> bool {
    rest.starts_with('>') && !word.starts_with('/')
}

/// Without spaces and ends of lines that a backslash takes back.
fn without_blanks(mut text: &str) -> &str {
    loop {
        let rest = text.trim_start_matches([' ', '\t']);
        let rest = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\\r\n")).unwrap_or(rest);
        if rest.len() == text.len() {
            return text;
        }
        text = rest;
    }
}

/// The indicator of a block scalar behind `separator` (YAML 1.2.2 section 8.1): up to the block, and the block.
pub(super) fn block_scalar(rest: &str) -> Option<(usize, usize)> {
    let rest_of_line =
        rest.trim_start_matches(['"', '\'']).strip_prefix(':')?.trim_start_matches([' ', '\t']);
    let line = rest_of_line.strip_prefix(['|', '>'])?;
    let line = line.trim_start_matches(|c: char| matches!(c, '+' | '-' | ' ' | '\r') || c.is_ascii_digit());
    let block = line.strip_prefix('\n')?;
    let indentation = |line: &str| line.len().saturating_sub(line.trim_start_matches(' ').len());
    let least = block.lines().find(|line| !line.trim_ascii().is_empty()).map_or(0, indentation);
    if least == 0 {
        return None;
    }
    let mut length = 0_usize;
    for line in block.split_inclusive('\n') {
        if !line.trim_ascii().is_empty() && indentation(line) < least {
            break;
        }
        length = length.saturating_add(line.len());
    }
    let is_last = length == block.len();
    let block = block.get(..length).unwrap_or(block);
    let kept = if is_last { 0 } else { 1 };
    Some((
        rest.len().saturating_sub(rest_of_line.len()),
        rest_of_line
            .len()
            .saturating_sub(line.len())
            .saturating_add(1)
            .saturating_add(block.len())
            .saturating_sub(kept),
    ))
}
