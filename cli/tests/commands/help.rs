use std::process::{Command, Stdio};

use super::harness::{rolecall, root};

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
    for command in ["check", "client-config", "completions", "doctor", "import"] {
        let ran = rolecall(&[command, "--help"]);
        assert!(ran.stdout.contains("Examples:\n  "), "{}", ran.all());
        insta::assert_snapshot!(format!("help_of_{command}"), ran.all());
    }
}

/// `script` (util-linux) gives a program a terminal.
#[test]
fn colour_is_for_terminals_that_want_it() {
    let command = format!("{} check --config cli/tests/cases/mistaken.yaml", env!("CARGO_BIN_EXE_rolecall"));
    for (no_color, is_coloured) in [(None, true), (Some("1"), false)] {
        let mut script = Command::new("script");
        script
            .args(["-qec", &command, "/dev/null"])
            .current_dir(root())
            .env_remove("NO_COLOR")
            .env("TERM", "xterm");
        no_color.map(|value| script.env("NO_COLOR", value));
        let output = script.stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("3 errors"), "{text}");
        assert_eq!(text.contains('\u{1b}'), is_coloured, "{text:?}");
    }
    let piped = rolecall(&["check", "--config", "cli/tests/cases/mistaken.yaml"]);
    assert!(!piped.stdout.contains('\u{1b}'), "a pipe is no terminal: {}", piped.all());
}
