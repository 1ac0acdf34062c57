//! X-Ray's trace header as OpenTelemetry's ids.

/// Hex characters of an X-Ray trace id: 8 of time, 24 of chance.
const TIME_CHARS: usize = 8;
const CHANCE_CHARS: usize = 24;
const SPAN_CHARS: usize = 16;

/// A trace that AWS began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XrayContext {
    /// The trace id without version and dashes: 32 hex characters.
    pub trace_id: String,
    /// The segment above, where X-Ray records it.
    pub sampled_parent: Option<String>,
}

/// Reads `Root=1-…;Parent=…;Sampled=1` (X-Ray developer guide, "Tracing header"), as Lambda hands it to functions. Where
/// X-Ray does not sample, its segments are not recorded: the id joins, the parent would be missing from the trace.
#[must_use]
pub fn xray_context(header: &str) -> Option<XrayContext> {
    let field = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name));
    let (time, chance) = field("Root=1-")?.split_once('-')?;
    if !is_hex(time, TIME_CHARS) || !is_hex(chance, CHANCE_CHARS) {
        return None;
    }
    let parent = field("Parent=").filter(|parent| is_hex(parent, SPAN_CHARS));
    let sampled_parent = parent.filter(|_| field("Sampled=") == Some("1")).map(str::to_owned);
    Some(XrayContext { trace_id: format!("{time}{chance}"), sampled_parent })
}

fn is_hex(text: &str, chars: usize) -> bool {
    text.len() == chars && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_xray_header_gives_ids_or_nothing() {
        let root = "Root=1-65f0a1b2-0123456789abcdef01234567";
        let parent = "Parent=0123456789abcdef";
        let sampled = Some("0123456789abcdef");
        for (header, expected) in [
            (format!("{root};{parent};Sampled=1"), Some(sampled)),
            (format!("{root}; {parent}; Sampled=1;Lineage=a:0"), Some(sampled)),
            (format!("{root};{parent};Sampled=0"), Some(None)),
            (format!("{root};{parent}"), Some(None)),
            (format!("{root};Parent=short;Sampled=1"), Some(None)),
            (root.to_owned(), Some(None)),
            ("Root=1-theirs".to_owned(), None),
            ("Root=1-65f0a1b2-0123456789ABCDEF01234567".to_owned(), None),
            ("Root=2-65f0a1b2-0123456789abcdef01234567".to_owned(), None),
            (String::new(), None),
        ] {
            let read = xray_context(&header);
            let seen = read.as_ref().map(|context| context.sampled_parent.as_deref());
            assert_eq!(seen, expected, "{header}");
            assert!(read.is_none_or(|context| context.trace_id == "65f0a1b20123456789abcdef01234567"));
        }
    }
}
