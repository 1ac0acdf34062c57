//! `docs/audit.md` speaks of the lines as they are: its example, its table, and every name in its queries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::audited::{SCHEMA, check};

const GUIDE: &str = include_str!("../../../docs/audit.md");
/// What Logs Insights and SQL bring themselves, and CloudTrail's names, which no schema here knows.
const QUERY_WORDS: [&str; 21] = [
    "fields",
    "filter",
    "stats",
    "sort",
    "limit",
    "by",
    "as",
    "and",
    "or",
    "in",
    "like",
    "desc",
    "asc",
    "count",
    "ispresent",
    "requests",
    "calls",
    "100",
    "0",
    "not",
    "display",
];

/// The fenced blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    GUIDE.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Dotted paths of every field, with the values where the schema lists them.
fn paths() -> BTreeMap<String, Vec<String>> {
    fn walk(schema: &Value, path: &str, all: &mut BTreeMap<String, Vec<String>>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let values = property["enum"].as_array().into_iter().flatten();
            let values = values.map(|value| value.as_str().unwrap().to_owned()).collect();
            walk(property, &path, all);
            walk(&property["items"], &format!("{path}[]"), all);
            all.insert(path, values);
        }
    }
    let mut all = BTreeMap::new();
    walk(&SCHEMA, "", &mut all);
    all
}

#[test]
fn the_example_is_a_line() {
    let examples = blocks("json");
    assert_eq!(examples.len(), 1);
    check(examples[0]);
}

#[test]
fn the_table_has_every_field_and_no_other() {
    let table = GUIDE.split("## Fields").nth(1).unwrap().split("| front door").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let rows: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(rows, paths().into_keys().collect());
}

#[test]
fn every_type_outcome_and_own_reason_is_explained() {
    let explained = |section: &str, next: &str| {
        GUIDE.split(section).nth(1).unwrap().split(next).next().unwrap().to_owned()
    };
    let types = explained("## Event types", "## Outcomes");
    let outcomes = explained("## Outcomes", "## Bodies");
    let all = paths();
    let own = ["jsonrpc_error", "tool_error", "client_disconnected", "gateway_stopped"];
    for name in &all["type"] {
        assert!(types.contains(&format!("`{name}`")), "{name}");
    }
    for name in all["outcome"].iter().map(String::as_str).chain(own) {
        assert!(outcomes.contains(name), "{name}");
    }
}

#[test]
fn queries_of_logs_insights_name_fields_that_there_are() {
    let all = paths();
    let queries = blocks("insights");
    for query in &queries {
        let outside_quotes: String = query.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let names = outside_quotes.split(|c| !is_name(c)).filter(|name| !name.is_empty());
        for name in names.filter(|name| !QUERY_WORDS.contains(name)) {
            // Insights numbers the elements of lists.
            assert!(all.contains_key(&name.replace(".0", "[]")), "{name} in {query}");
        }
        for (before, value) in query.split('"').zip(query.split('"').skip(1)).step_by(2) {
            let field = before.trim_end().trim_end_matches('=').trim_end().rsplit(' ').next().unwrap();
            let values = &all[field];
            assert!(values.is_empty() || values.iter().any(|listed| listed == value), "{field} = {value}");
        }
    }
    assert_eq!(queries.len(), 5, "the guide lost queries");
}

#[test]
fn the_athena_table_and_its_queries_name_fields_that_there_are() {
    let all = paths();
    let (table, queries) = blocks("sql").into_iter().partition::<Vec<_>, _>(|sql| sql.starts_with("CREATE"));
    let leaves: BTreeSet<&str> =
        all.keys().map(|path| path.rsplit('.').next().unwrap().trim_end_matches("[]")).collect();
    let columns = table[0].split_once('(').unwrap().1.split("ROW FORMAT").next().unwrap();
    let columns = columns.replace(":string", "").replace(":double", "").replace(":array<string>", "");
    let columns = columns
        .replace(":array<struct", " ")
        .replace(" struct<", " ")
        .replace(['<', '>', '(', ')', ','], " ");
    for name in columns.split_whitespace().filter(|name| !matches!(*name, "string" | "int")) {
        assert!(leaves.contains(name), "{name}");
    }
    for query in &queries {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let names = query.split(|c| !is_name(c)).filter_map(|name| name.strip_prefix("a."));
        for name in names {
            assert!(all.contains_key(name), "a.{name} in {query}");
        }
    }
    assert_eq!(queries.len(), 2, "the guide lost queries");
}
