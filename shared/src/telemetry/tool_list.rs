//! Names of tools as the upstream lists them, read beside the answer as it passes.

use serde::Deserialize;

/// Largest answer that is read.
const MAX_BYTES: usize = 1024 * 1024;
/// Names remembered, and the length of one.
const MAX_TOOLS: usize = 256;
const MAX_NAME_BYTES: usize = 128;

/// An answer to `tools/list` on its way: its bytes so far, or nothing once there are too many.
#[derive(Debug, Default)]
pub struct ToolList {
    read: Vec<u8>,
    is_too_long: bool,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: Tools<'a>,
}

#[derive(Deserialize)]
struct Tools<'a> {
    #[serde(borrow)]
    tools: Vec<Tool<'a>>,
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
}

impl ToolList {
    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.is_too_long || self.read.len().saturating_add(bytes.len()) > MAX_BYTES {
            *self = Self { read: Vec::new(), is_too_long: true };
        } else {
            self.read.extend_from_slice(bytes);
        }
    }

    /// The names in a whole answer, JSON or an event stream; none where it lists no tools.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let messages = std::str::from_utf8(&self.read).unwrap_or_default();
        let found = messages.lines().filter_map(|line| {
            let json = line.strip_prefix("data:").unwrap_or(line).trim_start();
            serde_json::from_str::<Answer<'_>>(json).ok()
        });
        let whole = || serde_json::from_str::<Answer<'_>>(messages).ok();
        let tools: Vec<Tool<'_>> = match found.flat_map(|answer| answer.result.tools).collect::<Vec<_>>() {
            none if none.is_empty() => whole().map(|answer| answer.result.tools).unwrap_or_default(),
            some => some,
        };
        tools
            .into_iter()
            .map(|tool| tool.name.into_owned())
            .filter(|name| name.len() <= MAX_NAME_BYTES)
            .take(MAX_TOOLS)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parts: &[&str]) -> Vec<String> {
        let mut list = ToolList::default();
        for part in parts {
            list.feed(part.as_bytes());
        }
        list.names()
    }

    #[test]
    fn names_are_read_from_json_and_from_events() {
        let json = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","x":[1]},{"name":"b\u0031"}]}}"#;
        assert_eq!(names(&[json]), ["a", "b1"]);
        assert_eq!(names(&[&json.replace(',', ",\n")]), ["a", "b1"]);
        let (left, right) = json.split_at(40);
        assert_eq!(names(&["event: message\nid: 1\ndata: ", left, right, "\n\n"]), ["a", "b1"]);
    }

    #[test]
    fn what_is_no_list_has_no_names() {
        for text in
            ["", "not json", r#"{"result":{}}"#, r#"{"error":{"code":1}}"#, r#"{"result":{"tools":[{}]}}"#]
        {
            assert_eq!(names(&[text]), [""; 0], "{text}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut list = ToolList::default();
        for _ in 0..1025 {
            list.feed(&[b' '; 1024]);
        }
        assert_eq!(list.read.capacity(), 0);
        let many: Vec<String> = (0..300).map(|n| format!(r#"{{"name":"t{n}"}}"#)).collect();
        let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(129));
        let json = format!(r#"{{"result":{{"tools":[{long},{}]}}}}"#, many.join(","));
        assert_eq!(names(&[&json]).len(), MAX_TOOLS);
    }
}
