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
        for measurement in self.measurements {
            writer.value(Cow::Borrowed(measurement.metric.name), &Measure(measurement));
        }
    }
}

static SPLIT: AllowSplitEntries = AllowSplitEntries::new();

struct Measure<'m>(&'m Measurement);

impl EmfValue for Measure<'_> {
    fn write(&self, writer: impl ValueWriter) {
        let (observation, unit) = match self.0.value {
            Value::Time(took) => {
                (Observation::Floating(took.as_secs_f64()), EmfUnit::Second(NegativeScale::One))
            }
            Value::Count(count) => (Observation::Unsigned(count.unsigned_abs()), EmfUnit::Count),
        };
        let labels = self.0.labels.iter().map(|(name, value)| (*name, value.as_ref()));
        writer.metric([observation], unit, labels, MetricFlags::empty());
    }
}
