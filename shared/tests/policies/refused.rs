//! Runs `cases/policies/refused.yaml`: what must not load, and what the operator is told.

use std::collections::BTreeMap;

use rolecall_core::authorize::{Authorization, DenyStatus, PolicyFile};
use serde::Deserialize;

use crate::shipped;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    schema: Option<String>,
    files: BTreeMap<String, String>,
    mistakes: Vec<String>,
}

#[test]
fn mistakes_are_told_with_their_place_and_a_remedy() {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("../cases/policies/refused.yaml")).unwrap();
    let mut wrong = String::new();
    for case in cases {
        let told = mistakes(&case);
        if told != case.mistakes {
            let lines: Vec<_> = told.iter().map(|line| format!("    - {line:?}\n")).collect();
            wrong += &format!("- name: {}\n  mistakes:\n{}", case.name, lines.concat());
        }
    }
    assert!(wrong.is_empty(), "these are told something else:\n{wrong}");
}

fn mistakes(case: &Case) -> Vec<String> {
    let file = |(name, text): (&String, &String)| PolicyFile { name: name.clone(), text: text.clone() };
    let files: Vec<PolicyFile> = case.files.iter().map(file).collect();
    let schema = case.schema.as_ref().map(|schema| match schema.as_str() {
        "shipped" => shipped::schema(),
        text => PolicyFile { name: "own.cedarschema".to_owned(), text: text.to_owned() },
    });
    match Authorization::new(&files, schema.as_ref(), "groups", None, DenyStatus::Forbidden) {
        Ok(_) => panic!("{}: loads", case.name),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}
