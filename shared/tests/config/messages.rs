//! What an operator reads: every mistake of a file at once, in its order, with its place.

use crate::document::{findings, read, with};

fn messages(source: &str) -> String {
    read(source).expect_err(source).to_string()
}

#[test]
fn all_mistakes_are_reported_at_once() {
    insta::assert_snapshot!(messages(include_str!("../cases/config_many_mistakes.yaml")));
}

#[test]
fn an_empty_file_lists_what_is_required() {
    insta::assert_snapshot!(messages("# nothing yet\n"));
}

#[test]
fn yaml_that_can_not_be_read_is_one_sentence() {
    let bomb = (0..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
        let next = level + 1;
        format!("{text}a{next}: &a{next} [{}]\n", vec![format!("*a{level}"); 9].join(", "))
    });
    let sources = [
        ("tab", "oidc:\n\tissuer: x\n".to_owned()),
        ("indentation", "oidc:\n    issuer: x\n  audience: y\n".to_owned()),
        ("open quote", "resourceUrl: \"https://mcp.example.com\noidc: x\n".to_owned()),
        ("open bracket", "allowedOrigins: [a, b\n".to_owned()),
        ("colon in text", "resourceName: AWS: through Rolecall\n".to_owned()),
        ("unknown alias", "resourceName: *name\n".to_owned()),
        ("recursive alias", "resourceName: &a [*a]\n".to_owned()),
        ("tag", "resourceName: !secret x\n".to_owned()),
        ("two documents", "resourceName: x\n---\nresourceName: y\n".to_owned()),
        ("list", "- resourceName\n".to_owned()),
        ("text", "resourceName".to_owned()),
        ("alias bomb", bomb),
        ("deep nesting", "[".repeat(10_000)),
        ("deep blocks", (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()),
        ("too long", "#".repeat(300_000)),
        ("too many", "- x\n".repeat(30_000)),
        ("control character", "resourceName: \u{7}\n".to_owned()),
    ];
    let shown: Vec<String> =
        sources.iter().map(|(name, source)| format!("{name}\n  {}", messages(source))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn nothing_from_the_environment_is_repeated() {
    for (section, key) in [
        ("", "resourceUrl"),
        ("", "resourceDocumentation"),
        ("", "allowedOrigins"),
        ("", "oidc"),
        ("oidc", "issuer"),
        ("oidc", "jwksUrl"),
        ("oidc", "algorithms"),
        ("oidc", "clockSkewSeconds"),
        ("awsSts", "region"),
        ("awsSts", "service"),
        ("awsSts", "exchange"),
        ("awsSts", "sessionTags"),
        ("awsSts", "sessionDuration"),
        ("awsSts", "fallbackRoleArn"),
        ("awsSts", "roleMappings"),
        ("mapping", "roleArn"),
        ("mapping", "matcher"),
        ("mapping", "priority"),
        ("mapping", "policyArns"),
        ("mapping", "sessionPolicy"),
        ("mapping", "awsRegion"),
        ("upstream", "url"),
        ("upstream", "connectTimeoutSeconds"),
        ("upstream", "meta"),
        ("audit", "enabled"),
        ("audit", "eventTypes"),
        ("limits", "maxTokenBytes"),
    ] {
        for value in ["${SECRET} ( !", "['${SECRET} ( !']", "https://${SECRET}:${SECRET}@x/#"] {
            let without_claim = if key == "matcher" { "- claim\n" } else { "" };
            for line in findings(&with(section, &format!("{without_claim}{key}: {value}"))) {
                assert!(!line.contains("hunter2"), "{key}: {line}");
            }
        }
    }
}

#[test]
fn a_value_from_the_environment_is_shown_as_its_reference() {
    let found = findings(&with("awsSts", "fallbackRoleArn: ${SECRET}"));
    assert!(found.iter().any(|line| line.contains("awsSts.fallbackRoleArn: ${SECRET} is not")), "{found:?}");
}

#[test]
fn a_message_stays_on_one_short_line() {
    let hostile = "x\\n\\e[31m".repeat(50);
    let source = with("", &format!("\"{hostile}\": 1\nallowedOrigins: [\"{hostile}\"]"));
    let text = messages(&source);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().all(|line| line.len() < 600) && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_bad_matcher_is_reported_where_it_stands() {
    let found = read(&with("mapping", "- claim\nmatcher: '(((not CEL'")).expect_err("bad CEL");
    let finding = found.iter().next().expect("a finding");
    assert_eq!(finding.key, "awsSts.roleMappings[0].matcher");
    assert_eq!((finding.line, finding.column), (10, 16));
    assert!(!finding.remedy.is_empty());
}
