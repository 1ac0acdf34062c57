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
/// As much as must be passed on (W3C Trace Context section 3.3.1.5); each span of a request holds it once.
const MAX_TRACESTATE_BYTES: usize = 512;

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

    /// Whether the request's spans are kept. Who has not shown who they are decides neither on sampling nor, by choosing
    /// the trace's id, on chance.
    pub(super) fn is_kept(&self, is_authenticated: bool, ratio: f64) -> bool {
        let began_here = self.parent == SpanId::INVALID && !self.is_xray;
        if is_authenticated || began_here {
            return self.own.is_sampled();
        }
        samples(ratio, RandomIdGenerator::default().new_trace_id())
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
    let is_long = from.get(TRACESTATE).is_some_and(|state| state.len() > MAX_TRACESTATE_BYTES);
    let span = if is_long { without_state(&span) } else { span };
    span.is_valid().then_some(span)
}

fn without_state(span: &SpanContext) -> SpanContext {
    SpanContext::new(span.trace_id(), span.span_id(), span.trace_flags(), true, TraceState::NONE)
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

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn trace(flags: TraceFlags) -> Trace {
        let parent = SpanContext::new(TraceId::from(1), SpanId::from(1), flags, true, TraceState::NONE);
        Trace::below(&parent, None)
    }

    #[test]
    fn strangers_do_not_decide_on_sampling() {
        for flags in [TraceFlags::SAMPLED, TraceFlags::NOT_SAMPLED] {
            let trace = trace(flags);
            assert!(!trace.is_kept(false, 0.0));
            assert!(trace.is_kept(false, 1.0));
            for ratio in [0.0, 1.0] {
                assert_eq!(trace.is_kept(true, ratio), flags.is_sampled(), "the caller's decision holds");
            }
        }
        // The lowest id is sampled by any ratio above 0.
        let kept = (0..1_000).filter(|_| trace(TraceFlags::SAMPLED).is_kept(false, 0.01)).count();
        assert!(kept < 100, "{kept}");
    }

    #[test]
    fn a_state_that_is_too_long_is_left_out() {
        for (bytes, is_read) in [(511, true), (512, true), (513, false), (8_000, false)] {
            let (mut headers, mut state) = (HeaderMap::new(), String::new());
            for number in 0.. {
                let left = bytes - state.len();
                let key = format!("{}k{number}=", if number == 0 { "" } else { "," });
                let value = "v".repeat(if left < 200 { left - key.len() } else { 150 });
                state.extend([key, value]);
                if state.len() == bytes {
                    break;
                }
            }
            headers.insert(TRACEPARENT, PARENT.try_into().unwrap());
            headers.insert(TRACESTATE, HeaderValue::try_from(&state).unwrap());
            let context = extract(&HeaderExtractor(&headers)).unwrap();
            assert_eq!(context.trace_state().header(), if is_read { state.as_str() } else { "" }, "{bytes}");
        }
    }
}
