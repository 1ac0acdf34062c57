//! Documentation, dashboards and alarms name metrics that exist, all of them, with labels that they have.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use regex::Regex;
use rolecall_core::telemetry::{Kind, METRICS, Metric};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../docs/telemetry.md");
const TEMPLATE: &str = include_str!("../../template.yaml");
const GRAFANA: &str = include_str!("../../docs/grafana-dashboard.json");
const SERVICE: &str = "service.name";

fn metric(name: &str) -> &'static Metric {
    METRICS.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("there is no metric {name}"))
}

fn found(pattern: &str, text: &str) -> Vec<(String, String)> {
    let group = |captures: &regex::Captures<'_>, index| {
        captures.get(index).map_or(String::new(), |found: regex::Match<'_>| found.as_str().to_owned())
    };
    let all = Regex::new(pattern).unwrap();
    all.captures_iter(text).map(|captures| (group(&captures, 1), group(&captures, 2))).collect()
}

#[test]
fn names_are_unique_and_labels_few() {
    let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), METRICS.len());
    // EMF knows 30 dimensions, a reader of a dashboard three.
    assert!(METRICS.iter().all(|metric| metric.labels.len() <= 3));
}

#[test]
fn the_document_has_the_table_of_the_code() {
    let kind = |kind| match kind {
        Kind::Counter => "counter",
        Kind::UpDownCounter => "up-down counter",
        Kind::Histogram => "histogram",
    };
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "—".to_owned() } else { labels.join(", ") };
        let (name, unit, text) = (metric.name, metric.unit.ucum(), metric.description);
        let row = format!("| `{name}` | `{unit}` | {} | {labels} | {text} |", kind(metric.kind));
        assert!(DOCUMENT.lines().any(|line| line == row), "docs/telemetry.md lacks\n{row}");
    }
    let rows = found(r"(?m)^\| `([^`]+)` \| `[^`]+` \| (?:counter|up-down|histogram)", DOCUMENT);
    assert_eq!(rows.len(), METRICS.len(), "rows of metrics that do not exist: {rows:?}");
}

/// Names in the template's dashboard and alarms.
fn in_template() -> BTreeSet<String> {
    let searches = found(r#"SEARCH\('\{Rolecall,([^}]*)\} MetricName=\\"([^\\]+)\\""#, TEMPLATE);
    assert!(!searches.is_empty());
    let mut names = BTreeSet::new();
    for (dimensions, name) in searches {
        let dimensions = dimensions.replace("\\\"", "");
        has_labels(&name, dimensions.split(','));
        names.insert(name);
    }
    for (name, dimension) in found(r#"\["Rolecall", "([^"]+)", "([^"]+)""#, TEMPLATE) {
        assert_eq!(dimension, SERVICE);
        names.insert(name);
    }
    let alarms =
        found(r"Namespace: Rolecall\n\s+MetricName: (\S+)\n\s+Dimensions:\n((?:\s+- \{.*\}\n)+)", TEMPLATE);
    assert!(alarms.len() >= 3, "{alarms:?}");
    for (name, dimensions) in alarms {
        let dimensions = found(r"Name: ([^,]+),", &dimensions);
        has_labels(&name, dimensions.iter().map(|(dimension, _)| dimension.as_str()));
        names.insert(name);
    }
    names
}

fn has_labels<'a>(name: &str, dimensions: impl Iterator<Item = &'a str>) {
    let metric = metric(name);
    let dimensions: Vec<&str> = dimensions.collect();
    assert_eq!(dimensions.first(), Some(&SERVICE), "{name}");
    for label in dimensions.iter().skip(1) {
        assert!(metric.labels.contains(label), "{name} has no label {label}");
    }
}

/// Series that Prometheus has of a metric.
fn series(metric: &Metric) -> Vec<String> {
    let name = metric.prometheus_name();
    match metric.kind {
        Kind::Histogram => ["_bucket", "_count", "_sum"].iter().map(|end| format!("{name}{end}")).collect(),
        Kind::Counter | Kind::UpDownCounter => vec![name],
    }
}

/// Names in Grafana's dashboard.
fn in_grafana() -> BTreeSet<String> {
    const WORDS: [&str; 6] = ["histogram_quantile", "sum", "by", "rate", "le", "__rate_interval"];
    let dashboard: Value = serde_json::from_str(GRAFANA).unwrap();
    let texts = Regex::new(r#""[^"]*""#).unwrap();
    let mut names = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = texts.replace_all(target["expr"].as_str().unwrap(), "").into_owned();
            let mut tokens: BTreeSet<String> =
                found("([a-zA-Z_]+)", &expression).into_iter().map(|(token, _)| token).collect();
            tokens.retain(|token| !WORDS.contains(&token.as_str()));
            let queried: Vec<&Metric> = METRICS
                .iter()
                .copied()
                .filter(|metric| series(metric).iter().any(|series| tokens.contains(series)))
                .collect();
            let labels = queried.iter().flat_map(|metric| metric.labels).map(|label| label.replace('.', "_"));
            let known: BTreeSet<String> = queried.iter().copied().flat_map(series).chain(labels).collect();
            let strangers: Vec<&String> = tokens.difference(&known).collect();
            assert!(strangers.is_empty(), "{strangers:?} in {expression}");
            assert!(!queried.is_empty(), "{expression}");
            names.extend(queried.iter().map(|metric| metric.name.to_owned()));
        }
    }
    names
}

#[test]
fn dashboards_and_alarms_show_every_metric_and_no_other() {
    let (template, grafana) = (in_template(), in_grafana());
    for name in template.union(&grafana) {
        metric(name);
    }
    let all: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(template, all);
    // There are no cold starts where Prometheus is.
    assert_eq!(all.difference(&grafana).collect::<Vec<_>>(), ["faas.coldstarts"]);
}
