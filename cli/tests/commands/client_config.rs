use std::{fs, process::Command};

use serde_json::Value;

use super::harness::{rolecall, root};

const URL: &str = "https://mcp.example.com/mcp";

/// The fenced blocks of a language in one section of docs/clients.md.
fn documented(section: &str, language: &str) -> Vec<String> {
    let guide = fs::read_to_string(root().join("docs/clients.md")).unwrap();
    let (_, rest) = guide.split_once(&format!("\n### {section}\n")).unwrap();
    let section = rest.split("\n### ").next().unwrap();
    let blocks = section.split("\n```").collect::<Vec<_>>();
    // The pieces alternate: text, block, text, block…
    let blocks =
        blocks.iter().skip(1).step_by(2).filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'));
    blocks.map(str::to_owned).collect()
}

fn snippets(arguments: &[&str]) -> Vec<String> {
    let ran = rolecall(&[&["client-config", "--json"], arguments].concat());
    assert_eq!(ran.code, 0, "{}", ran.all());
    let report = ran.json();
    report["snippets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block["text"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_snippets_are_those_of_the_guide() {
    let id = ["--url", URL, "--client-id", "CLIENT_ID"];
    let with_id = |client: &'static str| snippets(&[&[client], &id[..]].concat());
    let claude = [documented("Claude Code", "sh"), documented("Claude Code", "json")].concat();
    assert_eq!(with_id("claude-code"), claude);
    assert_eq!(with_id("cursor"), documented("Cursor", "json"));
    assert_eq!(with_id("kiro"), documented("Kiro", "json"));
    let token = snippets(&["vscode", "--url", URL, "--token"]);
    assert_eq!([with_id("vscode"), token].concat(), documented("VS Code", "json"));
}

/// That line runs in the interoperability tests; the command prints the same options for a person.
#[test]
fn the_inspector_gets_no_option_that_is_not_tested() {
    let tested = documented("MCP Inspector, command line", "sh").concat();
    for word in snippets(&["inspector", "--url", URL]).concat().split_whitespace() {
        let is_option = word.starts_with("--") && word != "--method";
        assert!(!is_option || tested.contains(word), "{word} is not in the tested line");
    }
}

#[test]
fn every_client_gets_what_its_reader_can_parse() {
    for client in ["claude-code", "cursor", "vscode", "kiro"] {
        for way in [&["--token"][..], &["--client-id", "a\"b$(id) 'c'"], &[]] {
            let arguments = [&[client, "--url", "https://mcp.example.com/mcp?x='y'&z=$HOME"], way].concat();
            let found = snippets(&arguments);
            let json = found.last().unwrap();
            let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
            assert!(value.to_string().contains("https://mcp.example.com/mcp?x='y'&z=$HOME"), "{json}");
            assert!(!json.contains("${AWS_MCP_TOKEN") || way == ["--token"], "{json}");
        }
    }
}

/// A shell hands the program exactly these words.
#[cfg(unix)]
#[test]
fn a_command_survives_the_shell() {
    let url = "https://mcp.example.com/mcp?x='y'&z=$HOME;id";
    let command = snippets(&["claude-code", "--url", url, "--client-id", "it's `me`"]).remove(0);
    let script = command.replacen("claude ", "printf '%s\\n' ", 1);
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = words.lines().collect();
    assert_eq!(words.last(), Some(&url));
    assert!(words.contains(&"it's `me`"), "{words:?}");
}

#[test]
fn the_url_comes_from_the_configuration() {
    let ran = rolecall(&["client-config", "cursor", "--config", "cli/tests/cases/minimal.yaml", "--bare"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn instructions_are_for_people() {
    for client in ["claude-code", "claude-desktop", "cursor", "vscode", "kiro", "inspector"] {
        let ran = rolecall(&["client-config", client, "--url", URL]);
        assert_eq!(ran.code, 0, "{}", ran.all());
        insta::assert_snapshot!(format!("instructions_{client}"), ran.all());
    }
}

#[test]
fn an_address_that_no_client_should_have_is_refused() {
    for url in ["http://mcp.example.com/mcp", "mcp.example.com", "https://user:password@mcp.example.com/mcp"]
    {
        let ran = rolecall(&["client-config", "cursor", "--url", url]);
        assert_eq!(ran.code, 2, "{}", ran.all());
    }
}
