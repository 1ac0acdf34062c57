//! Spans that wait for the collector.

use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::{KeyValue, Value, trace::SpanContext};
use opentelemetry_sdk::trace::SpanData;

/// Spans that wait at most.
const MAX_SPANS: usize = 2048;
/// What they take at most: clients have a say in names and states, and a queue of the longest must fit as well.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Spans in one request to the collector.
const BATCH: usize = 512;

/// A queue, bounded by number and by bytes.
#[derive(Default)]
pub(super) struct SpanQueue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    spans: Vec<SpanData>,
    bytes: usize,
}

impl SpanQueue {
    /// Queues the spans of one request; without room for all of them, none: a trace with holes misleads. Says whether a
    /// batch is full.
    pub(super) fn push(&self, spans: Vec<SpanData>) -> bool {
        let mut waiting = self.lock();
        let bytes = waiting.bytes.saturating_add(spans.iter().map(weight).sum());
        let count = waiting.spans.len().saturating_add(spans.len());
        if count <= MAX_SPANS && bytes <= MAX_BYTES {
            waiting.spans.extend(spans);
            waiting.bytes = bytes;
        }
        waiting.spans.len() >= BATCH
    }

    /// The oldest spans, which stay in the queue until [`Self::remove`]: an attempt that is given up loses none.
    pub(super) fn batch(&self) -> Vec<SpanData> {
        self.lock().spans.iter().take(BATCH).cloned().collect()
    }

    /// Removes as many of the oldest spans.
    pub(super) fn remove(&self, count: usize) {
        let mut waiting = self.lock();
        let count = count.min(waiting.spans.len());
        let bytes: usize = waiting.spans.drain(..count).map(|span| weight(&span)).sum();
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About as many bytes as a span takes in memory.
fn weight(span: &SpanData) -> usize {
    let attributes: usize = span.attributes.iter().map(attribute_weight).sum();
    let links: usize = span.links.iter().map(|link| state_weight(&link.span_context)).sum();
    size_of::<SpanData>() + span.name.len() + attributes + links + state_weight(&span.span_context)
}

fn attribute_weight(attribute: &KeyValue) -> usize {
    let text = if let Value::String(text) = &attribute.value { text.as_str().len() } else { 0 };
    size_of::<KeyValue>() + text
}

fn state_weight(context: &SpanContext) -> usize {
    size_of::<SpanContext>() + context.trace_state().header().len()
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::trace::{SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    pub(in crate::telemetry) fn span(number: u64, name: &str) -> SpanData {
        let (trace, id) = (TraceId::from(1), SpanId::from(number));
        SpanData {
            span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Server,
            name: name.to_owned().into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH + Duration::from_secs(1),
            attributes: vec![KeyValue::new("a", "b".to_owned())],
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: super::super::instruments::scope(),
        }
    }

    pub(in crate::telemetry) fn ids(spans: &[SpanData]) -> Vec<SpanId> {
        spans.iter().map(|span| span.span_context.span_id()).collect()
    }

    #[test]
    fn a_batch_stays_until_it_is_removed() {
        let queue = SpanQueue::default();
        assert!(!queue.push((1..=511).map(|number| span(number, "s")).collect()));
        assert!(queue.push(vec![span(512, "s"), span(513, "s")]), "a batch is full");
        let batch = queue.batch();
        assert_eq!(batch.len(), 512);
        assert_eq!(ids(&queue.batch()), ids(&batch), "it was given up, and is tried again");
        queue.remove(batch.len());
        assert_eq!(ids(&queue.batch()), [SpanId::from(513)]);
        queue.remove(1);
        assert_eq!(queue.lock().bytes, 0);
    }

    #[test]
    fn a_full_queue_refuses_a_requests_spans_as_a_whole() {
        let queue = SpanQueue::default();
        queue.push((1..2048).map(|number| span(number, "s")).collect());
        queue.push(vec![span(1, "s"), span(2, "s")]);
        assert_eq!(queue.lock().spans.len(), 2047);
        queue.push(vec![span(1, "s")]);
        assert_eq!(queue.lock().spans.len(), 2048);
    }

    #[test]
    fn long_spans_fill_the_queue_by_their_bytes() {
        let queue = SpanQueue::default();
        let mut long = span(1, "s");
        long.attributes.push(KeyValue::new("long", "x".repeat(1024 * 1024)));
        for _ in 0..8 {
            queue.push(vec![long.clone()]);
        }
        assert_eq!(queue.lock().spans.len(), 3, "4 MiB");
        let mut stateful = span(1, "s");
        let state = TraceState::from_key_value([("a", "x".repeat(200))]).unwrap();
        let context = &span(1, "s").span_context;
        stateful.span_context =
            SpanContext::new(context.trace_id(), context.span_id(), context.trace_flags(), false, state);
        assert_eq!(weight(&stateful), weight(&span(1, "s")) + "a=".len() + 200);
    }
}
