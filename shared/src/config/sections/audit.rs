//! `audit`: what the audit stream records.
//!
//! Bodies are never recorded: that needs redaction, which this version does not have.

use crate::config::{field::Field, section::Section, types::Audit};

/// A CloudWatch log event holds at most 256 KiB.
const MAX_DATA_BYTES: i64 = 262_144;

/// Reads the section.
pub(super) fn read(audit: &Section<'_>) -> Audit {
    for key in ["includeRequestData", "includeResponseData"] {
        if let Some(field) = audit.get(key).filter(|field| field.boolean() == Some(true)) {
            field.reject(
                "must be false in this version, which can't redact what it would record",
                "write false, or remove the key",
            );
        }
    }
    audit.integer_or("maxDataSize", 0, 0..=MAX_DATA_BYTES);
    Audit {
        enabled: audit.boolean_or("enabled", true),
        event_types: audit.list("eventTypes", event_type),
        exclude_event_types: audit.list("excludeEventTypes", event_type),
    }
}

fn event_type(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Some(text.to_owned());
    }
    field.refuse("is not an event type", "write lower-case letters and _, for example mcp_tool_call");
    None
}
