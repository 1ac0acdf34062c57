use super::harness::{rolecall, root};

const MINIMAL: &str = "cli/tests/cases/minimal.yaml";

#[test]
fn a_configuration_without_mistakes_is_fine() {
    let ran = rolecall(&["check", "--config", MINIMAL]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn every_mistake_is_named_with_its_line_and_remedy() {
    let ran = rolecall(&["check", "--config", "cli/tests/cases/mistaken.yaml"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn json_says_the_same() {
    let ran = rolecall(&["check", "--json", "--config", "cli/tests/cases/mistaken.yaml"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert_eq!(ran.json()["findings"][0]["key"], "awsSts.sessionDuration", "{}", ran.all());
}

#[test]
fn variables_may_be_given() {
    let given = |issuer| {
        rolecall(&[
            "check",
            "--config",
            "cli/tests/cases/variable.yaml",
            "--env",
            &format!("ISSUER={issuer}"),
        ])
    };
    assert_eq!(given("https://idp.example.com").code, 0);
    assert_eq!(given("http://idp.example.com").code, 1);
}

#[test]
fn a_file_that_is_not_there_is_exit_code_2() {
    let ran = rolecall(&["check", "--config", "cli/tests/cases/absent.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn what_surprises_is_a_warning_and_no_error() {
    let ran = rolecall(&["check", "--config", "cli/tests/cases/surprising.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
    let ran = rolecall(&["check", "--deny-warnings", "--config", "cli/tests/cases/surprising.yaml"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
}

#[test]
fn a_warning_can_be_allowed() {
    let check = |allowed: &[&str]| {
        rolecall(&[&["check", "--json", "--config", "cli/tests/cases/surprising.yaml"], allowed].concat())
            .json()
    };
    let ids = |report: serde_json::Value| {
        report["findings"].as_array().unwrap().iter().map(|finding| finding["id"].clone()).collect::<Vec<_>>()
    };
    let all = ids(check(&[]));
    assert!(all.contains(&"mapping-never-wins".into()), "{all:?}");
    let some = ids(check(&["--allow", "mapping-never-wins"]));
    assert_eq!(some.len() + 1, all.len());
    assert!(!some.contains(&"mapping-never-wins".into()), "{some:?}");
}

#[test]
fn the_shipped_configuration_has_no_warnings() {
    let ran = rolecall(&[
        "check",
        "--deny-warnings",
        "--env=ROLECALL_RESOURCE_URL=https://mcp.example.com/mcp",
        "--env=ROLECALL_ISSUER=https://idp.example.com",
        "--env=ROLECALL_TEAM=s3-readers",
        "--env=ROLECALL_TEAM_ROLE_ARN=arn:aws:iam::111122223333:role/rolecall/S3ReadersMCPRole",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.stdout.ends_with("fine: the gateway would start with gateway.yaml\n"), "{}", ran.all());
}

/// Scripts name them and people look them up.
#[test]
fn every_warning_is_documented() {
    let guide = std::fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let rows: Vec<&str> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(id, _)| id)
        .filter(|id| rolecall_core::config::WARNING_IDS.contains(id))
        .collect();
    assert_eq!(rows, rolecall_core::config::WARNING_IDS);
}
