//! YAML templates as JSON, in the long form of their functions: the tree that patches are about.

#[path = "../../../src/iam/document/yaml.rs"]
mod yaml;

fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{key}")
}

/// The template as JSON.
pub fn to_json(text: &str) -> String {
    yaml::parse(text).unwrap().0.to_string()
}
