//! `resource.annotations`: what the MCP server says of a tool in its own list (MCP, "Tools", `ToolAnnotations`). Hints: they are as
//! true as that server is, and what it does not say is absent, never MCP's default.

use cedar_policy::{PolicySet, RestrictedExpression};
use serde_json::Value;

use super::{Json, JsonError, values};

/// The attribute, and the member of a tool in a list.
pub(super) const ANNOTATIONS: &str = "annotations";

/// The annotations of one tool, as the server wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotations(Box<str>);

impl Annotations {
    /// Takes the JSON text of the member `annotations`, whatever its shape: a hint of another type than a policy expects is an
    /// error in that policy, not a hint that was never given.
    ///
    /// # Errors
    /// [`JsonError`] where two parsers could read it differently.
    pub fn read(json: &str) -> Result<Self, JsonError> {
        Json::read(json).map(|_| Self(json.into()))
    }

    /// The attribute's value; `None` where it is absent.
    pub(super) fn value(&self) -> Option<RestrictedExpression> {
        Json::read(&self.0).ok().as_ref().and_then(values::from_json)
    }

    /// Bytes of text.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether any of the policies could look at annotations: its text has the name as an attribute, wherever.
pub(super) fn are_asked_for(policies: &PolicySet) -> bool {
    policies.policies().any(|policy| policy.to_json().map_or(true, |json| has_name(&json)))
}

fn has_name(json: &Value) -> bool {
    match json {
        Value::String(text) => text == ANNOTATIONS,
        Value::Array(items) => items.iter().any(has_name),
        Value::Object(members) => members.values().any(has_name),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_look_at_annotations_are_found_however_they_write_it() {
        let asks = |condition: &str| {
            let policy = format!("permit(principal, action, resource) when {{ {condition} }};");
            are_asked_for(&policy.parse().unwrap())
        };
        for condition in [
            "resource.annotations.readOnlyHint",
            "resource has annotations",
            "resource has annotations.readOnlyHint",
            r#"resource["annotations"].readOnlyHint"#,
            r#"resource["annot\u{61}tions"] has title"#,
            "(if context.role == \"x\" then resource else resource).annotations has title",
            "[1].containsAll([{a: resource.annotations}])",
        ] {
            assert!(asks(condition), "{condition}");
        }
        for condition in ["resource.arguments has a", "resource.tool_name == \"annotations*\"", "true"] {
            assert!(!asks(condition), "{condition}");
        }
    }
}
