//! `telemetry`: where metrics go, and how many requests are traced. Where a collector is, is the environment's to say
//! (`OTEL_EXPORTER_OTLP_ENDPOINT`), as for every program that speaks OTLP.

use std::net::SocketAddr;

use crate::config::{
    field::Field,
    section::Section,
    types::{MetricsFormat, Telemetry},
};

/// Reads the section.
pub(super) fn read(telemetry: &Section<'_>) -> Telemetry {
    Telemetry {
        metrics: telemetry.get("metrics").map(|_| telemetry.list("metrics", format)),
        metrics_listen: telemetry.get("metricsListen").and_then(|field| address(&field)),
        trace_sample_ratio: telemetry
            .get("traceSampleRatio")
            .and_then(|field| field.number(0.0..=1.0))
            .unwrap_or(1.0),
    }
}

fn format(field: &Field<'_>) -> Option<MetricsFormat> {
    match field.text()? {
        "emf" => Some(MetricsFormat::Emf),
        "otlp" => Some(MetricsFormat::Otlp),
        "prometheus" => Some(MetricsFormat::Prometheus),
        _ => {
            field.refuse("is not a way for metrics to leave", "write emf, otlp or prometheus");
            None
        }
    }
}

fn address(field: &Field<'_>) -> Option<SocketAddr> {
    let address = field.text()?.parse().ok();
    if address.is_none() {
        field.refuse(
            "is not an IP address and port",
            "write for example 127.0.0.1:9464, or 0.0.0.0:9464 to let other machines in",
        );
    }
    address
}
