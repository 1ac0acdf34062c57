//! What telemetry keeps of one request besides its audit line, and the one place where both become metrics and spans.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use http::HeaderMap;
use opentelemetry::trace::SpanContext;
use rolecall_core::{
    audit::Line,
    config::Config,
    mcp::{Message, method::TOOLS_LIST},
    rejection::Rejection,
    telemetry::{
        Finished, Lap, Measurement, Sent, Station, ToolList, http_method, measure, server_span, station_span,
    },
};

use super::{
    Telemetry, spans,
    trace::{Trace, inject},
};
use crate::call::Call;

/// A request's stays at stations, and its place in a trace.
pub struct Trail {
    telemetry: Arc<Telemetry>,
    http_method: &'static str,
    began: Instant,
    /// End of the last stay.
    mark: Instant,
    laps: Vec<Lap>,
    trace: Option<Trace>,
    /// Contexts that the MCP server was told, in the order of the stays there; the last may not have ended.
    told: Vec<SpanContext>,
    is_sending: bool,
    relaying_since: Option<Instant>,
    is_stream: bool,
    /// The answer so far, where it lists tools.
    listing: Option<ToolList>,
}

impl Trail {
    /// Begins with the request's arrival.
    #[must_use]
    pub fn begin(telemetry: &Arc<Telemetry>, config: &Config, call: &Call, message: &Message<'_>) -> Self {
        let is_traced = telemetry.collector.as_ref().is_some_and(super::collector::Collector::takes_spans);
        let ratio = config.telemetry.trace_sample_ratio;
        Self {
            telemetry: Arc::clone(telemetry),
            http_method: http_method(&call.method),
            began: call.received,
            mark: Instant::now(),
            laps: Vec::with_capacity(8),
            trace: is_traced.then(|| Trace::begin(call, message, ratio)),
            told: Vec::new(),
            is_sending: false,
            relaying_since: None,
            is_stream: false,
            listing: (message.method() == Some(TOOLS_LIST)).then(ToolList::default),
        }
    }

    /// The trace's id as the audit line shows it; `None` where that has it from elsewhere.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        self.trace.as_ref().filter(|trace| !trace.is_xray).map(|trace| trace.own.trace_id().to_string())
    }

    /// What follows belongs to no station yet. Returns the moment, for [`Self::resume`].
    pub fn mark(&mut self) -> Instant {
        self.mark = Instant::now();
        self.mark
    }

    /// The stay that ends next began at this mark, whatever came between and was perhaps given up.
    pub fn resume(&mut self, since: Instant) {
        if self.is_sending {
            self.sent(Sent::Abandoned);
        }
        self.mark = since;
    }

    /// Ends a stay at a station that began with the last mark or lap.
    pub fn lap(&mut self, station: Station) -> Duration {
        let now = Instant::now();
        let took = now.duration_since(self.mark);
        let began = self.mark.duration_since(self.began);
        self.laps.push(Lap { station, began, took, sent: None, error: None });
        self.mark = now;
        took
    }

    /// Tells the MCP server, with the client's context replaced, whose child its span is; without traces the client's
    /// own context goes on.
    pub fn tell(&mut self, headers: &mut HeaderMap) {
        if let Some(trace) = &self.trace {
            let context = trace.child();
            inject(&context, headers);
            self.told.push(context);
        }
    }

    /// Notes that a request is on its way to the MCP server.
    pub fn sending(&mut self) {
        self.is_sending = true;
    }

    /// Ends the stay at the MCP server.
    pub fn sent(&mut self, sent: Sent) -> Duration {
        self.is_sending = false;
        let took = self.lap(Station::Upstream);
        if let Some(lap) = self.laps.last_mut() {
            lap.sent = Some(sent);
        }
        took
    }

    /// Notes which station refused.
    pub fn refused(&mut self, rejection: &Rejection) {
        let station = Station::of_rejection(rejection);
        if let Some(lap) = self.laps.iter_mut().rfind(|lap| Some(lap.station) == station) {
            lap.error = Some(rejection.row().reason);
        }
    }

    /// Notes that the answer is on its way back, `is_stream` as an event stream.
    pub fn relaying(&mut self, is_stream: bool) {
        self.relaying_since = Some(Instant::now());
        if is_stream && !self.is_stream {
            self.is_stream = true;
            self.telemetry.stream_opened();
        }
    }

    /// Looks at bytes of the answer as they pass.
    pub fn passed(&mut self, bytes: &[u8]) {
        if let Some(listing) = &mut self.listing {
            listing.feed(bytes);
        }
    }

    /// Counts a call to STS.
    pub fn sts_called(&self, result: &'static str) {
        self.telemetry.count(Measurement::sts_exchange(result));
    }

    /// The request has ended as `line` says.
    pub fn finish(&mut self, line: &Line, config: &Config) {
        if self.is_sending {
            self.sent(Sent::Abandoned);
        }
        if let Some(since) = self.relaying_since {
            self.mark = since;
            self.lap(Station::Relay);
        }
        if self.is_stream {
            self.telemetry.stream_closed();
        }
        if let Some(listing) = self.listing.take() {
            self.telemetry.remember(listing.names());
        }
        let took = self.began.elapsed();
        let tool = line.target.as_ref().and_then(|target| target.tool.as_deref());
        let known_tool = tool.filter(|tool| self.is_known(tool, config));
        let is_cold = self.telemetry.is_cold.swap(false, Ordering::Relaxed);
        let (http_method, laps) = (self.http_method, self.laps.as_slice());
        self.telemetry.record(&measure(&Finished { line, http_method, took, laps, known_tool, is_cold }));
        let ratio = config.telemetry.trace_sample_ratio;
        if let Some(trace) = self.trace.as_ref().filter(|trace| trace.is_kept(line.subject.is_some(), ratio))
        {
            self.queue_spans(trace, line, took, known_tool);
        }
    }

    fn is_known(&self, tool: &str, config: &Config) -> bool {
        let in_policies =
            |tool| config.authorization.as_ref().is_some_and(|policies| policies.names_tool(tool));
        in_policies(tool) || self.telemetry.is_listed(tool)
    }

    fn queue_spans(&self, trace: &Trace, line: &Line, took: Duration, known_tool: Option<&str>) {
        let Some(collector) = &self.telemetry.collector else { return };
        let began = SystemTime::now() - took;
        let facts = server_span(line, self.http_method, known_tool);
        let mut all = vec![spans::request(trace, began, took, facts)];
        let mut told = self.told.iter();
        for lap in &self.laps {
            let context = if lap.station == Station::Upstream { told.next().cloned() } else { None };
            let facts = station_span(lap, line, self.http_method);
            all.push(spans::station(trace, context, lap, began, facts));
        }
        collector.queue(all);
    }
}
