//! Actions that no longer exist.

use serde_json::{Value, json};

use super::Subject;
use crate::iam::{
    document::child,
    finding::{Finding, Findings},
    inventory::{Inventory, Location},
    patch::Op,
    policy::statements,
};

/// The service that authorizes nothing any more: IAM decides at the service that is called.
const PREFIX: &str = "aws-mcp:";

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let inventory = subject.inventory;
    let own = subject.role.policies.iter().flatten();
    let attached = subject.role.attached.iter().filter_map(|arn| inventory.managed.get(arn));
    for location in own.chain(attached) {
        check_policy(inventory, location, &subject.role.label, findings);
    }
}

pub(super) fn check_policy(inventory: &Inventory, location: &Location, role: &str, findings: &mut Findings) {
    let tree = inventory.tree(location.source);
    let all = statements(tree, &location.at);
    for statement in &all {
        for key in ["Action", "NotAction"] {
            let (gone, left): (Vec<&str>, Vec<&str>) = statement
                .texts(key)
                .into_iter()
                .partition(|action| action.to_ascii_lowercase().starts_with(PREFIX));
            let Some(first) = gone.first() else { continue };
            let at = child(&statement.at, key);
            let op = match (left.is_empty(), all.len(), location.at.strip_suffix("/PolicyDocument")) {
                (false, ..) => Op::Replace(at.clone(), json!(left)),
                (true, 1, Some(inline)) if tree.pointer(inline).is_some_and(is_inline) => {
                    Op::Remove(inline.to_owned())
                }
                (true, 1, _) => Op::Replace(child(&location.at, "Statement"), json!([])),
                (true, ..) => Op::Remove(statement.at.clone()),
            };
            findings.add(Finding {
                id: "legacy-action",
                role: role.to_owned(),
                place: Some(Location { source: location.source, at }),
                problem: format!(
                    "{first} is no action any more: the AWS MCP Server authorizes nothing itself"
                ),
                remedy: "take it out; what a role may do is decided at the service that is called".to_owned(),
                ops: vec![op],
            });
        }
    }
}

/// Whether it is an entry of a role's own policies, which may go as a whole.
fn is_inline(entry: &Value) -> bool {
    entry.get("PolicyName").is_some() && entry.get("Roles").is_none()
}
