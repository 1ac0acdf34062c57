//! The way to an OpenTelemetry collector: a bounded queue of spans, the metrics' reader, and one flush at a time that a
//! breaker keeps from a collector that does not answer. Nothing here runs in a thread of its own, so that nothing is
//! left half done when Lambda freezes the process.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use opentelemetry_otlp::{MetricExporter, RetryPolicy, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{
        InstrumentKind, ManualReader, Pipeline, Temporality, data::ResourceMetrics,
        exporter::PushMetricExporter, reader::MetricReader,
    },
    trace::{SpanData, SpanExporter as _},
};
use reqwest::Client;
use rolecall_core::telemetry::Breaker;
use tokio::sync::Notify;

use super::{http::CollectorHttp, settings::Otlp};

/// Spans that wait; about 2 MB.
const MAX_QUEUE: usize = 2048;
/// Spans in one request to the collector.
const BATCH: usize = 512;

/// What goes to the collector.
pub(super) struct Collector {
    spans: Option<SpanExporter>,
    metrics: Option<(MetricExporter, Reader)>,
    queue: Mutex<Vec<SpanData>>,
    batch_is_full: Notify,
    breaker: Mutex<Breaker>,
    flushing: tokio::sync::Mutex<()>,
    began: Instant,
    timeout: Duration,
    span_interval: Duration,
    metric_interval: Duration,
}

impl Collector {
    /// The collector of the environment, and what reads metrics for it; neither where the SDK refuses the variables.
    pub(super) fn new(
        settings: &Otlp,
        resource: &Resource,
        client: Client,
    ) -> (Option<Self>, Option<Reader>) {
        let spans = settings.traces.then(|| span_exporter(resource, client.clone())).flatten();
        let metrics = settings.metrics.then(|| metric_exporter(client)).flatten();
        if spans.is_none() && metrics.is_none() {
            return (None, None);
        }
        let reader = metrics.as_ref().map(|(_, reader)| reader.clone());
        let collector = Self {
            spans,
            metrics,
            queue: Mutex::default(),
            batch_is_full: Notify::new(),
            breaker: Mutex::default(),
            flushing: tokio::sync::Mutex::default(),
            began: Instant::now(),
            timeout: settings.timeout,
            span_interval: settings.span_interval,
            metric_interval: settings.metric_interval,
        };
        (Some(collector), reader)
    }

    /// Whether it takes spans.
    pub(super) fn takes_spans(&self) -> bool {
        self.spans.is_some()
    }

    /// How long one flush may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Queues the spans of one request; without room for all of them, none: a trace with holes misleads.
    pub(super) fn queue(&self, spans: Vec<SpanData>) {
        let mut queue = lock(&self.queue);
        if queue.len().saturating_add(spans.len()) > MAX_QUEUE {
            return;
        }
        queue.extend(spans);
        if queue.len() >= BATCH {
            self.batch_is_full.notify_one();
        }
    }

    /// Sends regularly.
    pub(super) async fn run(&self) {
        let mut metrics_due = Instant::now() + self.metric_interval;
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.span_interval.min(self.metric_interval)) => {}
                () = self.batch_is_full.notified() => {}
            }
            let with_metrics = Instant::now() >= metrics_due;
            if with_metrics {
                metrics_due = Instant::now() + self.metric_interval;
            }
            self.send(self.timeout, with_metrics).await;
        }
    }

    /// Sends everything within this time, unless the collector has just failed.
    pub(super) async fn flush(&self, patience: Duration) {
        self.send(patience, true).await;
    }

    async fn send(&self, patience: Duration, with_metrics: bool) {
        if !lock(&self.breaker).lets_through(self.began.elapsed()) {
            return;
        }
        let sending = async {
            let _one_at_a_time = self.flushing.lock().await;
            let (spans, metrics) = futures_util::future::join(self.send_spans(), async {
                if with_metrics { self.send_metrics().await } else { Ok(()) }
            })
            .await;
            spans.and(metrics)
        };
        let succeeded = matches!(tokio::time::timeout(patience, sending).await, Ok(Ok(())));
        let is_news = lock(&self.breaker).record(succeeded, self.began.elapsed());
        match (is_news, succeeded) {
            (true, false) => tracing::warn!("the OpenTelemetry collector does not take what it is sent"),
            (true, true) => tracing::info!("the OpenTelemetry collector takes what it is sent again"),
            (false, _) => {}
        }
    }

    async fn send_spans(&self) -> OTelSdkResult {
        let Some(exporter) = &self.spans else { return Ok(()) };
        loop {
            let batch: Vec<SpanData> = {
                let mut queue = lock(&self.queue);
                let end = queue.len().min(BATCH);
                queue.drain(..end).collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            exporter.export(batch).await?;
        }
    }

    async fn send_metrics(&self) -> OTelSdkResult {
        let Some((exporter, reader)) = &self.metrics else { return Ok(()) };
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics)?;
        exporter.export(&metrics).await
    }
}

/// Its own retries would sleep in the thread that answers requests; the next flush is the retry.
fn span_exporter(resource: &Resource, client: Client) -> Option<SpanExporter> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(CollectorHttp(client))
        .with_retry_policy(RetryPolicy::disabled())
        .build();
    let mut exporter = exporter.inspect_err(refused).ok()?;
    exporter.set_resource(resource);
    Some(exporter)
}

fn metric_exporter(client: Client) -> Option<(MetricExporter, Reader)> {
    let exporter = MetricExporter::builder()
        .with_http()
        .with_http_client(CollectorHttp(client))
        .with_retry_policy(RetryPolicy::disabled())
        .build();
    let exporter = exporter.inspect_err(refused).ok()?;
    let reader = ManualReader::builder().with_temporality(exporter.temporality()).build();
    Some((exporter, Reader(Arc::new(reader))))
}

fn refused(error: &opentelemetry_otlp::ExporterBuildError) {
    tracing::error!(reason = %error, "nothing goes to a collector; correct the OTEL_EXPORTER_OTLP_… variables");
}

/// A reader that the provider and the collector share.
#[derive(Clone, Debug)]
pub(super) struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
