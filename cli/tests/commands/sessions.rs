//! The terminal sessions of the guides are what the commands print. `ROLECALL_WRITE_SESSIONS=1` writes them anew.

use std::{env, fs, path::Path};

use super::harness::{root, run};

const VARIABLE: &str = "ROLECALL_WRITE_SESSIONS";
/// Each page, and the folder in which its reader is.
const PAGES: [(&str, &str); 2] = [("README.md", ""), ("docs/cli.md", "cli/tests/cases/docs")];
const BLOCK: &str = "```console\n";
const PROMPT: &str = "$ rolecall ";

/// The page with every session run again; other blocks and all text stay. Also counts the commands.
fn replayed(page: &str, folder: &Path) -> (String, usize) {
    let mut pieces = page.split(BLOCK);
    let mut text = pieces.next().unwrap().to_owned();
    let mut commands = 0;
    for piece in pieces {
        text.push_str(BLOCK);
        let (block, rest) = piece.split_once("```").expect("a block ends");
        if block.starts_with(PROMPT) {
            let (session, count) = session(block, folder);
            text.push_str(&session);
            commands += count;
        } else {
            text.push_str(block);
        }
        text.push_str("```");
        text.push_str(rest);
    }
    (text, commands)
}

fn session(block: &str, folder: &Path) -> (String, usize) {
    let commands: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix(PROMPT)).collect();
    let runs = commands.iter().map(|command| {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        assert!(!command.contains(['\'', '"', '\\', '|', '$']), "words only, no shell: {command}");
        let ran = run(folder, "", &arguments);
        format!("{PROMPT}{command}\n{}{}", ran.stdout, ran.stderr)
    });
    (runs.collect::<Vec<_>>().join("\n"), commands.len())
}

#[test]
fn the_sessions_of_the_guides_are_what_the_commands_print() {
    for (page, folder) in PAGES {
        let path = root().join(page);
        let written = fs::read_to_string(&path).unwrap();
        let (replayed, commands) = replayed(&written, &root().join(folder));
        assert!(commands > 0, "{page} has no session");
        if env::var_os(VARIABLE).is_some() {
            fs::write(&path, &replayed).unwrap();
        } else if written != replayed {
            let difference = written.lines().zip(replayed.lines()).find(|(old, new)| old != new);
            panic!("{page} is not what the commands print: {difference:#?}\nrun the test with {VARIABLE}=1");
        }
    }
}

#[test]
fn a_session_that_is_not_true_is_noticed() {
    let page = format!(
        "text\n{BLOCK}cargo demo\n```\n{BLOCK}{PROMPT}completions nonsense\nall is well\n```\nmore\n"
    );
    let (replayed, commands) = replayed(&page, &root());
    assert_eq!(commands, 1);
    assert!(!replayed.contains("all is well") && replayed.contains("invalid value 'nonsense'"), "{replayed}");
    assert!(
        replayed.starts_with("text\n```console\ncargo demo\n```\n") && replayed.ends_with("```\nmore\n"),
        "{replayed}"
    );
}
