//! What IAM's API answers: `get-role`, `get-account-authorization-details`, `get-policy-version`.

use serde_json::Value;

use super::{Boundary, Inventory, Location, Role, Shape};
use crate::iam::source::{Embedding, Source};

pub(super) fn read(inventory: &mut Inventory, index: usize, mut source: Source) -> Source {
    let list = |key: &str, source: &Source| source.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    for number in 0..list("/RoleDetailList", &source) {
        inventory.roles.push(role(&mut source, index, format!("/RoleDetailList/{number}")));
    }
    for at in ["/Role", ""] {
        if source.get(&format!("{at}/AssumeRolePolicyDocument")).is_some() {
            inventory.roles.push(role(&mut source, index, at.to_owned()));
        }
    }
    for number in 0..list("/Policies", &source) {
        let Some(arn) = source.text(&format!("/Policies/{number}/Arn")).map(str::to_owned) else { continue };
        let versions = format!("/Policies/{number}/PolicyVersionList");
        let is_default = |version: &&usize| {
            source.get(&format!("{versions}/{version}/IsDefaultVersion")) == Some(&Value::Bool(true))
        };
        if let Some(version) = (0..list(&versions, &source)).collect::<Vec<_>>().iter().find(is_default) {
            let at = format!("{versions}/{version}/Document");
            source.open(&at, Embedding::Json);
            inventory.managed.insert(arn, Location { source: index, at });
        }
    }
    if source.get("/PolicyVersion/Document").is_some() {
        source.open("/PolicyVersion/Document", Embedding::Json);
        inventory.loose.push(Location { source: index, at: "/PolicyVersion/Document".to_owned() });
    }
    source
}

fn role(source: &mut Source, index: usize, at: String) -> Role {
    let trust = format!("{at}/AssumeRolePolicyDocument");
    source.open(&trust, Embedding::Json);
    let own = format!("{at}/RolePolicyList");
    let policies = source.get(&own).and_then(Value::as_array).map(Vec::len).map(|count| {
        let documents = (0..count).map(|number| format!("{own}/{number}/PolicyDocument"));
        documents
            .inspect(|at| source.open(at, Embedding::Json))
            .map(|at| Location { source: index, at })
            .collect()
    });
    let attached = source.get(&format!("{at}/AttachedManagedPolicies")).and_then(Value::as_array);
    let arns = attached.into_iter().flatten().filter_map(|one| one.get("PolicyArn")?.as_str());
    let boundary = source.text(&format!("{at}/PermissionsBoundary/PermissionsBoundaryArn"));
    Role {
        source: index,
        shape: Shape::Account,
        label: source.text(&format!("{at}/RoleName")).unwrap_or("the role").to_owned(),
        arn: source.text(&format!("{at}/Arn")).map(str::to_owned),
        is_name_made: false,
        trust,
        attached: arns.map(str::to_owned).collect(),
        // An answer without either list is one of those that show no permissions.
        policies: policies.or_else(|| attached.map(|_| Vec::new())),
        boundary: boundary.map_or(Boundary::Absent, |arn| Boundary::Is(arn.to_owned())),
        maximum: source.get(&format!("{at}/MaxSessionDuration")).and_then(Value::as_u64),
        at,
    }
}
