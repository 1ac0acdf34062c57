//! What a finished request becomes besides its audit line: measurements of the metrics in one table, and spans.
//!
//! Invariant: no text that a client wrote is ever a label; what is not known beforehand counts as `other`.

mod breaker;
mod label;
mod laps;
mod measure;
mod metric;
mod span;
mod tool_list;
mod trace_context;

pub use breaker::Breaker;
pub use label::{OTHER, http_method, mcp_method};
pub use laps::{Lap, Sent, Station};
pub use measure::{Finished, Measurement, Value, measure};
pub use metric::{Kind, METRICS, Metric, Unit, metrics};
pub use span::{Attribute, AttributeValue, SpanFacts, server_span, station_span};
pub use tool_list::ToolList;
pub use trace_context::{XrayContext, xray_context};
