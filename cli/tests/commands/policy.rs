use std::{fs, path::PathBuf};

use serde_json::json;

use super::harness::{Ran, rolecall, rolecall_given, root};

const TEAM: &str = "cli/tests/cases/policies/team";

fn test(directory: &str, arguments: &[&str]) -> Ran {
    rolecall(&[&["policy", "test", directory], arguments].concat())
}

#[test]
fn the_shipped_policies_pass_their_tests_and_none_is_left_out() {
    let ran = test("policies", &["--require-coverage"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn the_tests_in_the_guide_pass() {
    let guide = fs::read_to_string(root().join("docs/policies.md")).unwrap();
    let (_, section) = guide.split_once("## Test your policies").unwrap();
    let (_, block) = section.split_once("```yaml\n").unwrap();
    let (tests, _) = block.split_once("```").unwrap();
    let directory = scratch("guide");
    fs::create_dir(directory.join("tests")).unwrap();
    fs::write(directory.join("tests/guide.yaml"), tests).unwrap();
    for entry in fs::read_dir(root().join("policies")).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            fs::copy(entry.path(), directory.join(entry.file_name())).unwrap();
        }
    }
    let ran = test(directory.to_str().unwrap(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.stdout.contains("3 of 3 tests passed"), "{}", ran.all());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_failing_row_says_what_was_decided_and_why() {
    let ran = test(TEAM, &[]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn json_says_the_same() {
    let document = test(TEAM, &["--json"]).json();
    let passed: Vec<_> =
        document["tests"].as_array().unwrap().iter().map(|row| row["passed"] == true).collect();
    assert_eq!(passed, [true, false, false, false], "{document:#}");
    assert_eq!(document["uncovered"], json!([]));
}

#[test]
fn a_policy_without_a_test_fails_only_where_coverage_is_required() {
    let directory = scratch("coverage");
    fs::create_dir(directory.join("tests")).unwrap();
    fs::copy(root().join(TEAM).join("team.cedar"), directory.join("team.cedar")).unwrap();
    let row =
        "tests:\n  - {name: n, claims: {sub: a, groups: [readers]}, request: {tool: t}, decision: allow}\n";
    fs::write(directory.join("tests/a.yaml"), row).unwrap();
    let (name, codes) = (directory.to_str().unwrap(), [0, 1]);
    for (arguments, code) in [&[][..], &["--require-coverage"]].iter().zip(codes) {
        let ran = test(name, arguments);
        assert_eq!(ran.code, code, "{}", ran.all());
        assert!(ran.stdout.contains("not covered: nobody"), "{}", ran.all());
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn mistakes_in_policies_and_in_tests_are_findings() {
    let ran = test("cli/tests/cases/policies/mistaken", &[]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_folder_without_policies_or_tests_is_exit_code_2() {
    for directory in ["cli/tests/cases", "cli/tests/cases/explain", "cli/tests/cases/absent"] {
        let ran = test(directory, &[]);
        assert_eq!(ran.code, 2, "{directory}: {}", ran.all());
    }
    insta::assert_snapshot!(test("cli/tests/cases", &[]).all());
}

#[test]
fn formatting_keeps_comments_and_is_done_once() {
    let directory = scratch("fmt");
    let file = directory.join("team.cedar");
    fs::copy(root().join(TEAM).join("team.cedar"), &file).unwrap();
    let before = fs::read_to_string(&file).unwrap();
    let fmt =
        |arguments: &[&str]| rolecall(&[&["policy", "fmt"], arguments, &[file.to_str().unwrap()]].concat());

    let checked = fmt(&["--check"]);
    assert_eq!(checked.code, 1, "{}", checked.all());
    assert_eq!(fs::read_to_string(&file).unwrap(), before, "--check changes nothing");
    assert_eq!(fmt(&[]).code, 0);
    let formatted = fs::read_to_string(&file).unwrap();
    assert!(formatted.contains("// everything"), "{formatted}");
    insta::assert_snapshot!(formatted);
    assert_eq!(fmt(&["--check"]).code, 0);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn standard_input_is_printed() {
    let ran = rolecall_given("permit(principal,action,resource);", &["policy", "fmt", "-"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert_eq!(ran.stdout, "permit (principal, action, resource);\n");
    let ran = rolecall_given("permit(principal,action,resource);", &["policy", "fmt", "--check", "-"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
}

#[test]
fn what_is_no_policy_is_left_alone() {
    let ran = rolecall_given("permit(principal, action);", &["policy", "fmt", "-"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn help_has_examples() {
    let help = |command| rolecall(&["policy", command, "--help"]).all();
    insta::assert_snapshot!("policy_test_help", help("test"));
    insta::assert_snapshot!("policy_fmt_help", help("fmt"));
}

/// An empty folder of this test's own.
fn scratch(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("rolecall-{name}-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    directory
}
