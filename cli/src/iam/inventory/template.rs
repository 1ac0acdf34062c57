//! A CloudFormation template whose functions have been resolved.

use serde_json::Value;

use super::{Boundary, Inventory, Location, Role, Shape};
use crate::iam::{
    document::child,
    policy::{statements, texts},
    source::{Embedding, Source},
    template::Setting,
};

/// What a role has where it says nothing (CloudFormation, AWS::IAM::Role).
const DEFAULT_MAXIMUM: u64 = 3600;

pub(super) fn read(inventory: &mut Inventory, index: usize, mut source: Source, setting: &Setting) -> Source {
    let resources = source.get("/Resources").and_then(Value::as_object);
    let kinds: Vec<(String, String)> = resources
        .into_iter()
        .flatten()
        .filter_map(|(id, resource)| Some((id.clone(), resource.get("Type")?.as_str()?.to_owned())))
        .collect();
    let mut beside = Vec::new();
    for (id, kind) in &kinds {
        let at = child(&child("/Resources", id), "Properties");
        match kind.as_str() {
            "AWS::IAM::Role" if !is_of_a_service(&mut source, &at) => {
                let role = role(&mut source, index, id, at, setting);
                inventory.roles.push(role);
            }
            "AWS::IAM::ManagedPolicy" | "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => {
                let document = format!("{at}/PolicyDocument");
                source.open(&document, Embedding::Json);
                let location = Location { source: index, at: document };
                if kind == "AWS::IAM::ManagedPolicy" {
                    let arn = arn(&source, "policy", &at, "ManagedPolicyName", id, setting);
                    inventory.managed.insert(arn, location.clone());
                }
                let roles =
                    source.get(&format!("{at}/Roles")).or_else(|| source.get(&format!("{at}/RoleName")));
                beside.push((
                    location,
                    roles.map(texts).unwrap_or_default().into_iter().map(str::to_owned).collect(),
                ));
            }
            _ => {}
        }
    }
    attach(inventory, index, &beside);
    source
}

/// Policies that name roles, instead of being named by them.
fn attach(inventory: &mut Inventory, index: usize, beside: &[(Location, Vec<String>)]) {
    for role in inventory.roles.iter_mut().filter(|role| role.source == index) {
        let name = role.arn.as_deref().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default().to_owned();
        let named = beside.iter().filter(|(_, roles)| roles.contains(&name));
        role.policies.get_or_insert_default().extend(named.map(|(location, _)| location.clone()));
    }
}

/// Whether only services of AWS may assume it: no user ever gets such a role.
fn is_of_a_service(source: &mut Source, at: &str) -> bool {
    let trust = format!("{at}/AssumeRolePolicyDocument");
    source.open(&trust, Embedding::Json);
    let statements = statements(&source.tree, &trust);
    let is_service = |principal: Option<&Value>| {
        principal.and_then(Value::as_object).is_some_and(|kinds| kinds.keys().all(|kind| kind == "Service"))
    };
    !statements.is_empty() && statements.iter().all(|statement| is_service(statement.get("Principal")))
}

fn arn(source: &Source, kind: &str, at: &str, name_key: &str, id: &str, setting: &Setting) -> String {
    let name = source.text(&format!("{at}/{name_key}")).unwrap_or(id);
    let path = source.text(&format!("{at}/Path")).unwrap_or("/");
    format!("arn:{}:iam::{}:{kind}{path}{name}", setting.partition, setting.account)
}

fn role(source: &mut Source, index: usize, id: &str, at: String, setting: &Setting) -> Role {
    let own = format!("{at}/Policies");
    let count = source.get(&own).and_then(Value::as_array).map_or(0, Vec::len);
    let documents = (0..count).map(|number| format!("{own}/{number}/PolicyDocument"));
    let policies = documents
        .inspect(|at| source.open(at, Embedding::Json))
        .map(|at| Location { source: index, at })
        .collect();
    let attached = source.get(&format!("{at}/ManagedPolicyArns")).map(texts).unwrap_or_default();
    let boundary = source.text(&format!("{at}/PermissionsBoundary"));
    let maximum = source.get(&format!("{at}/MaxSessionDuration"));
    Role {
        source: index,
        shape: Shape::Template,
        label: id.to_owned(),
        arn: Some(arn(source, "role", &at, "RoleName", id, setting)),
        is_name_made: source.text(&format!("{at}/RoleName")).is_none(),
        trust: format!("{at}/AssumeRolePolicyDocument"),
        policies: Some(policies),
        attached: attached.into_iter().map(str::to_owned).collect(),
        boundary: boundary.map_or(Boundary::Absent, |arn| Boundary::Is(arn.to_owned())),
        maximum: Some(maximum.map_or(DEFAULT_MAXIMUM, |seconds| {
            seconds.as_u64().or_else(|| seconds.as_str()?.parse().ok()).unwrap_or(DEFAULT_MAXIMUM)
        })),
        at,
    }
}
