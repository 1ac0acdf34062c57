//! The policies in `policies/`: they load together, agree with the schema beside them, and each is in the table.

#![allow(clippy::disallowed_methods, reason = "the test reads whatever ships, so that no file is forgotten")]

use std::{fs, path::PathBuf};

use rolecall_core::{
    authorize::{Authorization, DenyStatus, PolicyFile},
    config,
};

const EXAMPLE: &str = include_str!("../../../gateway.yaml");
const TABLE: &str = include_str!("../cases/policies/shipped_policies.yaml");

pub fn authorization() -> Authorization {
    Authorization::new(&files(), Some(&schema()), "groups", None, DenyStatus::Forbidden)
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

pub fn schema() -> PolicyFile {
    let name = "rolecall.cedarschema".to_owned();
    PolicyFile { text: fs::read_to_string(folder().join(&name)).unwrap(), name }
}

fn files() -> Vec<PolicyFile> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut policies: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "cedar")).collect();
    policies.sort();
    policies
        .iter()
        .map(|path| PolicyFile {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

#[test]
fn the_schema_finds_nothing_doubtful() {
    assert_eq!(authorization().doubts(), []);
}

#[test]
fn the_example_configuration_takes_them_once_its_section_is_no_comment() {
    let start = EXAMPLE.lines().position(|line| line.starts_with("# authorization:")).unwrap();
    let section = EXAMPLE.lines().skip(start).map_while(|line| line.strip_prefix("# "));
    let section: String = section.map(|line| format!("{line}\n")).collect();
    let variables = |name: &str| {
        let value = match name {
            "ROLECALL_RESOURCE_URL" => "https://mcp.example.com/mcp",
            "ROLECALL_ISSUER" => "https://idp.example.com",
            "ROLECALL_TEAM" => "s3-readers",
            "ROLECALL_TEAM_ROLE_ARN" => "arn:aws:iam::111122223333:role/rolecall/TeamRole",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let found = |pattern: &str| match pattern {
        "policies/*.cedar" => Ok(files()),
        "policies/rolecall.cedarschema" => Ok(vec![schema()]),
        other => panic!("nothing ships as {other}"),
    };
    let config = config::load(&format!("{EXAMPLE}\n{section}"), "gateway.yaml", &variables, &found)
        .unwrap_or_else(|findings| panic!("{findings}"));
    assert!(config.authorization.is_some());
}

#[test]
fn every_policy_determines_a_decision_of_the_table() {
    for file in files() {
        let ids: Vec<&str> =
            file.text.lines().filter_map(|line| line.strip_prefix("@id(\"")?.strip_suffix("\")")).collect();
        assert!(!ids.is_empty(), "{} has policies without an id", file.name);
        for id in ids {
            let determines = |line: &str| line.split_once("by: [").is_some_and(|(_, ids)| names(ids, id));
            assert!(TABLE.lines().any(determines), "{}: no decision is determined by {id}", file.name);
        }
    }
}

fn names(list: &str, id: &str) -> bool {
    list.split(']').next().is_some_and(|ids| ids.split(", ").any(|one| one == id))
}
