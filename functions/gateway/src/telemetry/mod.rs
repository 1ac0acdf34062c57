//! Metrics and traces. One place turns a finished request into both: [`Trail::finish`], from the request's audit line; what
//! leaves the process leaves beside requests, never in their way.

mod collector;
mod emf;
mod http;
mod instruments;
mod prometheus;
mod queue;
mod settings;
mod spans;
mod trace;
mod trail;
mod way;

pub use prometheus::Scrapes;
pub use trail::Trail;

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use rolecall_core::{config, telemetry::Measurement};

use self::{collector::Collector, emf::EmfLines, instruments::Instruments, settings::Settings};

/// Names of listed tools that are remembered altogether.
const MAX_TOOLS: usize = 512;
/// Kept of an invocation's time. Less than the requests' own margin: an answer that was cut at that has its spans sent in
/// what remains of it.
const DEADLINE_MARGIN: Duration = Duration::from_millis(200);

/// Where metrics and traces go, and what they remember between requests.
#[derive(Default)]
pub struct Telemetry {
    emf: Option<EmfLines>,
    instruments: Option<Instruments>,
    scrapes: Option<Scrapes>,
    collector: Option<Collector>,
    /// The next request is the first of a function instance.
    is_cold: AtomicBool,
    open_streams: AtomicI64,
    listed_tools: RwLock<BTreeSet<String>>,
}

impl Telemetry {
    /// What configuration and environment ask for; nothing of OTLP exists where the environment names no collector.
    #[must_use]
    pub fn start(config: &config::Telemetry, on_lambda: bool, client: Client) -> Self {
        let settings = Settings::read(config, on_lambda);
        let (scrapes, prometheus) = settings.prometheus.and_then(Scrapes::new).unzip();
        let (collector, reader) = match settings.otlp {
            Some(otlp) => Collector::new(&otlp, &settings.resource, client),
            None => (None, None),
        };
        Self {
            emf: settings.emf.then(|| EmfLines::new(settings.service)),
            instruments: Instruments::new(settings.resource, reader, prometheus),
            scrapes,
            collector,
            is_cold: AtomicBool::new(on_lambda),
            ..Self::default()
        }
    }

    /// What Prometheus fetches, where that is configured.
    #[must_use]
    pub fn scrapes(&self) -> Option<&Scrapes> {
        self.scrapes.as_ref()
    }

    /// Counts something that belongs to no finished request.
    pub fn count(&self, measurement: Measurement) {
        self.record(&[measurement]);
    }

    fn record(&self, measurements: &[Measurement]) {
        if let Some(instruments) = &self.instruments {
            measurements.iter().for_each(|measurement| instruments.record(measurement));
        }
        self.emit(measurements);
    }

    /// One write for all lines of a request: lines of concurrent requests never mix.
    fn emit(&self, measurements: &[Measurement]) {
        let Some(lines) = self.emf.as_ref().and_then(|emf| emf.lines(measurements)) else { return };
        let mut stdout = std::io::stdout().lock();
        if stdout.write_all(&lines).and_then(|()| stdout.flush()).is_err() {
            tracing::error!("metrics could not be written");
        }
    }

    fn stream_opened(&self) {
        self.open_streams.fetch_add(1, Ordering::Relaxed);
        self.add_streams(1);
    }

    fn stream_closed(&self) {
        let were_open = self.open_streams.fetch_sub(1, Ordering::Relaxed);
        self.add_streams(-1);
        self.emit(&[Measurement::open_streams(were_open)]);
    }

    fn add_streams(&self, by: i64) {
        if let Some(instruments) = &self.instruments {
            instruments.record(&Measurement::open_streams(by));
        }
    }

    fn is_listed(&self, tool: &str) -> bool {
        self.listed_tools.read().unwrap_or_else(PoisonError::into_inner).contains(tool)
    }

    fn remember(&self, tools: Vec<String>) {
        let mut listed = self.listed_tools.write().unwrap_or_else(PoisonError::into_inner);
        for tool in tools {
            if listed.len() < MAX_TOOLS {
                listed.insert(tool);
            }
        }
    }

    /// Sends what is there, after an answer's last byte: before Lambda freezes the process, and a margin before the
    /// invocation's `deadline`.
    pub async fn settle(&self, deadline: Option<Instant>) {
        let Some(collector) = &self.collector else { return };
        let left = deadline.map(|deadline| {
            deadline.saturating_duration_since(Instant::now()).saturating_sub(DEADLINE_MARGIN)
        });
        let patience = collector.timeout().min(left.unwrap_or(Duration::MAX));
        collector.flush(patience).await;
    }

    /// Sends what is there, for the last time.
    pub async fn shut_down(&self, patience: Duration) {
        if let Some(collector) = &self.collector {
            collector.shut_down(patience).await;
        }
    }

    /// Sends regularly, where nothing freezes the process, until it is shut down.
    pub async fn send_regularly(self: Arc<Self>) {
        if let Some(collector) = &self.collector {
            collector.run().await;
        }
    }
}
