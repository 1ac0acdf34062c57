//! Terraform's JSON syntax, resources of the `aws` provider. References within the file are followed; others are not.

use serde_json::Value;

use super::{Boundary, Inventory, Location, Role, Shape};
use crate::iam::{
    document::child,
    source::{Embedding, Source},
    template::Setting,
};

/// What a role has where it says nothing.
const DEFAULT_MAXIMUM: u64 = 3600;

pub(super) fn read(inventory: &mut Inventory, index: usize, mut source: Source, setting: &Setting) -> Source {
    for id in names(&source, "aws_iam_policy") {
        let at = child(&place("aws_iam_policy", &id), "policy");
        source.open(&at, Embedding::Terraform);
        inventory.managed.insert(format!("${{aws_iam_policy.{id}.arn}}"), Location { source: index, at });
    }
    for id in names(&source, "aws_iam_role") {
        let role = role(&mut source, index, id, setting);
        inventory.roles.push(role);
    }
    source
}

fn place(kind: &str, id: &str) -> String {
    child(&child("/resource", kind), id)
}

fn names(source: &Source, kind: &str) -> Vec<String> {
    let resources = source.get(&child("/resource", kind)).and_then(Value::as_object);
    resources.into_iter().flatten().map(|(id, _)| id.clone()).collect()
}

fn role(source: &mut Source, index: usize, id: String, setting: &Setting) -> Role {
    let at = place("aws_iam_role", &id);
    let trust = child(&at, "assume_role_policy");
    source.open(&trust, Embedding::Terraform);
    let text = |key: &str| source.text(&child(&at, key)).map(str::to_owned);
    let (name, path) = (text("name"), text("path").unwrap_or_else(|| "/".to_owned()));
    let boundary = text("permissions_boundary");
    let names = [format!("${{aws_iam_role.{id}.name}}"), name.clone().unwrap_or_default()];
    let is_own = |source: &Source, at: &str| {
        source.text(&child(at, "role")).is_some_and(|it| names.contains(&it.to_owned()))
    };
    let mut policies = Vec::new();
    for own in self::names(source, "aws_iam_role_policy") {
        let beside = place("aws_iam_role_policy", &own);
        if is_own(source, &beside) {
            let at = child(&beside, "policy");
            source.open(&at, Embedding::Terraform);
            policies.push(Location { source: index, at });
        }
    }
    let attachments = self::names(source, "aws_iam_role_policy_attachment");
    let attachments = attachments.iter().map(|one| place("aws_iam_role_policy_attachment", one));
    let arns =
        attachments.filter(|at| is_own(source, at)).filter_map(|at| source.text(&child(&at, "policy_arn")));
    let attached = arns.map(str::to_owned).collect();
    Role {
        source: index,
        shape: Shape::Terraform(id.clone()),
        arn: name
            .as_ref()
            .map(|name| format!("arn:{}:iam::{}:role{path}{name}", setting.partition, setting.account)),
        is_name_made: false,
        trust,
        policies: Some(policies),
        attached,
        boundary: boundary.map_or(Boundary::Absent, Boundary::Is),
        maximum: Some(
            source
                .get(&child(&at, "max_session_duration"))
                .and_then(Value::as_u64)
                .unwrap_or(DEFAULT_MAXIMUM),
        ),
        label: id,
        at,
    }
}
