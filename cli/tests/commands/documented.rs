//! docs/cli.md: its sessions are what the binary prints.

use std::{fmt::Write, fs};

use super::harness::{Ran, root, run};

const UPDATE: &str = "UPDATE_DOCS";

#[test]
fn every_session_on_the_page_is_real() {
    let page = root().join("docs/cli.md");
    let written = fs::read_to_string(&page).unwrap();
    let real = with_real_sessions(&written);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&page, &real).unwrap();
    }
    assert_eq!(written, real, "run this test with {UPDATE}=1 and look at the difference");
    assert!(written.matches("```console").count() >= 5, "the page lost its sessions");
}

/// The page with each session's output as it is now.
fn with_real_sessions(page: &str) -> String {
    let mut real = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        writeln!(real, "{line}").unwrap();
        if line != "```console" {
            continue;
        }
        let command = lines.next().unwrap();
        let arguments =
            command.strip_prefix("$ rolecall ").unwrap_or_else(|| panic!("what runs here? {command}"));
        writeln!(real, "{command}\n{}```", output(arguments)).unwrap();
        assert!(lines.any(|line| line == "```"), "{command} has no end");
    }
    real
}

fn output(arguments: &str) -> String {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let Ran { stdout, stderr, .. } = run(&root().join("cli/tests/cases/docs"), "", &arguments);
    stdout + &stderr
}
