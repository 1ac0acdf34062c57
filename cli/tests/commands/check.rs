use super::harness::rolecall;

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
