//! JSON as people write it: what holds no further object stands on one line.

use serde_json::Value;

/// The text, indented by two.
pub(super) fn json_text(value: &Value) -> String {
    block(value, "")
}

fn block(value: &Value, indent: &str) -> String {
    let Value::Object(entries) = value else { return line(value) };
    let inner = format!("{indent}  ");
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| {
            let text = if is_small(value) { line(value) } else { block(value, &inner) };
            format!("{inner}{}: {text}", Value::from(key.as_str()))
        })
        .collect();
    format!("{{\n{}\n{indent}}}", entries.join(",\n"))
}

fn is_small(value: &Value) -> bool {
    match value {
        Value::Object(entries) => !entries.values().any(Value::is_object),
        _ => true,
    }
}

fn line(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), line(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_is_the_value() {
        for value in [
            json!({ "a": { "b": { "c": "d \" \\ \n é" }, "e": [1, true, null, "x"] } }),
            json!({ "inputs": [{ "id": "x" }], "servers": { "aws": { "headers": { "A": "B" } } } }),
            json!([1, { "a": 2 }]),
        ] {
            let text = json_text(&value);
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
        }
    }
}
