//! One walk over the tree before it is read: expands variables and reports keys no mapping may have.
//!
//! Afterwards every key is text and unique in its mapping.

use std::collections::HashMap;

use super::{
    expand::{Environment, ExpandError, expand},
    field::{item_path, key_path, quoted},
    finding::{Place, Report},
    node::{Entry, Node, Value},
};

/// Bound on everything the environment adds to one file.
const MAX_EXPANDED_BYTES: usize = 1024 * 1024;

/// Expands `root` in place; every mistake goes to `report` and leaves [`Value::Unusable`].
pub(super) fn prepare(root: &mut Node, environment: Environment<'_>, report: &Report<'_>) {
    Walk { environment: Some(environment), report, expanded_bytes: 0 }.node(root, "", false);
}

/// Only reports keys, for files in which `${…}` is a text like any other.
pub(super) fn check_keys(root: &mut Node, report: &Report<'_>) {
    Walk { environment: None, report, expanded_bytes: 0 }.node(root, "", false);
}

struct Walk<'a> {
    environment: Option<Environment<'a>>,
    report: &'a Report<'a>,
    expanded_bytes: usize,
}

impl Walk<'_> {
    fn node(&mut self, node: &mut Node, path: &str, policy_variables: bool) {
        match &mut node.value {
            Value::Text(_) => self.text(node, path, policy_variables),
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.node(item, &item_path(path, index), policy_variables);
                }
            }
            Value::Mapping(entries) => {
                self.keys(entries, path);
                for entry in entries {
                    let Some(name) = entry.name().map(str::to_owned) else { continue };
                    let policy_variables = policy_variables || name == "sessionPolicy";
                    self.node(&mut entry.value, &key_path(path, &name), policy_variables);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unusable => {}
        }
    }

    /// Drops the entries that can't be read, each with a finding.
    fn keys(&self, entries: &mut Vec<Entry>, path: &str) {
        let mut seen: HashMap<String, u64> = HashMap::new();
        entries.retain(|entry| {
            let Place { line, .. } = entry.key.place;
            let Some(name) = entry.name() else {
                self.report.add(entry.key.place, path, "a key here is not text", "write the key in quotes");
                return false;
            };
            if name == "<<" {
                let remedy = "write the keys out";
                self.report.add(entry.key.place, path, "merge keys (<<) are not supported", remedy);
                return false;
            }
            if let Some(first) = seen.get(name) {
                let problem = format!("is set a second time, first on line {first}");
                self.report.add(entry.key.place, &key_path(path, name), problem, "keep one of the two");
                return false;
            }
            seen.insert(name.to_owned(), line);
            true
        });
    }

    fn text(&mut self, node: &mut Node, path: &str, policy_variables: bool) {
        let (Value::Text(text), Some(environment)) = (&node.value, self.environment) else { return };
        match expand(text, policy_variables, environment) {
            Ok(None) => {}
            Ok(Some(expanded)) => {
                self.expanded_bytes = self.expanded_bytes.saturating_add(expanded.len());
                node.source = Some(text.clone());
                node.value = Value::Text(expanded);
                if self.expanded_bytes > MAX_EXPANDED_BYTES {
                    let problem = format!("variables expand to more than {MAX_EXPANDED_BYTES} bytes");
                    self.report.add(node.place, path, problem, "shorten their values");
                    node.value = Value::Unusable;
                }
            }
            Err(errors) => {
                for error in errors {
                    let (problem, remedy) = explain(&error);
                    self.report.add(node.place, path, problem, remedy);
                }
                node.value = Value::Unusable;
            }
        }
    }
}

fn explain(error: &ExpandError) -> (String, String) {
    match error {
        ExpandError::Unterminated => {
            ("`${` has no closing `}`".into(), "write ${NAME} or ${NAME:-default}".into())
        }
        ExpandError::NotAName(inner) => (
            format!("{} is not the name of an environment variable", quoted(inner)),
            "write ${NAME} or ${NAME:-default}, with letters, digits and _ in NAME".into(),
        ),
        ExpandError::Nested => {
            ("a default can't hold another ${…}".into(), "write the default out, or set the variable".into())
        }
        ExpandError::Missing(name) => (
            format!("the environment variable {name} is not set"),
            format!("set it, or write ${{{name}:-default}}"),
        ),
    }
}
