//! One value of the tree with its path, read as the type the configuration wants.
//!
//! Every reader either returns a usable value or has reported why there is none.

use std::{ops::RangeInclusive, str::FromStr};

use serde_json::Number;

use super::{
    finding::Report,
    keys::Keys,
    node::{Node, Value},
    section::Section,
};

/// Longest piece of the file that a message repeats, in characters.
const MAX_SHOWN_CHARS: usize = 80;

/// A value that is there.
pub(super) struct Field<'a> {
    report: &'a Report<'a>,
    path: String,
    node: &'a Node,
}

impl<'a> Field<'a> {
    pub(super) fn new(report: &'a Report<'a>, path: String, node: &'a Node) -> Self {
        Self { report, path, node }
    }

    /// Reports this value.
    pub(super) fn reject(&self, problem: impl Into<String>, remedy: impl Into<String>) {
        self.report.add(self.node.place, &self.path, problem, remedy);
    }

    /// Reports this value as `<value> <problem>`.
    pub(super) fn refuse(&self, problem: &str, remedy: impl Into<String>) {
        self.reject(format!("{} {problem}", self.shown()), remedy);
    }

    /// The value for a message: as the file has it, so never the content of a variable.
    pub(super) fn shown(&self) -> String {
        match (&self.node.source, &self.node.value) {
            (Some(source), _) => shortened(source),
            (None, Value::Text(text)) => quoted(text),
            (None, Value::Bool(value)) => value.to_string(),
            (None, Value::Number(number)) => number.to_string(),
            (None, Value::List(_)) => "a list".to_owned(),
            (None, Value::Mapping(_)) => "a mapping".to_owned(),
            (None, Value::Null | Value::Unusable) => "an empty value".to_owned(),
        }
    }

    /// The content comes from the environment: no message may repeat any part of it.
    pub(super) fn is_from_environment(&self) -> bool {
        self.node.source.is_some()
    }

    /// The node itself, for values of any shape.
    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    /// Where it begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.node.place.line
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn report(&self) -> &'a Report<'a> {
        self.report
    }

    /// Text that is not empty.
    pub(super) fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) if !text.is_empty() => return Some(text),
            Value::Text(_) | Value::Null => self.reject("is empty", "write a value, or remove it"),
            Value::Number(number) => {
                self.reject(format!("{number} is a number, not text"), format!("quote it: \"{number}\""));
            }
            Value::Bool(value) => {
                self.reject(format!("{value} is a boolean, not text"), format!("quote it: \"{value}\""));
            }
            Value::List(_) | Value::Mapping(_) => {
                self.refuse("stands where text is wanted", "write one text");
            }
            Value::Unusable => {}
        }
        None
    }

    /// An integer in `range`; from the environment as digits.
    pub(super) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let limits = match (range.start(), range.end()) {
            (&i64::MIN, &i64::MAX) => String::new(),
            (least, most) => format!(" from {least} to {most}"),
        };
        self.within(&range, Number::as_i64, "a whole number", &limits)
    }

    /// A number in `range`; from the environment as digits.
    pub(super) fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let limits = format!(" from {} to {}", range.start(), range.end());
        self.within(&range, Number::as_f64, "a number", &limits)
    }

    fn within<T: FromStr + PartialOrd>(
        &self,
        range: &RangeInclusive<T>,
        read: impl Fn(&Number) -> Option<T>,
        kind: &str,
        limits: &str,
    ) -> Option<T> {
        let value = match &self.node.value {
            Value::Number(number) => read(number),
            Value::Text(digits) if self.is_from_environment() => digits.parse().ok(),
            Value::Unusable => return None,
            _ => None,
        };
        let problem = match value {
            Some(value) if range.contains(&value) => return Some(value),
            Some(_) => "is out of range".to_owned(),
            None => format!("is not {kind}"),
        };
        self.refuse(&problem, format!("write {kind}{limits}, without quotes"));
        None
    }

    /// `true` or `false`; from the environment as text.
    pub(super) fn boolean(&self) -> Option<bool> {
        match &self.node.value {
            Value::Bool(value) => return Some(*value),
            Value::Text(text) if self.is_from_environment() => match text.as_str() {
                "true" => return Some(true),
                "false" => return Some(false),
                _ => {}
            },
            Value::Unusable => return None,
            _ => {}
        }
        self.refuse("is not a boolean", "write true or false, without quotes");
        None
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> Vec<Self> {
        match &self.node.value {
            Value::List(nodes) => nodes
                .iter()
                .enumerate()
                .map(|(index, node)| Self::new(self.report, item_path(&self.path, index), node))
                .collect(),
            Value::Unusable => Vec::new(),
            _ => {
                self.refuse("is not a list", "write a list: [first, second]");
                Vec::new()
            }
        }
    }

    /// The elements of a list, without those whose variable is empty.
    pub(super) fn items(&self) -> Vec<Self> {
        self.elements().into_iter().filter(|element| !is_dropped(element.node)).collect()
    }

    /// A list in which [`Self::items`] would find nothing.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(&self.node.value, Value::List(nodes) if nodes.iter().all(is_dropped))
    }

    /// The mapping, once unknown keys are reported.
    pub(super) fn section(&self, keys: &'static Keys) -> Section<'a> {
        Section::new(self, keys)
    }
}

/// An element whose variable is empty: as if it were not in the list.
fn is_dropped(node: &Node) -> bool {
    node.is_absent() && node.source.is_some()
}

/// `path.key`, with a key that could confuse a reader quoted.
pub(super) fn key_path(path: &str, key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let key = if !key.is_empty() && key.len() <= MAX_SHOWN_CHARS && key.bytes().all(plain) {
        key.to_owned()
    } else {
        quoted(key)
    };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// `path[index]`.
pub(super) fn item_path(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// Text of the file on one line, in quotes and shortened.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

/// Text that can't break or colour a terminal's line.
fn one_line(text: impl Iterator<Item = char>) -> String {
    let mut line = String::new();
    for c in text {
        match c {
            '\'' => line.push(c),
            c => line.extend(c.escape_debug()),
        }
    }
    line
}

fn shortened(text: &str) -> String {
    let mut shown = one_line(text.chars().take(MAX_SHOWN_CHARS));
    if text.chars().nth(MAX_SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}
