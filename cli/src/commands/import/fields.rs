//! An object of the input whose keys are taken one by one, so that none can be forgotten.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::{
    draft::{Draft, Note},
    reasons::{Reason, reason},
};

/// An object and the keys that were not taken from it.
pub(super) struct Fields<'a> {
    at: String,
    entries: &'a Map<String, Value>,
    taken: RefCell<Vec<String>>,
}

impl<'a> Fields<'a> {
    /// The object at `value`; `at` names it in notes.
    pub(super) fn new(value: &'a Value, at: impl Into<String>) -> Option<Self> {
        Some(Self { at: at.into(), entries: value.as_object()?, taken: RefCell::default() })
    }

    pub(super) fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.at)
    }

    /// The value at `key`, unless it says nothing. Case and underscores do not count: the same keys are written
    /// `jwksUrl`, `jwksURL`, `jwks_url` and `JWKSURL` by different versions.
    pub(super) fn take(&self, key: &str) -> Option<&'a Value> {
        let wanted = normal(key);
        let (_, value) = self.entries.iter().find(|(name, _)| normal(name) == wanted)?;
        self.taken.borrow_mut().push(wanted);
        Some(value).filter(|value| !says_nothing(value))
    }

    /// The text at `key`. One that Rolecall would take for a variable is lost.
    pub(super) fn text(&self, key: &str, draft: &mut Draft) -> Option<String> {
        let text = self.take(key)?.as_str()?;
        if text.contains("${") {
            draft.lose(
                self.at(key),
                "holds a dollar sign and a brace, which begin a variable here; write the value without",
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// The texts of the list at `key`.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let items = self.take(key).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// The object at `key`.
    pub(super) fn object(&self, key: &str) -> Option<Self> {
        Self::new(self.take(key)?, self.at(key))
    }

    /// Notes every key that says something and was not taken.
    pub(super) fn finish(self, draft: &mut Draft) {
        let taken = self.taken.borrow();
        for (key, value) in self.entries {
            let name = normal(key);
            // A type repeats which of the other keys is there.
            if taken.contains(&name) || says_nothing(value) || name == "type" {
                continue;
            }
            let at = self.at(key);
            match reason(&name) {
                Reason::Lost(what) => draft.lose(at, what),
                Reason::Runtime => {
                    draft.dropped.push(Note { at, what: "is about running ToolHive".to_owned() });
                }
            }
        }
    }
}

fn normal(key: &str) -> String {
    key.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// The zero values that Go writes out.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
    }
}
