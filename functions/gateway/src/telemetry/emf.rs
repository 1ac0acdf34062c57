//! Measurements as lines in CloudWatch's embedded metric format (CloudWatch user guide, "Embedded metric format specification").

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use metrique_writer_core::{
    Entry, EntryWriter, MetricFlags, Observation, Unit as EmfUnit, Value as EmfValue, ValueWriter,
    config::AllowSplitEntries, format::Format, unit::NegativeScale,
};
use metrique_writer_format_emf::Emf;
use rolecall_core::telemetry::{Measurement, Value};

/// Namespace of the metrics in CloudWatch.
const NAMESPACE: &str = "Rolecall";
/// The dimension that every metric has.
const SERVICE: &str = "service.name";

/// Writes lines.
pub(super) struct EmfLines {
    emf: Mutex<Emf>,
    service: String,
}

impl EmfLines {
    /// For the metrics of this service.
    pub(super) fn new(service: String) -> Self {
        let dimensions = vec![vec![SERVICE.to_owned()]];
        // The table of metrics is what its validations would check again with each line.
        Self { emf: Mutex::new(Emf::no_validations(NAMESPACE.to_owned(), dimensions)), service }
    }

    /// One line for each set of labels; `None` where nothing was measured.
    pub(super) fn lines(&self, measurements: &[Measurement]) -> Option<Vec<u8>> {
        if measurements.is_empty() {
            return None;
        }
        let entry = Measured { service: &self.service, measurements, at: SystemTime::now() };
        let mut lines = Vec::with_capacity(2048);
        let mut emf = self.emf.lock().unwrap_or_else(PoisonError::into_inner);
        match emf.format(&entry, &mut lines) {
            Ok(()) => Some(lines),
            Err(error) => {
                tracing::error!(reason = %error, "metrics cannot be written as EMF");
                None
            }
        }
    }
}

struct Measured<'m> {
    service: &'m str,
    measurements: &'m [Measurement],
    at: SystemTime,
}

impl Entry for Measured<'_> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        writer.config(&SPLIT);
        writer.timestamp(self.at);
        writer.value(SERVICE, self.service);
        for (place, measurement) in self.measurements.iter().enumerate() {
            let (before, from_here) = self.measurements.split_at(place);
            if !before.iter().any(|other| is_same(measurement, other)) {
                writer.value(Cow::Borrowed(measurement.metric.name), &Series { measurement, from_here });
            }
        }
    }
}

static SPLIT: AllowSplitEntries = AllowSplitEntries::new();

/// The values of one metric with the same labels: a key may stand in a line only once.
struct Series<'m> {
    measurement: &'m Measurement,
    from_here: &'m [Measurement],
}

impl EmfValue for Series<'_> {
    fn write(&self, writer: impl ValueWriter) {
        let unit = match self.measurement.value {
            Value::Time(_) => EmfUnit::Second(NegativeScale::One),
            Value::Count(_) => EmfUnit::Count,
        };
        let same = self.from_here.iter().filter(|other| is_same(self.measurement, other));
        let labels = self.measurement.labels.iter().map(|(name, value)| (*name, value.as_ref()));
        writer.metric(same.map(|one| observation(one.value)), unit, labels, MetricFlags::empty());
    }
}

fn is_same(one: &Measurement, other: &Measurement) -> bool {
    std::ptr::eq(one.metric, other.metric) && one.labels == other.labels
}

fn observation(value: Value) -> Observation {
    match value {
        Value::Time(took) => Observation::Floating(took.as_secs_f64()),
        Value::Count(count) => Observation::Unsigned(count.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rolecall_core::telemetry::metrics;
    use serde_json::json;

    use super::*;

    fn stay(station: &'static str, millis: u64) -> Measurement {
        let took = Value::Time(Duration::from_millis(millis));
        Measurement::new(&metrics::STATIONS, took, &[("rolecall.station", station)])
    }

    #[test]
    fn each_set_of_labels_has_a_line_and_each_metric_one_key_in_it() {
        let lines = EmfLines::new("f".to_owned());
        let measured =
            [stay("sign", 1), stay("upstream", 2), stay("sign", 4), Measurement::sts_exchange("success")];
        let text = String::from_utf8(lines.lines(&measured).unwrap()).unwrap();
        let mut seen: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(text.matches("\"rolecall.station.duration\":").count(), 2, "{text}");
        seen.sort_by_key(|line| line["rolecall.station"].to_string());
        let value = |line: usize| seen[line]["rolecall.station.duration"].clone();
        assert_eq!(value(0), json!({"Values": [0.001, 0.004], "Counts": [1, 1]}));
        assert_eq!(value(1), json!(0.002));
        assert_eq!(seen[2]["rolecall.sts.exchanges"], json!(1));
        assert!(seen.iter().all(|line| line["service.name"] == "f"));
        assert_eq!(lines.lines(&[]), None);
    }
}
