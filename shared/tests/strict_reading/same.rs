//! Whether the gateway's reader and the reference have read the same.

use std::borrow::Cow;

use rolecall_core::authorize::Json;

use super::reference::Value;

/// Member by member, in the order of the text.
pub fn same(json: &Json<'_>, value: &Value) -> bool {
    match (json, value) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(one), Value::Bool(other)) => one == other,
        (Json::Number(one), Value::Number(other)) => one == other,
        (Json::Text(one), Value::Text(other)) => one == other,
        (Json::List(ones), Value::List(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (Json::Object(ones), Value::Object(others)) => {
            let is_same = |((key, one), (name, other)): (&(Cow<'_, str>, Json<'_>), &(String, Value))| {
                key == name && same(one, other)
            };
            ones.len() == others.len() && ones.iter().zip(others).all(is_same)
        }
        _ => false,
    }
}
