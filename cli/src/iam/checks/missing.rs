//! Roles of the map that no file describes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Expected;
use crate::iam::{
    finding::{Finding, Findings},
    formats::{account_role, template_role},
    inventory::{Inventory, Location},
    map::MappedRole,
    patch::{Op, append},
    rendered::RenderedRole,
    trust::trust_policy,
};

pub(super) fn check(
    inventory: &Inventory,
    expected: &Expected<'_>,
    described: &BTreeSet<&str>,
    findings: &mut Findings,
) {
    let shown: BTreeSet<&str> =
        inventory.roles.iter().filter_map(|role| account(role.arn.as_deref()?)).collect();
    let is_ours = |role: &&MappedRole| shown.is_empty() || shown.contains(role.arn.account());
    let is_missing = |role: &&MappedRole| !described.contains(role.arn.as_str());
    for role in expected.map.roles.iter().filter(is_ours).filter(is_missing) {
        let (place, ops) = add(inventory, expected, role);
        findings.add(Finding {
            id: "role-missing",
            role: role.arn.name().to_owned(),
            place,
            problem: format!("no file describes {}, which the role map names", role.arn),
            remedy: "create it; `rolecall iam render` writes it".to_owned(),
            ops,
        });
    }
    let elsewhere = expected.map.roles.iter().filter(|role| !is_ours(role)).map(|role| role.arn.account());
    for other in elsewhere.collect::<BTreeSet<_>>() {
        findings.note(format!("no file is about account {other}: its roles were not judged"));
    }
}

/// The first file that can take a further role, and the change that adds it.
fn add(inventory: &Inventory, expected: &Expected<'_>, role: &MappedRole) -> (Option<Location>, Vec<Op>) {
    let trust = trust_policy(expected.map, role, expected.by).unwrap_or_default();
    let rendered = RenderedRole { mapped: role.clone(), trust };
    for (source, file) in inventory.sources.iter().enumerate() {
        if file.get("/RoleDetailList").is_some_and(Value::is_array) {
            let op = append(&file.tree, "/RoleDetailList", account_role(&rendered));
            return (Some(Location { source, at: "/RoleDetailList".to_owned() }), vec![op]);
        }
        if file.get("/Resources").is_some() {
            let taken = |id: &str| file.get(&format!("/Resources/{id}")).is_some();
            let resources = template_role(&rendered, expected.limits, &taken);
            let ops =
                resources.into_iter().map(|(id, resource)| Op::Add(format!("/Resources/{id}"), resource));
            return (Some(Location { source, at: "/Resources".to_owned() }), ops.collect());
        }
    }
    (None, Vec::new())
}

fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}
