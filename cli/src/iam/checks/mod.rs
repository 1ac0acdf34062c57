//! Documents against the role map. Each check compares what is written; none evaluates a policy, and what would need that
//! is noted instead.

mod actions;
mod audience;
mod boundary;
mod duration;
mod guardrail;
mod missing;
mod people;
mod principal;
mod trust;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    finding::{Finding, Findings},
    inventory::{Inventory, Location, Role, Shape},
    limits::Limits,
    map::{MappedRole, RoleMap},
    patch::Op,
    source::Source,
    trust::TrustBy,
};
use crate::failure::Failure;

/// What documents are compared with.
pub struct Expected<'a> {
    /// The role map.
    pub map: &'a RoleMap,
    /// What backs a mapping that STS cannot see, in patches.
    pub by: &'a TrustBy,
    /// The shipped limits.
    pub limits: &'a Limits,
    /// The role that a trust policy without a name belongs to: its ARN or its name.
    pub named: Option<&'a str>,
}

/// One role of the map as a file has it.
pub(super) struct Subject<'a> {
    pub expected: &'a Expected<'a>,
    pub inventory: &'a Inventory,
    pub role: &'a Role,
    pub mapped: &'a MappedRole,
    pub source: &'a Source,
}

/// Everything that is wrong with the roles of the map.
///
/// # Errors
/// [`Failure::Unusable`] for a trust policy of which nobody can tell whose it is.
pub fn check(inventory: &Inventory, expected: &Expected<'_>) -> Result<Findings, Failure> {
    let mut findings = Findings::default();
    let mut described = BTreeSet::new();
    for role in &inventory.roles {
        let Some(source) = inventory.source(role.source) else { continue };
        let Some(mapped) = mapped(role, expected, source)? else { continue };
        described.insert(mapped.arn.as_str());
        let subject = Subject { expected, inventory, role, mapped, source };
        trust::check(&subject, &mut findings);
        if role.shape == Shape::Trust {
            findings.note(format!(
                "{}: a trust policy alone: permissions, boundary and duration were not judged",
                source.document.file
            ));
            continue;
        }
        duration::check(&subject, &mut findings);
        boundary::check(&subject, &mut findings);
        guardrail::check(&subject, &mut findings);
        actions::check(&subject, &mut findings);
    }
    for location in &inventory.loose {
        guardrail::check_alone(inventory, location, expected.limits, &mut findings);
        actions::check_policy(inventory, location, "the policy", &mut findings);
    }
    missing::check(inventory, expected, &described, &mut findings);
    Ok(findings)
}

/// The role of the map that a file's role is, if it is one.
fn mapped<'a>(
    role: &Role,
    expected: &Expected<'a>,
    source: &Source,
) -> Result<Option<&'a MappedRole>, Failure> {
    let roles = &expected.map.roles;
    let found = match &role.arn {
        Some(arn) => roles.iter().find(|mapped| is_same(mapped.arn.as_str(), arn, role.is_name_made)),
        None if role.shape == Shape::Trust => {
            let name = expected.named.unwrap_or(&role.label);
            let by_name =
                roles.iter().find(|mapped| mapped.arn.as_str() == name || mapped.arn.name() == name);
            Some(by_name.or_else(|| only(roles)).ok_or_else(|| unnamed(source, roles))?)
        }
        None => None,
    };
    Ok(found)
}

/// Whether the ARN that a file shows is that of a role. Where CloudFormation makes the name, of the stack's name, the
/// logical id and something random, the file has the logical id in its place.
fn is_same(own: &str, shown: &str, is_name_made: bool) -> bool {
    match (own.rsplit_once('/'), shown.rsplit_once('/')) {
        (Some((own_path, name)), Some((path, id))) if is_name_made => {
            own_path == path && (name == id || name.contains(&format!("-{id}-")))
        }
        _ => own == shown,
    }
}

fn only(roles: &[MappedRole]) -> Option<&MappedRole> {
    roles.first().filter(|_| roles.len() == 1)
}

fn unnamed(source: &Source, roles: &[MappedRole]) -> Failure {
    let names: Vec<_> = roles.iter().map(|role| role.arn.as_str()).collect();
    Failure::Unusable {
        path: (&source.document.file).into(),
        problem: "a trust policy does not tell whose it is".to_owned(),
        remedy: format!("name the file after its role or give --role: {}", names.join(", ")),
    }
}

impl Subject<'_> {
    /// The tree of the role's file.
    fn tree(&self) -> &Value {
        &self.source.tree
    }

    /// A fault of this role in its own file.
    fn finding(&self, id: &'static str, at: &str, problem: String, remedy: &str, ops: Vec<Op>) -> Finding {
        Finding {
            id,
            role: self.role.label.clone(),
            place: Some(Location { source: self.role.source, at: at.to_owned() }),
            problem,
            remedy: remedy.to_owned(),
            ops,
        }
    }
}
