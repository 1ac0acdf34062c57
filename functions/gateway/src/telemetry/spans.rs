//! A finished request as the spans that the exporter takes.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    KeyValue,
    trace::{Link, SpanContext, SpanId, SpanKind, Status},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use rolecall_core::telemetry::{AttributeValue, Lap, SpanFacts, Station};

use super::{instruments::scope, trace::Trace};

/// Where a span stands in time and trace.
pub(super) struct Place {
    pub(super) context: SpanContext,
    pub(super) parent: SpanId,
    pub(super) began: SystemTime,
    pub(super) took: Duration,
}

/// The span of the whole request.
pub(super) fn request(trace: &Trace, began: SystemTime, took: Duration, facts: SpanFacts) -> SpanData {
    let place = Place { context: trace.own.clone(), parent: trace.parent, began, took };
    let mut span = span(place, SpanKind::Server, facts);
    span.parent_span_is_remote = true;
    if let Some(link) = &trace.link {
        let mut links = SpanLinks::default();
        links.links.push(Link::with_context(link.clone()));
        span.links = links;
    }
    span
}

/// The span of a stay at a station; `context` is known already where the MCP server was told it.
pub(super) fn station(
    trace: &Trace,
    context: Option<SpanContext>,
    lap: &Lap,
    request_began: SystemTime,
    facts: SpanFacts,
) -> SpanData {
    let kind = if lap.station == Station::Upstream { SpanKind::Client } else { SpanKind::Internal };
    let context = context.unwrap_or_else(|| trace.child());
    let place =
        Place { context, parent: trace.own.span_id(), began: request_began + lap.began, took: lap.took };
    span(place, kind, facts)
}

fn span(place: Place, span_kind: SpanKind, facts: SpanFacts) -> SpanData {
    let status = if facts.is_error { Status::error(Cow::Borrowed("")) } else { Status::Unset };
    SpanData {
        span_context: place.context,
        parent_span_id: place.parent,
        parent_span_is_remote: false,
        span_kind,
        name: facts.name,
        start_time: place.began,
        end_time: place.began + place.took,
        attributes: facts.attributes.into_iter().map(attribute).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status,
        instrumentation_scope: scope(),
    }
}

fn attribute((name, value): (&'static str, AttributeValue)) -> KeyValue {
    match value {
        AttributeValue::Text(text) => KeyValue::new(name, text),
        AttributeValue::Integer(number) => KeyValue::new(name, number),
    }
}
