//! A small valid file in which a test changes one thing.

use rolecall_core::{
    authorize::PolicyFile,
    config::{Config, Findings, UnreadableFiles, load},
};

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
    load(source, "gateway.yaml", &environment, &files)
}

/// The files beside every configuration of these tests.
pub(crate) fn files(pattern: &str) -> Result<Vec<PolicyFile>, UnreadableFiles> {
    let file = |name: &str, text: &str| PolicyFile { name: name.to_owned(), text: text.to_owned() };
    let readers = file("policies/readers.cedar", READERS);
    let admins = file("policies/admins.cedar", ADMINS);
    Ok(match pattern {
        "policies/*.cedar" => vec![admins, readers],
        "policies/readers.cedar" => vec![readers],
        "policies/broken.cedar" => vec![file(pattern, BROKEN)],
        "policies/gateway.cedarschema" => vec![file(pattern, SCHEMA)],
        "policies/broken.cedarschema" => vec![file(pattern, "entity User in [Group;")],
        "policies/secret.cedar" => {
            let problem = format!("{pattern} cannot be read: permission denied");
            return Err(UnreadableFiles { problem, remedy: "check its permissions".to_owned() });
        }
        _ => Vec::new(),
    })
}

const READERS: &str = r#"permit(principal in Group::"readers", action, resource)
when { resource.tool_name like "aws___list*" };
"#;
const ADMINS: &str = r#"@id("admins")
permit(principal in Group::"admins", action, resource);
"#;
/// A typing mistake, and a method of other languages.
const BROKEN: &str = r#"permit(principal, action, resource)
when { resource.tool_name = "x" };

permit(principal in Group::"data-analysts", action in [Action::"tools/call"], resource)
when {
  resource.tool_name == "aws___call_aws" && resource.arguments.cli_command.startsWith("aws s3 ls")
};
"#;
/// Knows no attribute of tools.
const SCHEMA: &str = r#"entity Group;
entity User in [Group];
entity Tool;
action "tools/call" appliesTo { principal: [User], resource: [Tool] };
"#;

/// The findings without file, line and column.
pub(crate) fn findings(source: &str) -> Vec<String> {
    let Err(findings) = read(source) else { return Vec::new() };
    findings
        .iter()
        .map(|finding| format!("{}: {}; {}", finding.key, finding.problem, finding.remedy))
        .collect()
}
