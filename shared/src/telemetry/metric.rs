//! Every metric by name, unit and labels: the one table that EMF, OTLP, Prometheus, dashboards and docs agree with.
//! Names and labels are OpenTelemetry's semantic conventions where those have one (HTTP, MCP, FaaS).

/// One metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name, as OpenTelemetry and CloudWatch show it.
    pub name: &'static str,
    /// What its values count.
    pub unit: Unit,
    /// How values add up.
    pub kind: Kind,
    /// Names of its labels; a label without a value is left out.
    pub labels: &'static [&'static str],
    /// One sentence for whoever reads it.
    pub description: &'static str,
}

/// A unit, in UCUM as OpenTelemetry writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `s`.
    Seconds,
    /// A count of these things, `{request}` for example.
    Count(&'static str),
}

/// How values of a metric add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sum that only grows.
    Counter,
    /// A sum that goes up and down.
    UpDownCounter,
    /// A distribution.
    Histogram,
}

impl Unit {
    /// The unit as OpenTelemetry writes it.
    #[must_use]
    pub fn ucum(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Count(things) => things,
        }
    }
}

impl Metric {
    /// The name in Prometheus (OpenTelemetry's Prometheus compatibility, "Metric metadata"): without the suffixes of a
    /// histogram's own series.
    #[must_use]
    pub fn prometheus_name(&self) -> String {
        let name = self.name.replace('.', "_");
        match (self.unit, self.kind) {
            (Unit::Seconds, _) => format!("{name}_seconds"),
            (Unit::Count(_), Kind::Counter) => format!("{name}_total"),
            (Unit::Count(_), _) => name,
        }
    }
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $unit:expr, $kind:ident, [$($label:expr),*], $description:literal;)*) => {
        /// The metrics one by one.
        pub mod metrics {
            use super::{Kind, Metric, Unit};
            use crate::telemetry::label::names::*;

            $($(#[$doc])* pub static $id: Metric = Metric {
                name: $name,
                unit: $unit,
                kind: Kind::$kind,
                labels: &[$($label),*],
                description: $description,
            };)*
        }

        /// All of them.
        pub static METRICS: &[&Metric] = &[$(&metrics::$id),*];
    };
}

metrics! {
    /// HTTP: requests to the MCP endpoint, by what was answered.
    REQUESTS = "http.server.request.duration", Unit::Seconds, Histogram, [HTTP_METHOD, HTTP_STATUS],
        "Requests to the MCP endpoint, from their arrival to the last byte of the answer.";
    /// MCP: the same by message.
    OPERATIONS = "mcp.server.operation.duration", Unit::Seconds, Histogram, [MCP_METHOD, ERROR_TYPE],
        "MCP messages by method, and by the reason where they failed.";
    /// HTTP client: what the MCP server answers.
    UPSTREAM = "http.client.request.duration", Unit::Seconds, Histogram, [HTTP_METHOD, HTTP_STATUS, ERROR_TYPE],
        "Requests to the MCP server until its headers, repeated ones included.";
    /// Where time goes.
    STATIONS = "rolecall.station.duration", Unit::Seconds, Histogram, [STATION],
        "Time that requests spend at a station.";
    /// By tool.
    TOOL_CALLS = "rolecall.tool.calls", Unit::Count("{call}"), Counter, [TOOL, OUTCOME],
        "Calls of tools, with the outcome of the audit line.";
    /// By reason.
    DENIALS = "rolecall.denials", Unit::Count("{denial}"), Counter, [REASON],
        "Requests that were not allowed, by reason.";
    /// By role.
    ROLES = "rolecall.role.selections", Unit::Count("{selection}"), Counter, [ROLE],
        "Requests that were mapped to a role.";
    /// By result.
    STS = "rolecall.sts.exchanges", Unit::Count("{exchange}"), Counter, [RESULT],
        "Calls to STS, `success` or the reason of their failure.";
    /// Cache hits.
    CREDENTIALS = "rolecall.credentials", Unit::Count("{request}"), Counter, [CREDENTIALS_FROM],
        "Requests signed with credentials from the cache or from a call to STS.";
    /// By result.
    JWKS = "rolecall.jwks.fetches", Unit::Count("{fetch}"), Counter, [RESULT],
        "Fetches of the issuer's keys.";
    /// By repair.
    REPAIRS = "rolecall.repairs", Unit::Count("{repair}"), Counter, [REPAIR],
        "Answers of the MCP server that were made good.";
    /// Now.
    OPEN_STREAMS = "rolecall.streams.open", Unit::Count("{stream}"), UpDownCounter, [],
        "Event streams that are open in this process. In EMF: as many as were open when one ended, that one included.";
    /// FaaS.
    COLD_STARTS = "faas.coldstarts", Unit::Count("{coldstart}"), Counter, [],
        "First requests of a function instance.";
}
