//! A finished request as measurements.

use std::{borrow::Cow, time::Duration};

use super::{
    label::{OTHER, mcp_method, names::*},
    laps::{Lap, Sent},
    metric::{Metric, metrics},
};
use crate::audit::{Line, Outcome};

/// One value of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Of which metric.
    pub metric: &'static Metric,
    /// Its value.
    pub value: Value,
    /// Labels, each of those that the metric names and of bounded values.
    pub labels: Vec<(&'static str, Cow<'static, str>)>,
}

/// A value in its metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// For [`super::Unit::Seconds`].
    Time(Duration),
    /// For [`super::Unit::Count`].
    Count(i64),
}

/// A request that has ended, as far as metrics care.
#[derive(Debug)]
pub struct Finished<'a> {
    /// Its audit line.
    pub line: &'a Line,
    /// Its HTTP method as a label.
    pub http_method: &'static str,
    /// From arrival to end.
    pub took: Duration,
    /// Its stays.
    pub laps: &'a [Lap],
    /// The tool that it called, where policies or the upstream's list know it.
    pub known_tool: Option<&'a str>,
    /// Whether it is the first of a function instance.
    pub is_cold: bool,
}

impl Measurement {
    /// A value with these labels.
    #[must_use]
    pub fn new(metric: &'static Metric, value: Value, labels: &[(&'static str, &'static str)]) -> Self {
        let labels = labels.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))).collect();
        Self { metric, value, labels }
    }

    /// One more call to STS, `success` or the reason of its failure.
    #[must_use]
    pub fn sts_exchange(result: &'static str) -> Self {
        Self::new(&metrics::STS, Value::Count(1), &[(RESULT, result)])
    }

    /// One more fetch of the issuer's keys.
    #[must_use]
    pub fn jwks_fetch(succeeded: bool) -> Self {
        let result = if succeeded { "success" } else { "keys_unavailable" };
        Self::new(&metrics::JWKS, Value::Count(1), &[(RESULT, result)])
    }

    /// More or fewer open streams.
    #[must_use]
    pub fn open_streams(by: i64) -> Self {
        Self::new(&metrics::OPEN_STREAMS, Value::Count(by), &[])
    }
}

/// Everything that one request adds to metrics.
#[must_use]
pub fn measure(finished: &Finished<'_>) -> Vec<Measurement> {
    let line = finished.line;
    let mut measured = Vec::with_capacity(16);
    measured.push(request(finished));
    measured.extend(operation(finished));
    measured.extend(finished.laps.iter().map(station));
    measured.extend(finished.laps.iter().filter_map(|lap| sent(finished.http_method, lap)));
    measured.extend(tool_call(finished));
    if let (Outcome::Denied, Some(reason)) = (line.outcome, line.reason) {
        measured.push(one(&metrics::DENIALS, REASON, reason.into()));
    }
    if let Some(aws) = &line.aws {
        // Of the configuration's roles: nothing else is ever chosen.
        measured.push(one(&metrics::ROLES, ROLE, aws.role_arn.clone().into()));
        measured
            .extend(aws.credentials.map(|from| one(&metrics::CREDENTIALS, CREDENTIALS_FROM, from.into())));
    }
    measured.extend(line.repairs.iter().map(|repair| one(&metrics::REPAIRS, REPAIR, (*repair).into())));
    if finished.is_cold {
        measured.push(Measurement::new(&metrics::COLD_STARTS, Value::Count(1), &[]));
    }
    measured
}

fn request(finished: &Finished<'_>) -> Measurement {
    let mut labels = vec![(HTTP_METHOD, Cow::Borrowed(finished.http_method))];
    labels.extend(finished.line.status.map(|status| (HTTP_STATUS, status_label(status))));
    Measurement { metric: &metrics::REQUESTS, value: Value::Time(finished.took), labels }
}

/// `None` where the request carried no message.
fn operation(finished: &Finished<'_>) -> Option<Measurement> {
    let method = finished.line.target.as_ref()?.method.as_deref()?;
    let mut labels = vec![(MCP_METHOD, Cow::Borrowed(mcp_method(method)))];
    labels.extend(error_type(finished.line).map(|error| (ERROR_TYPE, error)));
    Some(Measurement { metric: &metrics::OPERATIONS, value: Value::Time(finished.took), labels })
}

/// Why a request did not succeed: the reason, else the status.
pub(super) fn error_type(line: &Line) -> Option<Cow<'static, str>> {
    match (line.outcome, line.reason, line.status) {
        (Outcome::Success, ..) => None,
        (_, Some(reason), _) => Some(reason.into()),
        (_, None, Some(status)) if status >= 400 => Some(status_label(status)),
        // A JSON-RPC error or a result with `isError` in an answer of 200.
        _ => Some("application_error".into()),
    }
}

fn station(lap: &Lap) -> Measurement {
    Measurement::new(&metrics::STATIONS, Value::Time(lap.took), &[(STATION, lap.station.as_str())])
}

fn sent(http_method: &'static str, lap: &Lap) -> Option<Measurement> {
    let result = match lap.sent? {
        Sent::Answered(status) => (HTTP_STATUS, status_label(status)),
        Sent::Failed(reason) => (ERROR_TYPE, reason.into()),
        Sent::Abandoned => (ERROR_TYPE, "abandoned".into()),
    };
    let labels = vec![(HTTP_METHOD, http_method.into()), result];
    Some(Measurement { metric: &metrics::UPSTREAM, value: Value::Time(lap.took), labels })
}

fn tool_call(finished: &Finished<'_>) -> Option<Measurement> {
    let line = finished.line;
    line.target.as_ref()?.tool.as_ref()?;
    let tool = finished.known_tool.map_or(Cow::Borrowed(OTHER), |tool| tool.to_owned().into());
    let labels = vec![(TOOL, tool), (OUTCOME, line.outcome.as_str().into())];
    Some(Measurement { metric: &metrics::TOOL_CALLS, value: Value::Count(1), labels })
}

fn one(metric: &'static Metric, label: &'static str, value: Cow<'static, str>) -> Measurement {
    Measurement { metric, value: Value::Count(1), labels: vec![(label, value)] }
}

/// Statuses are three digits; anything else an upstream invents is one label.
fn status_label(status: u16) -> Cow<'static, str> {
    if (100..600).contains(&status) { status.to_string().into() } else { OTHER.into() }
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
