//! What stands between a name and its value: `=`, `: `, `": "`, `=>`, the end of a tag, the border of a table's cell, the
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

/// A block scalar behind its key (YAML 1.2.2 section 8.1): the bytes up to its indicator, and from there to its end.
pub(super) fn block_scalar(rest: &str) -> Option<(usize, usize)> {
    let scalar = rest.trim_start_matches(['"', '\'']).strip_prefix(':')?.trim_start_matches([' ', '\t']);
    let line = scalar.strip_prefix(['|', '>'])?;
    let line = line.trim_start_matches(|c: char| matches!(c, '+' | '-' | ' ' | '\r') || c.is_ascii_digit());
    let block = line.strip_prefix('\n')?;
    let block = block.get(..block_bytes(block)?)?;
    let block = block.strip_suffix('\n').unwrap_or(block);
    let header = scalar.len().saturating_sub(line.len()).saturating_add(1);
    Some((rest.len().saturating_sub(scalar.len()), header.saturating_add(block.len())))
}

/// The lines that are indented at least as the first; `None` where that one isn't.
fn block_bytes(text: &str) -> Option<usize> {
    let indentation = |line: &str| line.len().saturating_sub(line.trim_start_matches(' ').len());
    let is_blank = |line: &str| line.trim_ascii().is_empty();
    let least = indentation(text.lines().find(|line| !is_blank(line))?);
    let lines = text.split_inclusive('\n').take_while(|line| is_blank(line) || indentation(line) >= least);
    (least > 0).then(|| lines.map(str::len).sum())
}
