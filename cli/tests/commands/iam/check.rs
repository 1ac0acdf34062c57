use std::{collections::BTreeSet, fs, path::PathBuf};

use super::super::harness::{Ran, rolecall, root};

const CASES: &str = "cli/tests/cases/iam";
const GATEWAY_ROLE: &str = "arn:aws:iam::111122223333:role/rolecall-gateway/rolecall-ExecutionRole";
/// What each folder of broken documents is checked with.
const FOLDERS: [(&str, &[&str]); 3] = [
    ("web-identity", &[]),
    ("assume-role", &["--env", "EXCHANGE=assumeRole", "--gateway-role", GATEWAY_ROLE]),
    ("azp", &["--claims", "cli/tests/cases/iam/claims.json"]),
];

/// A document with one fault.
pub struct Broken {
    pub id: String,
    pub path: PathBuf,
    pub options: &'static [&'static str],
}

/// All of them.
pub fn broken() -> Vec<Broken> {
    let mut all = Vec::new();
    for (folder, options) in FOLDERS {
        let folder = format!("{CASES}/broken/{folder}");
        let entries = fs::read_dir(root().join(&folder)).unwrap();
        let names =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<_>>();
        all.extend(names.into_iter().map(|name| Broken {
            id: name.split("--").next().unwrap().to_owned(),
            path: PathBuf::from(&folder).join(name),
            options,
        }));
    }
    all
}

pub fn check(path: &str, options: &[&str]) -> Ran {
    let config = format!("{CASES}/gateway.yaml");
    rolecall(&[&["--json", "iam", "check", path, "--config", &config], options].concat())
}

#[test]
fn every_seeded_fault_is_found_and_nothing_else() {
    let all = broken();
    assert!(all.len() >= 25, "{}", all.len());
    for Broken { id, path, options } in all {
        let ran = check(path.to_str().unwrap(), options);
        assert_eq!(ran.code, 1, "{}: {}", path.display(), ran.all());
        let found = ran.json();
        let ids: BTreeSet<_> =
            found["findings"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(ids, BTreeSet::from([&*id]), "{}: {}", path.display(), ran.all());
    }
}

#[test]
fn a_finding_has_a_place_a_remedy_and_a_patch() {
    let config = format!("{CASES}/gateway.yaml");
    let found = [
        "guardrail-bool--template.yaml",
        "audience-other--another-client.json",
        "condition-key-unknown--groups.json",
    ];
    let shown = found.map(|name| {
        let path = format!("{CASES}/broken/web-identity/{name}");
        rolecall(&["iam", "check", &path, "--config", &config]).all()
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_no_file_shows_is_not_called_fine() {
    let config = format!("{CASES}/gateway.yaml");
    let shown = ["get-role.json", "elsewhere.tf.json"].map(|name| {
        let path = format!("{CASES}/{name}");
        rolecall(&["iam", "check", &path, "--config", &config]).all()
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn files_that_are_of_no_use_are_exit_code_2() {
    let config = format!("{CASES}/gateway.yaml");
    let several = format!("{CASES}/several.yaml");
    let trust = format!("{CASES}/broken/web-identity/trust-everybody--audience-alone.json");
    let table: [&[&str]; 6] = [
        &["cli/tests/cases/iam/absent.json", "--config", &config],
        &[&config, "--config", &config],
        &["Cargo.toml", "--config", &config],
        &["--stack", "template.yaml", "--config", &config],
        &[&trust, "--config", &several],
        &[&trust, "--config", "cli/tests/cases/mistaken.yaml"],
    ];
    let shown = table.map(|arguments| {
        let ran = rolecall(&[&["iam", "check"], arguments].concat());
        assert_eq!(ran.code, 2, "{}", ran.all());
        ran.stderr
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn help_has_examples() {
    let shown = [&["iam"] as &[&str], &["iam", "render"], &["iam", "check"]]
        .map(|command| rolecall(&[command, &["--help"]].concat()).stdout);
    insta::assert_snapshot!(shown.join("\n=====\n"));
}

#[test]
fn the_documentation_names_every_finding() {
    let text = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let table = text.split("| finding |").nth(1).unwrap();
    let table = table.split("\n\n").next().unwrap();
    let documented = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let seeded: BTreeSet<_> = broken().into_iter().map(|it| it.id).collect();
    assert_eq!(documented.map(str::to_owned).collect::<BTreeSet<_>>(), seeded);
}
