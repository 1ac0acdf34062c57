//! Where each key of a file stands. Loading keeps only values; this reads the same text once more.

use std::collections::HashMap;

use crate::config::{
    expand::Environment,
    field::{item_path, key_path},
    finding::{Place, Report},
    node::{Node, Value},
    prepare::prepare,
    yaml,
};

/// Dotted paths, as in findings, and their places.
pub(super) struct Places(HashMap<String, Place>);

impl Places {
    /// Those of a file without mistakes; none of another.
    pub(super) fn of(source: &str, environment: Environment<'_>) -> Self {
        // What is wrong with the file was said when it was loaded.
        let report = Report::new("");
        let mut places = HashMap::new();
        if let Some(mut root) = yaml::parse(source, &report) {
            prepare(&mut root, environment, &report);
            collect(&root, "", &mut places);
        }
        Self(places)
    }

    /// The place of `key`, else of the innermost section around it, else the file's start.
    pub(super) fn nearest(&self, key: &str) -> Place {
        let mut path = key;
        loop {
            if let Some(place) = self.0.get(path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = path.get(..end).unwrap_or_default(),
                None => return Place::START,
            }
        }
    }
}

fn collect(node: &Node, path: &str, places: &mut HashMap<String, Place>) {
    places.insert(path.to_owned(), node.place);
    match &node.value {
        Value::Mapping(entries) => {
            for entry in entries {
                let Some(name) = entry.name().filter(|_| !entry.value.is_absent()) else { continue };
                collect(&entry.value, &key_path(path, name), places);
            }
        }
        Value::List(items) => {
            // An element whose variable is empty has no index: loading passes over it.
            let written = items.iter().filter(|item| !(item.is_absent() && item.source.is_some()));
            for (index, item) in written.enumerate() {
                collect(item, &item_path(path, index), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unusable => {}
    }
}
