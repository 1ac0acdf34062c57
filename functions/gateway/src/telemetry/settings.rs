//! Configuration and the `OTEL_*` variables together (OpenTelemetry specification, "Environment variables"); headers,
//! endpoints by signal, resource attributes and temporality are read by the SDK itself.

use std::{net::SocketAddr, time::Duration};

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use rolecall_core::config::{MetricsFormat, Telemetry};
use uuid::Uuid;

use crate::environment::variable;

/// Port of OpenTelemetry's own Prometheus exporters.
const DEFAULT_METRICS_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);
/// On Lambda this time is paid for after each request while a collector dawdles.
const LAMBDA_TIMEOUT: Duration = Duration::from_secs(1);
/// The specification's default.
const PLAIN_TIMEOUT: Duration = Duration::from_secs(10);
const SPAN_INTERVAL: Duration = Duration::from_secs(5);
const METRIC_INTERVAL: Duration = Duration::from_secs(60);

/// What telemetry there is.
pub(super) struct Settings {
    pub(super) emf: bool,
    pub(super) prometheus: Option<SocketAddr>,
    pub(super) otlp: Option<Otlp>,
    pub(super) resource: Resource,
    /// `service.name` of the resource.
    pub(super) service: String,
}

/// What goes to a collector, and when.
pub(super) struct Otlp {
    pub(super) metrics: bool,
    pub(super) traces: bool,
    pub(super) timeout: Duration,
    pub(super) span_interval: Duration,
    pub(super) metric_interval: Duration,
}

impl Settings {
    pub(super) fn read(config: &Telemetry, on_lambda: bool) -> Self {
        let asked = |format| config.metrics.as_ref().map(|formats| formats.contains(&format));
        let prometheus = asked(MetricsFormat::Prometheus).unwrap_or(config.metrics_listen.is_some());
        let resource = resource(on_lambda);
        let service = service_name(&resource).unwrap_or_default();
        Self {
            emf: asked(MetricsFormat::Emf).unwrap_or(on_lambda),
            prometheus: (prometheus && !on_lambda)
                .then(|| config.metrics_listen.unwrap_or(DEFAULT_METRICS_LISTEN)),
            otlp: otlp(asked(MetricsFormat::Otlp), on_lambda),
            resource,
            service,
        }
    }
}

fn otlp(metrics_asked: Option<bool>, on_lambda: bool) -> Option<Otlp> {
    let is_disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let goes_out = |signal: &str| !is_disabled && !is_switched_off(signal) && names_collector(signal);
    let (metrics, traces) = (goes_out("METRICS"), goes_out("TRACES"));
    if metrics_asked == Some(true) && !metrics {
        tracing::warn!(
            "telemetry.metrics names otlp, but the OTEL_… variables name no collector for metrics"
        );
    }
    if !metrics && !traces {
        return None;
    }
    if variable("OTEL_EXPORTER_OTLP_PROTOCOL").is_some_and(|protocol| protocol != "http/protobuf") {
        tracing::warn!("OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken, and used now");
    }
    Some(Otlp {
        metrics: metrics_asked.unwrap_or(true) && metrics,
        traces,
        timeout: millis("OTEL_EXPORTER_OTLP_TIMEOUT").unwrap_or(if on_lambda {
            LAMBDA_TIMEOUT
        } else {
            PLAIN_TIMEOUT
        }),
        span_interval: millis("OTEL_BSP_SCHEDULE_DELAY").unwrap_or(SPAN_INTERVAL),
        metric_interval: millis("OTEL_METRIC_EXPORT_INTERVAL").unwrap_or(METRIC_INTERVAL),
    })
}

/// `OTEL_TRACES_EXPORTER` and `OTEL_METRICS_EXPORTER`; their other values name exporters that the configuration chooses.
fn is_switched_off(signal: &str) -> bool {
    variable(&format!("OTEL_{signal}_EXPORTER")).is_some_and(|exporter| exporter.trim() == "none")
}

fn names_collector(signal: &str) -> bool {
    let endpoint = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    variable("OTEL_EXPORTER_OTLP_ENDPOINT").or_else(|| variable(&endpoint)).is_some()
}

/// Zero would make a busy loop of an interval, and nothing of a timeout; 49 days and more are a mistake.
fn millis(name: &str) -> Option<Duration> {
    let millis = variable(name)?.parse::<u32>().ok().filter(|millis| *millis > 0);
    if millis.is_none() {
        tracing::warn!(
            variable = name,
            "is no whole number of milliseconds above 0 and below 2^32, and left unused"
        );
    }
    millis.map(|millis| Duration::from_millis(millis.into()))
}

/// Who measures, with the variables' say above ours.
fn resource(on_lambda: bool) -> Resource {
    let detected = Resource::builder().build();
    let is_named = service_name(&detected).is_some_and(|name| !name.starts_with("unknown_service"));
    let function = variable("AWS_LAMBDA_FUNCTION_NAME");
    let mut attributes = vec![
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
    ];
    if on_lambda {
        attributes.push(KeyValue::new("cloud.provider", "aws"));
        attributes.push(KeyValue::new("cloud.platform", "aws_lambda"));
        let further = [
            ("faas.name", function.clone()),
            ("faas.version", variable("AWS_LAMBDA_FUNCTION_VERSION")),
            ("faas.instance", variable("AWS_LAMBDA_LOG_STREAM_NAME")),
            ("cloud.region", variable("AWS_REGION")),
        ];
        attributes.extend(further.into_iter().filter_map(|(name, value)| Some(KeyValue::new(name, value?))));
    }
    if !is_named {
        attributes
            .push(KeyValue::new("service.name", function.unwrap_or_else(|| "rolecall-gateway".to_owned())));
    }
    let stated = detected.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
    attributes.retain(|attribute| {
        attribute.key.as_str() == "service.name" || !stated.iter().any(|name| name == attribute.key.as_str())
    });
    Resource::builder().with_attributes(attributes).build()
}

fn service_name(resource: &Resource) -> Option<String> {
    resource.get(&"service.name".into()).map(|name| name.to_string())
}
