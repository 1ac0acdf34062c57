//! `upstream`: the MCP server behind the gateway.

use std::time::Duration;

use serde_json::{Map, Value as Json};
use url::Url;

use crate::config::{field::Field, json::to_json, node::Value, section::Section, types::Upstream, urls};

/// A Lambda invocation ends after 15 minutes.
const TIMEOUT_SECONDS: std::ops::RangeInclusive<i64> = 1..=900;
const DEFAULT_CONNECT_SECONDS: u64 = 5;
const DEFAULT_RESPONSE_SECONDS: u64 = 300;

/// Reads the section; `region` is that of `awsSts`, for the default endpoint.
pub(super) fn read(upstream: &Section<'_>, region: Option<&str>) -> Option<Upstream> {
    let url = match upstream.get("url") {
        Some(field) => urls::endpoint(&field).map(|(_, url)| url),
        None => region.and_then(|region| Url::parse(&format!("https://aws-mcp.{region}.api.aws/mcp")).ok()),
    };
    let seconds = |key, default| Duration::from_secs(upstream.integer_or(key, default, TIMEOUT_SECONDS));
    let connect_timeout = seconds("connectTimeoutSeconds", DEFAULT_CONNECT_SECONDS);
    let response_timeout = seconds("responseTimeoutSeconds", DEFAULT_RESPONSE_SECONDS);
    let meta = upstream.get("meta").map_or_else(Map::new, |field| meta(&field));
    Some(Upstream { url: url?, connect_timeout, response_timeout, meta })
}

fn meta(field: &Field<'_>) -> Map<String, Json> {
    let Value::Mapping(entries) = &field.node().value else {
        field.refuse("is not a mapping", "write `name: value` pairs, for example {AWS_REGION: us-west-2}");
        return Map::new();
    };
    let mut meta = Map::new();
    for entry in entries.iter().filter(|entry| !entry.value.is_absent()) {
        let Some(name) = entry.name() else { continue };
        if name.is_empty() || name.chars().any(char::is_control) {
            field.reject("a name is empty or has control characters", "write printable names");
        } else if let Some(value) = to_json(&entry.value) {
            meta.insert(name.to_owned(), value);
        }
    }
    meta
}
