//! A small valid file in which a test changes one thing.

use rolecall_core::config::{Config, Findings, load};

/// The sections of the file, in order, with the lines they need to load.
const BASE: [(&str, &[&str]); 7] = [
    ("", &["resourceUrl: https://mcp.example.com/mcp"]),
    ("oidc", &["issuer: https://idp.example.com", "audience: aws-mcp"]),
    ("awsSts", &["region: us-east-1"]),
    ("mapping", &["claim: readers", "roleArn: arn:aws:iam::111122223333:role/Readers"]),
    ("upstream", &[]),
    ("audit", &[]),
    ("limits", &[]),
];

/// The base with `lines` in `section` (`""` is the top level, `mapping` the only role mapping), instead of the base's
/// line for the same key. A line `- key` only removes that key.
pub(crate) fn with(section: &str, lines: &str) -> String {
    let mut text = String::new();
    for (name, base) in BASE {
        let (head, indent) = match name {
            "" => (String::new(), ""),
            "mapping" => ("  roleMappings:\n    -\n".to_owned(), "      "),
            name => (format!("{name}:\n"), "  "),
        };
        let changed = if name == section { lines } else { "" };
        let body: Vec<&str> = base
            .iter()
            .copied()
            .filter(|line| !replaces(changed, key(line)))
            .chain(changed.lines())
            .collect();
        text.push_str(&head);
        for line in body.iter().filter(|line| !line.starts_with("- ")) {
            text.push_str(&format!("{indent}{line}\n"));
        }
    }
    text
}

fn replaces(lines: &str, base_key: &str) -> bool {
    lines.lines().any(|line| key(line.trim_start_matches("- ")) == base_key)
}

fn key(line: &str) -> &str {
    line.split(':').next().unwrap_or_default()
}

/// The variables that cases may use.
pub(crate) fn environment(name: &str) -> Option<String> {
    let value = match name {
        "EMPTY" => "",
        "DURATION" => "1800",
        "FALSE" => "false",
        "ROLE_ARN" => "arn:aws:iam::111122223333:role/FromEnvironment",
        "SECRET" => "hunter2-is-not-for-logs",
        "INJECTION" => "x\nresourceName: injected",
        _ => return None,
    };
    Some(value.to_owned())
}

pub(crate) fn read(source: &str) -> Result<Config, Findings> {
    load(source, "gateway.yaml", &environment)
}

/// The findings without file, line and column.
pub(crate) fn findings(source: &str) -> Vec<String> {
    let Err(findings) = read(source) else { return Vec::new() };
    findings
        .iter()
        .map(|finding| format!("{}: {}; {}", finding.key, finding.problem, finding.remedy))
        .collect()
}
