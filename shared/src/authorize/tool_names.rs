//! The tools that policies name: `Tool::"x"`, and `resource.tool_name` compared with texts.

use std::collections::BTreeSet;

use cedar_policy::PolicySet;
use serde_json::Value;

/// Names of tools in the policies, in any of their conditions.
pub(super) fn tool_names(policies: &PolicySet) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for policy in policies.policies() {
        let tools = policy.entity_literals().into_iter().filter(|uid| uid.type_name().basename() == "Tool");
        names.extend(tools.map(|uid| uid.id().unescaped().to_owned()));
        if let Ok(json) = policy.to_json() {
            compared(&json, &mut names);
        }
    }
    names
}

/// Texts on the other side of an operator from `resource.tool_name` (Cedar's JSON policy format).
fn compared(expression: &Value, names: &mut BTreeSet<String>) {
    match expression {
        Value::Object(members) => {
            if let (Some(left), Some(right)) = (members.get("left"), members.get("right")) {
                if is_tool_name(left) {
                    texts(right, names);
                } else if is_tool_name(right) {
                    texts(left, names);
                }
            }
            members.values().for_each(|member| compared(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| compared(item, names)),
        _ => {}
    }
}

fn is_tool_name(expression: &Value) -> bool {
    expression.pointer("/./attr").and_then(Value::as_str) == Some("tool_name")
}

/// A literal text, or those of a set.
fn texts(expression: &Value, names: &mut BTreeSet<String>) {
    if let Some(text) = expression.get("Value").and_then(Value::as_str) {
        names.insert(text.to_owned());
    }
    for item in expression.get("Set").and_then(Value::as_array).into_iter().flatten() {
        texts(item, names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_found_wherever_policies_name_them() {
        let text = r#"
            permit (principal, action, resource == Tool::"scope");
            permit (principal, action, resource) when { resource in [Tool::"first", Tool::"second"] };
            forbid (principal, action, resource) when {
                resource.tool_name == "left" || "right" == resource.tool_name ||
                ["listed"].contains(resource.tool_name) || resource.arguments.tool == "argument"
            } unless { resource != Tool::"condition" && principal == User::"alice" };
        "#;
        let found = tool_names(&text.parse().unwrap());
        let expected = ["condition", "first", "left", "listed", "right", "scope", "second"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
