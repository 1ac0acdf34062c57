//! A request's place in a trace: whose child it is, and what the MCP server's span will be a child of.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::{
    propagation::TraceContextPropagator,
    trace::{IdGenerator, RandomIdGenerator, Sampler, SamplingDecision, ShouldSample},
};
use rolecall_core::{
    mcp::{Message, MessageTrace},
    telemetry::xray_context,
};

use crate::call::Call;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// A request in its trace.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    /// Of the request's own span.
    pub(super) own: SpanContext,
    pub(super) parent: SpanId,
    /// The HTTP request's span, where the message names another as its parent.
    pub(super) link: Option<SpanContext>,
    /// X-Ray began it, and shows its id in its own form.
    pub(super) is_xray: bool,
}

impl Trace {
    /// The message's context comes before that of the HTTP request that carries it (MCP semantic conventions, "Context
    /// propagation"), and X-Ray's last. Without a sampled or unsampled parent, `ratio` decides by the trace's id.
    pub(super) fn begin(call: &Call, message: &Message<'_>, ratio: f64) -> Self {
        let of_request = extract(&HeaderExtractor(&call.headers));
        let of_message = message.trace().and_then(|trace| extract(&MetaExtractor(trace)));
        let link = of_message.as_ref().and(of_request.clone());
        if let Some(parent) = of_message.or(of_request) {
            let link = link.filter(|link| link.span_id() != parent.span_id());
            return Self::below(&parent, link);
        }
        let xray = call.xray_trace.as_deref().and_then(xray_context);
        let xray = xray.and_then(|xray| Some((TraceId::from_hex(&xray.trace_id).ok()?, xray.sampled_parent)));
        let (id, parent, is_xray) = match xray {
            Some((id, parent)) => (id, parent.and_then(|parent| SpanId::from_hex(&parent).ok()), true),
            None => (RandomIdGenerator::default().new_trace_id(), None, false),
        };
        let is_sampled = parent.is_some() || samples(ratio, id);
        let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
        let own = SpanContext::new(id, new_span(), flags, false, TraceState::NONE);
        Self { own, parent: parent.unwrap_or(SpanId::INVALID), link: None, is_xray }
    }

    fn below(parent: &SpanContext, link: Option<SpanContext>) -> Self {
        let state = parent.trace_state().clone();
        let own = SpanContext::new(parent.trace_id(), new_span(), parent.trace_flags(), false, state);
        Self { own, parent: parent.span_id(), link, is_xray: false }
    }

    /// The context of a child, such as one sent upstream.
    pub(super) fn child(&self) -> SpanContext {
        let own = &self.own;
        SpanContext::new(own.trace_id(), new_span(), own.trace_flags(), false, own.trace_state().clone())
    }
}

/// Tells the MCP server its parent (W3C Trace Context section 3), in place of what the client's headers said.
pub(super) fn inject(context: &SpanContext, headers: &mut HeaderMap) {
    let (trace, span) = (context.trace_id(), context.span_id());
    let parent = format!("00-{trace}-{span}-{:02x}", context.trace_flags());
    headers.remove(TRACESTATE);
    if let Ok(parent) = HeaderValue::try_from(parent) {
        headers.insert(HeaderName::from_static(TRACEPARENT), parent);
    }
    let state = context.trace_state().header();
    if let Some(state) = Some(state).filter(|state| !state.is_empty())
        && let Ok(state) = HeaderValue::try_from(state)
    {
        headers.insert(HeaderName::from_static(TRACESTATE), state);
    }
}

pub(super) fn new_span() -> SpanId {
    RandomIdGenerator::default().new_span_id()
}

fn extract(from: &dyn Extractor) -> Option<SpanContext> {
    from.get(TRACEPARENT).filter(|parent| has_whole_ids(parent))?;
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), from);
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}

/// The propagator fills up ids that are too short, where W3C Trace Context (section 2.2.2.3) has them begin anew.
fn has_whole_ids(parent: &str) -> bool {
    let mut parts = parent.trim().split('-').skip(1).map(str::len);
    (parts.next(), parts.next()) == (Some(32), Some(16))
}

fn samples(ratio: f64, id: TraceId) -> bool {
    let sampled = Sampler::TraceIdRatioBased(ratio).should_sample(None, id, "", &SpanKind::Server, &[], &[]);
    sampled.decision == SamplingDecision::RecordAndSample
}

/// `params._meta` as a carrier.
struct MetaExtractor<'a>(&'a MessageTrace<'a>);

impl Extractor for MetaExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => Some(&self.0.traceparent),
            TRACESTATE => self.0.tracestate.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}
