//! Whether the role has a boundary, and one that denies what the shipped one does.

use serde_json::{Value, json};

use super::Subject;
use crate::iam::{
    document::child,
    finding::{Finding, Findings},
    inventory::{Boundary, Location, Shape},
    patch::{Op, append},
    policy::{Statement, is_like, statements},
    rendered::{BOUNDARY, BOUNDARY_IS, PATH, policy_arn},
    template::is_unresolved,
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    match &subject.role.boundary {
        Boundary::NotShown => {}
        Boundary::Absent => findings.add(subject.finding(
            "boundary-missing",
            &subject.role.at,
            "has no permissions boundary".to_owned(),
            "set the boundary McpBoundary",
            set(subject),
        )),
        Boundary::Is(arn) => match subject.inventory.managed.get(arn) {
            Some(location) => {
                let tree = subject.inventory.tree(location.source);
                let lost = lost(subject, &statements(tree, &location.at));
                if !lost.is_empty() {
                    findings.add(weaker(subject, tree, location, &lost));
                }
            }
            None if is_unresolved(arn) => {
                findings.note(format!("{}: the boundary {arn} was not judged", subject.role.label));
            }
            None => findings.note(format!(
                "{}: no file shows the boundary {arn}, so it was not judged",
                subject.role.label
            )),
        },
    }
}

fn weaker(subject: &Subject<'_>, tree: &Value, location: &Location, lost: &[&Value]) -> Finding {
    let sids: Vec<_> = lost.iter().filter_map(|it| it.get("Sid")?.as_str()).collect();
    let list = child(&location.at, "Statement");
    Finding {
        id: "boundary-weaker",
        role: subject.role.label.clone(),
        place: Some(location.clone()),
        problem: format!("the boundary denies less than the shipped one: {}", sids.join(", ")),
        remedy: "add these statements of it".to_owned(),
        ops: lost.iter().map(|statement| append(tree, &list, (*statement).clone())).collect(),
    }
}

/// The statements of the shipped boundary that this one does not make up for.
fn lost<'a>(subject: &Subject<'a>, own: &[Statement<'_>]) -> Vec<&'a Value> {
    let shipped = subject.expected.limits.boundary.get("Statement").and_then(Value::as_array);
    let denied: Vec<&str> = own
        .iter()
        .filter(|it| !it.allows() && it.texts("Resource") == ["*"] && it.get("Condition").is_none())
        .flat_map(|it| it.texts("Action"))
        .collect();
    let is_denied = |action: &str| {
        denied.iter().any(|pattern| is_like(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()))
    };
    let is_lost = |statement: &&Value| {
        let is_deny = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
        let actions = statement.get("Action").map(crate::iam::policy::texts).unwrap_or_default();
        is_deny && actions.iter().any(|action| !is_denied(action))
    };
    shipped.into_iter().flatten().filter(is_lost).collect()
}

fn set(subject: &Subject<'_>) -> Vec<Op> {
    let at = &subject.role.at;
    let arn = &subject.mapped.arn;
    let own = policy_arn(arn.partition(), arn.account(), BOUNDARY);
    let boundary = &subject.expected.limits.boundary;
    match &subject.role.shape {
        Shape::Account => vec![Op::Add(
            child(at, "PermissionsBoundary"),
            json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": own }),
        )],
        Shape::Template => {
            let resource = format!("/Resources/{BOUNDARY}");
            let properties = json!({ "Description": BOUNDARY_IS, "Path": PATH, "PolicyDocument": boundary });
            let add = Op::Add(
                resource.clone(),
                json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": properties }),
            );
            let is_there = subject.tree().pointer(&resource).is_some();
            let set = Op::Add(child(at, "PermissionsBoundary"), json!({ "Ref": BOUNDARY }));
            Vec::from_iter((!is_there).then_some(add).into_iter().chain([set]))
        }
        Shape::Terraform(_) => vec![Op::Add(child(at, "permissions_boundary"), Value::from(own))],
        Shape::Trust => Vec::new(),
    }
}
