//! What an OpenTelemetry collector gets: queued spans, and metrics from their reader, each on a way of its own. Nothing
//! here runs in a thread of its own, so that nothing is left half done when Lambda freezes the process.

use std::{
    sync::{Arc, Weak},
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
use tokio::sync::Notify;

use super::{
    http::{CollectorHttp, LastAnswer},
    queue::SpanQueue,
    settings::Otlp,
    way::Way,
};

/// What goes to the collector.
pub(super) struct Collector {
    spans: Option<(SpanExporter, LastAnswer)>,
    metrics: Option<(MetricExporter, Reader)>,
    spans_way: Way,
    metrics_way: Way,
    queue: SpanQueue,
    batch_is_full: Notify,
    stop: Notify,
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
            spans_way: Way::new("traces"),
            metrics_way: Way::new("metrics"),
            queue: SpanQueue::default(),
            batch_is_full: Notify::new(),
            stop: Notify::new(),
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

    /// Queues the spans of one request, or none of them.
    pub(super) fn queue(&self, spans: Vec<SpanData>) {
        if self.queue.push(spans) {
            self.batch_is_full.notify_one();
        }
    }

    /// Sends regularly, until [`Self::shut_down`].
    pub(super) async fn run(&self) {
        tokio::select! {
            () = self.stop.notified() => {}
            () = self.send_regularly() => {}
        }
    }

    /// Gives up what [`Self::run`] is sending, which may have long to wait yet, and sends everything within this time.
    pub(super) async fn shut_down(&self, patience: Duration) {
        self.stop.notify_one();
        self.flush(patience).await;
    }

    /// Sends everything within this time, but no signal that the collector has just failed to take.
    pub(super) async fn flush(&self, patience: Duration) {
        self.send(patience, true).await;
    }

    async fn send_regularly(&self) {
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

    async fn send(&self, patience: Duration, with_metrics: bool) {
        let spans = self.spans_way.attempt(patience, self.send_spans());
        let metrics = async {
            if with_metrics {
                self.metrics_way.attempt(patience, self.send_metrics()).await;
            }
        };
        futures_util::future::join(spans, metrics).await;
    }

    async fn send_spans(&self) -> OTelSdkResult {
        let Some((exporter, last_answer)) = &self.spans else { return Ok(()) };
        loop {
            let batch = self.queue.batch();
            let count = batch.len();
            if count == 0 {
                return Ok(());
            }
            let sent = exporter.export(batch).await;
            // Spans leave the queue when they are taken, or would never be.
            if sent.is_ok() || last_answer.is_final() {
                self.queue.remove(count);
            }
            sent?;
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
fn span_exporter(resource: &Resource, client: Client) -> Option<(SpanExporter, LastAnswer)> {
    let http = CollectorHttp::new(client);
    let last_answer = http.last_answer();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(http)
        .with_retry_policy(RetryPolicy::disabled())
        .build();
    let mut exporter = exporter.inspect_err(refused).ok()?;
    exporter.set_resource(resource);
    Some((exporter, last_answer))
}

fn metric_exporter(client: Client) -> Option<(MetricExporter, Reader)> {
    let exporter = MetricExporter::builder()
        .with_http()
        .with_http_client(CollectorHttp::new(client))
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

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanId;
    use opentelemetry_otlp::WithExportConfig;
    use rolecall_local::raw::{Answer, Raw, RawOptions};

    use super::*;
    use crate::telemetry::queue::tests::{ids, span};

    async fn sending_to(raw: &Raw) -> Collector {
        let http = CollectorHttp::new(Client::builder().no_proxy().build().unwrap());
        let last_answer = http.last_answer();
        let exporter = SpanExporter::builder().with_http().with_http_client(http).with_endpoint(raw.url());
        let exporter = exporter.with_retry_policy(RetryPolicy::disabled()).build().unwrap();
        let collector = Collector {
            spans: Some((exporter, last_answer)),
            metrics: None,
            spans_way: Way::new("traces"),
            metrics_way: Way::new("metrics"),
            queue: SpanQueue::default(),
            batch_is_full: Notify::new(),
            stop: Notify::new(),
            timeout: Duration::from_secs(10),
            span_interval: Duration::from_secs(10),
            metric_interval: Duration::from_secs(10),
        };
        collector.queue(vec![span(1, "s"), span(2, "s")]);
        collector
    }

    async fn is_given_up(sending: impl Future<Output = OTelSdkResult>) -> bool {
        tokio::time::timeout(Duration::from_millis(200), sending).await.is_err()
    }

    #[tokio::test]
    async fn spans_leave_the_queue_when_they_are_taken_or_never_would_be() {
        let raw = Raw::start(RawOptions::default()).await.unwrap();
        let collector = sending_to(&raw).await;
        let waiting = || ids(&collector.queue.batch());
        let both = [SpanId::from(1), SpanId::from(2)];
        for answer in [Answer::status(503), Answer::status(429), Answer::hangup()] {
            raw.push(answer);
            assert!(collector.send_spans().await.is_err());
            assert_eq!(waiting(), both);
        }
        raw.push(Answer::never());
        assert!(is_given_up(collector.send_spans()).await);
        assert_eq!(waiting(), both, "given up is not sent");
        raw.push(Answer::json(200, ""));
        collector.send_spans().await.unwrap();
        assert_eq!(waiting(), []);

        collector.queue(vec![span(3, "s")]);
        raw.push(Answer::status(400));
        assert!(collector.send_spans().await.is_err());
        assert_eq!(waiting(), [], "it would be refused for ever");
    }
}
