//! YAML's events to a tree, without recursion.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::child;

/// Deeper than any template; what reads trees recursively relies on it.
const MAX_DEPTH: usize = 100;

type Lines = HashMap<String, usize>;

/// The first document of a text, and the lines of its values.
///
/// # Errors
/// What keeps it from being one.
pub(super) fn parse(text: &str) -> Result<(Value, Lines), String> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, _, tag) => {
                let (pointer, function) = builder.place(tag.as_deref());
                let value = scalar(&text, style, tag.as_deref(), function.as_deref());
                builder.close(Open { pointer, function, line, content: Content::Scalar(value) })?;
            }
            Event::SequenceStart(_, _, tag) => {
                builder.open(tag.as_deref(), line, Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(_, _, tag) => {
                builder.open(tag.as_deref(), line, Content::Mapping(Map::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = builder.stack.pop() {
                    builder.close(open)?;
                }
            }
            Event::Alias(_) => return Err(format!("line {line}: an alias (*name); write the value itself")),
            Event::DocumentEnd => break,
            _ => {}
        }
    }
    builder.root.map(|root| (root, builder.lines)).ok_or_else(|| "the file is empty".to_owned())
}

#[derive(Default)]
struct Builder {
    stack: Vec<Open>,
    lines: Lines,
    root: Option<Value>,
}

/// A value that has begun.
struct Open {
    pointer: String,
    /// The long form of its tag.
    function: Option<String>,
    line: usize,
    content: Content,
}

enum Content {
    Scalar(Value),
    Sequence(Vec<Value>),
    /// What it has, and the key whose value comes next.
    Mapping(Map<String, Value>, Option<String>),
}

impl Builder {
    /// Where the next value belongs, and the function that it is the argument of.
    fn place(&self, tag: Option<&Tag>) -> (String, Option<String>) {
        let pointer = match self.stack.last() {
            None => String::new(),
            Some(Open { pointer, function, content, .. }) => {
                let base = function.as_ref().map_or_else(|| pointer.clone(), |name| child(pointer, name));
                match content {
                    Content::Sequence(items) => format!("{base}/{}", items.len()),
                    Content::Mapping(_, Some(key)) => child(&base, key),
                    Content::Mapping(_, None) | Content::Scalar(_) => base,
                }
            }
        };
        (pointer, tag.and_then(function))
    }

    fn open(&mut self, tag: Option<&Tag>, line: usize, content: Content) -> Result<(), String> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(format!("line {line}: nested deeper than {MAX_DEPTH} levels"));
        }
        let (pointer, function) = self.place(tag);
        self.stack.push(Open { pointer, function, line, content });
        Ok(())
    }

    fn close(&mut self, Open { pointer, function, line, content }: Open) -> Result<(), String> {
        let value = match content {
            Content::Scalar(value) => value,
            Content::Sequence(items) => Value::Array(items),
            Content::Mapping(entries, _) => Value::Object(entries),
        };
        let value = match function {
            Some(name) => Value::Object(Map::from_iter([(name, value)])),
            None => value,
        };
        match self.stack.last_mut().map(|open| &mut open.content) {
            None => {
                self.lines.insert(pointer, line);
                self.root = Some(value);
            }
            Some(Content::Sequence(items)) => {
                self.lines.insert(pointer, line);
                items.push(value);
            }
            Some(Content::Mapping(entries, key)) => match key.take() {
                None => {
                    *key = Some(as_key(value).ok_or_else(|| format!("line {line}: a key that is no text"))?);
                }
                Some(name) => {
                    self.lines.insert(pointer, line);
                    if entries.insert(name, value).is_some() {
                        return Err(format!(
                            "line {line}: a key that is there already; remove one of the two"
                        ));
                    }
                }
            },
            Some(Content::Scalar(_)) => {}
        }
        Ok(())
    }
}

fn as_key(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) | Value::Null => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// `!Sub` → `Fn::Sub` (CloudFormation User Guide, intrinsic functions).
fn function(tag: &Tag) -> Option<String> {
    match (tag.handle(), tag.suffix()) {
        ("!", "Ref") => Some("Ref".to_owned()),
        ("!", "Condition") => Some("Condition".to_owned()),
        ("!", name) if !name.is_empty() => Some(format!("Fn::{name}")),
        _ => None,
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, function: Option<&str>) -> Value {
    if let (Some("Fn::GetAtt"), Some((resource, attribute))) = (function, text.split_once('.')) {
        return Value::from(vec![resource, attribute]);
    }
    if !matches!(style, ScalarStyle::Plain) || tag.is_some() {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
    }
}
