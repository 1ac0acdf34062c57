//! Changes to a document (RFC 6902, JSON Patch).

use serde_json::{Value, json};

use super::document::child;

/// One operation; paths are JSON pointers.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Puts a value where none is, or before an element of a list.
    Add(String, Value),
    /// Puts a value in the place of another.
    Replace(String, Value),
    /// Takes a value away.
    Remove(String),
}

impl Op {
    /// Where it applies.
    pub fn path(&self) -> &str {
        match self {
            Self::Add(path, _) | Self::Replace(path, _) | Self::Remove(path) => path,
        }
    }

    /// The same at another place.
    pub fn moved(&self, path: String) -> Self {
        match self {
            Self::Add(_, value) => Self::Add(path, value.clone()),
            Self::Replace(_, value) => Self::Replace(path, value.clone()),
            Self::Remove(_) => Self::Remove(path),
        }
    }

    /// As RFC 6902 writes it.
    pub fn json(&self) -> Value {
        match self {
            Self::Add(path, value) => json!({ "op": "add", "path": path, "value": value }),
            Self::Replace(path, value) => json!({ "op": "replace", "path": path, "value": value }),
            Self::Remove(path) => json!({ "op": "remove", "path": path }),
        }
    }
}

/// Puts a value at `pointer`, whether or not one is there.
pub fn put(tree: &Value, pointer: &str, value: Value) -> Op {
    let pointer = pointer.to_owned();
    if tree.pointer(&pointer).is_some() { Op::Replace(pointer, value) } else { Op::Add(pointer, value) }
}

/// Puts a value last in a list that may not be there yet.
pub fn append(tree: &Value, list: &str, value: Value) -> Op {
    match tree.pointer(list) {
        Some(Value::Array(_)) => Op::Add(child(list, "-"), value),
        Some(single) => Op::Replace(list.to_owned(), Value::from(vec![single.clone(), value])),
        None => Op::Add(list.to_owned(), Value::from(vec![value])),
    }
}

/// The value with the operations applied, as far as they can be.
pub fn applied(mut value: Value, ops: &[Op]) -> Value {
    let written = Value::from_iter(ops.iter().map(Op::json));
    if let Ok(patch) = serde_json::from_value::<json_patch::Patch>(written) {
        // An operation whose place is gone leaves the value as it was.
        let _ = json_patch::patch(&mut value, &patch);
    }
    value
}
