//! A JSON or YAML file as a tree that knows its lines.
//!
//! CloudFormation's short tags (`!Ref`) become their long forms, so that a pointer into the tree is a place in the file.

mod yaml;

use std::{collections::HashMap, path::Path};

use serde_json::Value;

use crate::{failure::Failure, input};

/// One file.
pub struct Document {
    /// Its name in messages.
    pub file: String,
    /// Its content.
    pub value: Value,
    /// JSON pointer → line, from 1.
    lines: HashMap<String, usize>,
}

impl Document {
    /// Reads a file, or standard input where the path is `-`.
    ///
    /// # Errors
    /// [`Failure`] where it cannot be read or is neither JSON nor YAML.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let file = path.display().to_string();
        Self::parse(&file, &input::read(path)?)
    }

    /// Reads a text under the name `file`.
    ///
    /// # Errors
    /// [`Failure::NotYaml`] where it is neither JSON nor YAML.
    pub fn parse(file: &str, text: &str) -> Result<Self, Failure> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let syntax = |reason: String| Failure::NotYaml { path: file.into(), reason };
        let (value, lines) = if text.trim_start().starts_with(['{', '[']) {
            let value = serde_json::from_str(text).map_err(|error| syntax(error.to_string()))?;
            // Nearly all JSON is YAML; what is not goes without lines.
            (value, yaml::parse(text).map(|(_, lines)| lines).unwrap_or_default())
        } else {
            yaml::parse(text).map_err(syntax)?
        };
        Ok(Self { file: file.to_owned(), value, lines })
    }

    /// The line on which the value begins, or the nearest one around it whose line is known.
    pub fn line(&self, pointer: &str) -> Option<usize> {
        let mut at = pointer;
        loop {
            if let Some(line) = self.lines.get(at) {
                return Some(*line);
            }
            at = at.rsplit_once('/')?.0;
        }
    }
}

/// `pointer` with one more key (RFC 6901, section 3).
pub fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}
