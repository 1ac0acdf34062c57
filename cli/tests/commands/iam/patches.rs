//! Each patch, applied as it is printed, makes its finding go away; all of them together leave nothing to find.

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    super::harness::root,
    check::{Broken, broken, check},
    templates::to_json,
};

/// More than any seeded file has faults.
const MAX_ROUNDS: usize = 12;

#[test]
fn every_patch_mends_its_fault_and_makes_no_other() {
    let folder = tempfile::tempdir().unwrap();
    for Broken { path, options, .. } in broken() {
        // A trust policy alone belongs to the role that the map names.
        let copy = folder.path().join("TeamRole.json");
        fs::write(&copy, as_json(&root().join(&path))).unwrap();
        let mut findings = found(&copy, options);
        for _ in 0..MAX_ROUNDS {
            let Some(first) = findings.first().cloned() else { break };
            let before = count(&findings, &first);
            apply(&copy, &first);
            findings = found(&copy, options);
            let after = count(&findings, &first);
            assert!(
                after < before,
                "{}: {first:#} is still there after its patch: {findings:#?}",
                path.display()
            );
        }
        assert!(findings.is_empty(), "{}: {findings:#?}", path.display());
        takes_terraform(&fs::read_to_string(&copy).unwrap());
    }
}

/// Terraform takes policies as text only.
fn takes_terraform(text: &str) {
    let document: Value = serde_json::from_str(text).unwrap();
    let kinds = document["resource"].as_object().into_iter().flatten();
    for resource in kinds.flat_map(|(_, named)| named.as_object().unwrap().values()) {
        for policy in ["policy", "assume_role_policy"].iter().filter_map(|key| resource.get(*key)) {
            assert!(policy.is_string(), "{policy:#}");
        }
    }
}

fn found(path: &Path, options: &[&str]) -> Vec<Value> {
    let ran = check(path.to_str().unwrap(), options);
    assert_ne!(ran.code, 2, "{}", ran.all());
    ran.json()["findings"].as_array().unwrap().clone()
}

fn count(findings: &[Value], like: &Value) -> usize {
    findings.iter().filter(|it| it["id"] == like["id"]).count()
}

fn apply(path: &Path, finding: &Value) {
    let mut document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let patch: json_patch::Patch = serde_json::from_value(finding["patch"].clone()).unwrap();
    json_patch::patch(&mut document, &patch)
        .unwrap_or_else(|error| panic!("{error}: {finding:#} on {document:#}"));
    fs::write(path, document.to_string()).unwrap();
}

/// The document as JSON: a YAML template in the long form of its functions.
fn as_json(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "json") {
        return text;
    }
    to_json(&text)
}
