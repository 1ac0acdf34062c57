//! Every rule that refuses a value, one case each.

use rolecall_core::config::load;
use serde::Deserialize;

use crate::document::{files, findings, with};

#[derive(Deserialize)]
struct Case {
    /// The section that is changed.
    section: String,
    /// The lines that are written there.
    write: String,
    /// All findings, without location.
    findings: Vec<String>,
}

#[test]
fn every_rule_names_the_key_and_the_remedy() {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("../cases/config_refused.yaml")).unwrap();
    let mut failures = String::new();
    for case in &cases {
        let found = findings(&with(&case.section, &case.write));
        if found != case.findings {
            let (section, write, expected) = (&case.section, &case.write, &case.findings);
            failures
                .push_str(&format!("{section} / {write}\n  expected {expected:#?}\n  found    {found:#?}\n"));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(cases.iter().all(|case| !case.findings.is_empty()));
}

#[test]
fn without_fallback_and_mapping_nobody_would_get_a_role() {
    let head = "resourceUrl: https://mcp.example.com\noidc: {issuer: https://idp.example.com, audience: a}\n";
    for rest in [
        "region: us-east-1",
        "region: us-east-1, roleMappings: []",
        "region: us-east-1, fallbackRoleArn: '${EMPTY}', roleMappings: [\"${EMPTY}\"]",
    ] {
        let found = findings(&format!("{head}awsSts: {{{rest}}}\n"));
        assert!(
            matches!(found.as_slice(), [line] if line.starts_with("awsSts: has neither a fallback")),
            "{found:?}"
        );
    }
}

#[test]
fn session_policies_stay_within_what_sts_takes() {
    let arn = |index: usize| format!("arn:aws:iam::111122223333:policy/{index:0>150}");
    let arns = |count: usize| (0..count).map(arn).collect::<Vec<_>>().join(", ");
    let policy = |length: usize| {
        let base = r#"{"Version":"2012-10-17","Statement":[]}"#.len();
        format!(
            "sessionPolicy: '{{\"Version\":\"2012-10-17\",{}\"Statement\":[]}}'",
            " ".repeat(length - base)
        )
    };
    for (lines, expected) in [
        (policy(2048), None),
        (policy(2049), Some("sessionPolicy: sessionPolicy and policyArns together have 2049 characters")),
        (format!("policyArns: [{}]", arns(11)), Some("policyArns: has 11 ARNs")),
        (format!("{}\npolicyArns: [{}]", policy(1682), arns(2)), None),
        (format!("{}\npolicyArns: [{}]", policy(1683), arns(2)), Some("together have 2049 characters")),
    ] {
        let found = findings(&with("mapping", &lines));
        match expected {
            None => assert_eq!(found, Vec::<String>::new()),
            Some(expected) => {
                assert!(found.iter().any(|line| line.contains(expected)), "{expected}: {found:?}");
            }
        }
    }
}

#[test]
fn a_mapping_cannot_chain_roles_for_more_than_an_hour() {
    let section = with("mapping", "sessionDuration: 7200");
    assert_eq!(findings(&section), Vec::<String>::new());
    let found = findings(&section.replace("awsSts:\n", "awsSts:\n  exchange: assumeRole\n"));
    assert!(
        matches!(found.as_slice(), [line] if line.starts_with("awsSts.roleMappings[0].sessionDuration: 7200 is more")),
        "{found:?}"
    );
}

#[test]
fn tags_stay_within_what_sts_takes() {
    let tags = |count: usize, key: &str| {
        let tags: Vec<String> = (0..count).map(|index| format!("{key}{index}: groups")).collect();
        format!("exchange: assumeRole\nsessionTags: {{{}}}", tags.join(", "))
    };
    assert_eq!(findings(&with("awsSts", &tags(50, "k"))), Vec::<String>::new());
    let found = findings(&with("awsSts", &tags(51, "k")));
    assert_eq!(found, ["awsSts.sessionTags: has 51 tags; write at most 50"]);
    assert_eq!(findings(&with("awsSts", &tags(1, &"k".repeat(127)))), Vec::<String>::new());
    let found = findings(&with("awsSts", &tags(1, &"k".repeat(128))));
    assert!(matches!(found.as_slice(), [line] if line.contains("has more than 128 characters")), "{found:?}");
}

#[test]
fn variables_can_not_grow_a_file_without_end() {
    let source = with("oidc", &format!("allowedClients: [{}]", vec!["'${BIG}'"; 50].join(", ")));
    let lookup = |_: &str| Some("x".repeat(100_000));
    let found = load(&source, "gateway.yaml", &lookup, &files).expect_err("five megabytes").to_string();
    assert!(found.contains("variables expand to more than 1048576 bytes"), "{found}");
    assert!(found.len() < 100_000);
}
