use super::harness::rolecall;

#[test]
fn help_names_every_command_and_the_exit_codes() {
    insta::assert_snapshot!(rolecall(&["--help"]).all());
}

#[test]
fn an_unknown_command_is_exit_code_2() {
    let ran = rolecall(&["chekc"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn each_command_explains_itself_with_examples() {
    for command in ["check", "client-config", "doctor", "import"] {
        let ran = rolecall(&[command, "--help"]);
        assert!(ran.stdout.contains("Examples:\n  "), "{}", ran.all());
        insta::assert_snapshot!(format!("help_of_{command}"), ran.all());
    }
}
