//! The OpenTelemetry SDK's instruments, one for each metric of the table: what OTLP and Prometheus read.

use opentelemetry::{
    InstrumentationScope, KeyValue,
    metrics::{Counter, Histogram, MeterProvider, UpDownCounter},
};
use opentelemetry_prometheus::PrometheusExporter;
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use rolecall_core::telemetry::{Kind, METRICS, Measurement, Metric, Unit, Value};

use super::collector::Reader;

/// Bounds of buckets in seconds: stations take microseconds, streams minutes.
const SECONDS: [f64; 16] =
    [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0];

/// The instruments, in the table's order.
pub(super) struct Instruments {
    /// Readers hold it weakly.
    _provider: SdkMeterProvider,
    instruments: Vec<Instrument>,
}

enum Instrument {
    Counter(Counter<u64>),
    UpDownCounter(UpDownCounter<i64>),
    Histogram(Histogram<f64>),
}

impl Instruments {
    /// Instruments for these readers; `None` where nobody reads.
    pub(super) fn new(
        resource: Resource,
        otlp: Option<Reader>,
        prometheus: Option<PrometheusExporter>,
    ) -> Option<Self> {
        if otlp.is_none() && prometheus.is_none() {
            return None;
        }
        let mut provider = SdkMeterProvider::builder().with_resource(resource);
        if let Some(reader) = otlp {
            provider = provider.with_reader(reader);
        }
        if let Some(reader) = prometheus {
            provider = provider.with_reader(reader);
        }
        let provider = provider.build();
        let meter = provider.meter_with_scope(scope());
        let instruments = METRICS.iter().map(|metric| instrument(&meter, metric)).collect();
        Some(Self { _provider: provider, instruments })
    }

    /// Adds one measurement.
    pub(super) fn record(&self, measurement: &Measurement) {
        let place = METRICS.iter().position(|metric| std::ptr::eq(*metric, measurement.metric));
        let Some(instrument) = place.and_then(|place| self.instruments.get(place)) else { return };
        let labels: Vec<KeyValue> = measurement
            .labels
            .iter()
            .map(|(name, value)| KeyValue::new(*name, value.clone().into_owned()))
            .collect();
        match (instrument, measurement.value) {
            (Instrument::Counter(counter), Value::Count(count)) => counter.add(count.unsigned_abs(), &labels),
            (Instrument::UpDownCounter(counter), Value::Count(count)) => counter.add(count, &labels),
            (Instrument::Histogram(histogram), Value::Time(took)) => {
                histogram.record(took.as_secs_f64(), &labels);
            }
            // The table pairs seconds with histograms and counts with counters.
            _ => {}
        }
    }
}

/// Who made the spans and the metrics.
pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("rolecall").with_version(env!("CARGO_PKG_VERSION")).build()
}

fn instrument(meter: &opentelemetry::metrics::Meter, metric: &Metric) -> Instrument {
    let (name, unit, description) = (metric.name, metric.unit.ucum(), metric.description);
    match (metric.kind, metric.unit) {
        (Kind::Histogram, Unit::Seconds | Unit::Count(_)) => Instrument::Histogram(
            meter
                .f64_histogram(name)
                .with_unit(unit)
                .with_description(description)
                .with_boundaries(SECONDS.to_vec())
                .build(),
        ),
        (Kind::Counter, _) => {
            Instrument::Counter(meter.u64_counter(name).with_unit(unit).with_description(description).build())
        }
        (Kind::UpDownCounter, _) => Instrument::UpDownCounter(
            meter.i64_up_down_counter(name).with_unit(unit).with_description(description).build(),
        ),
    }
}
