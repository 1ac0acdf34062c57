//! `audit`: what the audit stream records.

use crate::{
    audit::{EventType, MAX_DATA_CHARS},
    config::{field::Field, section::Section, suggest::nearest, types::Audit},
};

/// Characters of a recorded body, where nothing else is written.
const DEFAULT_DATA_CHARS: usize = 4096;

/// Reads the section.
pub(super) fn read(audit: &Section<'_>) -> Audit {
    let most = i64::try_from(MAX_DATA_CHARS).unwrap_or(i64::MAX);
    Audit {
        enabled: audit.boolean_or("enabled", true),
        event_types: audit.list("eventTypes", event_type),
        exclude_event_types: audit.list("excludeEventTypes", event_type),
        include_request_data: audit.boolean_or("includeRequestData", false),
        include_response_data: audit.boolean_or("includeResponseData", false),
        max_data_chars: audit.integer_or("maxDataSize", DEFAULT_DATA_CHARS, 0..=most),
    }
}

fn event_type(field: &Field<'_>) -> Option<EventType> {
    let text = field.text()?;
    let found = EventType::named(text);
    if found.is_none() {
        let remedy = match nearest(text, EventType::NAMES).filter(|_| !field.is_from_environment()) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => format!("write one of {}", EventType::NAMES.join(", ")),
        };
        field.refuse("is not an event type", remedy);
    }
    found
}
