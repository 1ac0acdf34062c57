//! A subtree as JSON, for values that are passed on in JSON whatever their shape.

use serde_json::Value as Json;

use super::node::{Node, Value};

/// The JSON value of `node`; `None` where a part of it is already reported.
pub(super) fn to_json(node: &Node) -> Option<Json> {
    Some(match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        Value::Mapping(entries) => Json::Object(
            entries
                .iter()
                .map(|entry| Some((entry.name()?.to_owned(), to_json(&entry.value)?)))
                .collect::<Option<_>>()?,
        ),
        Value::Unusable => return None,
    })
}
