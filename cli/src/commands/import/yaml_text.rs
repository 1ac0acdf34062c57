//! YAML as a person would write it. Texts are quoted as in JSON, which is YAML.

use std::fmt::Write as _;

use serde::Serialize;

/// Lines of a file.
#[derive(Default)]
pub(super) struct Yaml(String);

impl Yaml {
    pub(super) fn text(self) -> String {
        self.0
    }

    /// A comment, with nothing in it that could end its line.
    pub(super) fn comment(&mut self, text: &str) {
        let text =
            text.replace(|c: char| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}'), " ");
        // Names in comments count as variables where the configuration is a parameter.
        let text = text.replace("${", "$ {");
        self.line(0, &format!("# {text}"));
    }

    pub(super) fn section(&mut self, key: &str) {
        self.section_at(0, key);
    }

    pub(super) fn section_at(&mut self, depth: usize, key: &str) {
        self.line(depth, &format!("{key}:"));
    }

    pub(super) fn entry(&mut self, depth: usize, key: &str, value: &impl Serialize) {
        self.line(depth, &format!("{key}: {}", scalar(value)));
    }

    pub(super) fn optional(&mut self, depth: usize, key: &str, value: Option<&impl Serialize>) {
        if let Some(value) = value {
            self.entry(depth, key, value);
        }
    }

    pub(super) fn list(&mut self, depth: usize, key: &str, items: &[String]) {
        if !items.is_empty() {
            let items: Vec<String> = items.iter().map(scalar).collect();
            self.line(depth, &format!("{key}: [{}]", items.join(", ")));
        }
    }

    /// The first key of a list's element.
    pub(super) fn item(&mut self, depth: usize, key: &str, value: &impl Serialize) {
        self.line(depth, &format!("- {key}: {}", scalar(value)));
    }

    /// A variable in place of a value.
    pub(super) fn reference(&mut self, depth: usize, key: &str, variable: &str) {
        self.line(depth, &format!("{key}: ${{{variable}}}"));
    }

    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String can't fail.
        let _ = writeln!(self.0, "{}{text}", "  ".repeat(depth));
    }
}

/// A text stands bare where YAML cannot take it for anything else.
fn scalar(value: &impl Serialize) -> String {
    let quoted = serde_json::to_string(value).unwrap_or_default();
    let bare = quoted.trim_matches('"');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let is_address = bare.starts_with("https://") || bare.starts_with("arn:aws");
    let plain = if is_address {
        bare.bytes().all(|byte| is_plain(byte) || b":?=&+,@".contains(&byte)) && !bare.ends_with(':')
    } else {
        bare.starts_with(|c: char| c.is_ascii_alphabetic())
            && bare.bytes().all(is_plain)
            && !matches!(
                bare.to_ascii_lowercase().as_str(),
                "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
            )
    };
    if quoted.starts_with('"') && plain { bare.to_owned() } else { quoted }
}
