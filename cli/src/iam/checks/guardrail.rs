//! Whether what the role may do is limited to calls through the AWS MCP Server.

use serde_json::{Value, json};

use super::Subject;
use crate::iam::{
    document::child,
    finding::{Finding, Findings},
    inventory::{Boundary, Inventory, Location, Role, Shape},
    limits::Limits,
    patch::{Op, append},
    policy::{Statement, statements},
    rendered::GUARDRAIL,
};

const KEY: &str = "aws:viaawsmcpservice";
const SECOND_HOP: &str = "aws:viaawsservice";
const SERVER: &str = "aws:calledviaawsmcp";
const OUR_SERVER: &str = "aws-mcp.amazonaws.com";

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let (role, inventory) = (subject.role, subject.inventory);
    let Some(own) = &role.policies else {
        findings.note(format!(
            "{}: the file does not show its permissions, so its guardrail was not judged",
            role.label
        ));
        return;
    };
    let bounding = match &role.boundary {
        Boundary::Is(arn) => Some(arn),
        _ => None,
    };
    let arns = role.attached.iter().chain(bounding);
    let known: Vec<_> = own.iter().chain(arns.filter_map(|arn| inventory.managed.get(arn))).collect();
    let candidates: Vec<_> = known.iter().copied().filter(|it| mentions(inventory, it)).collect();
    match (candidates.as_slice(), unread(inventory, role, &known)) {
        ([], Some(policy)) => {
            findings.note(format!(
                "{}: no file shows the policy {policy}, so the guardrail was not judged",
                role.label
            ));
        }
        ([], None) => findings.add(
            subject.finding(
                "guardrail-missing",
                &role.at,
                "its credentials work without the AWS MCP Server: no policy denies by aws:ViaAWSMCPService"
                    .to_owned(),
                "attach the guardrail",
                attach(subject),
            ),
        ),
        (all, _) => {
            if !is_whole(inventory, &known) {
                for location in all {
                    check_policy(inventory, location, &role.label, subject.expected.limits, findings);
                }
            }
        }
    }
}

/// A policy that no role is shown to have.
pub(super) fn check_alone(
    inventory: &Inventory,
    location: &Location,
    limits: &Limits,
    findings: &mut Findings,
) {
    if mentions(inventory, location) {
        check_policy(inventory, location, "the policy", limits, findings);
    }
}

/// A policy of AWS's own has no such statement.
fn is_of_aws(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/")
}

fn mentions(inventory: &Inventory, location: &Location) -> bool {
    let statements = statements(inventory.tree(location.source), &location.at);
    statements.iter().any(|statement| statement.tests().iter().any(|test| test.key == KEY))
}

/// A policy whose document no file has.
fn unread<'a>(inventory: &Inventory, role: &'a Role, known: &[&'a Location]) -> Option<&'a String> {
    let is_text =
        |it: &Location| inventory.source(it.source).is_some_and(|source| source.text(&it.at).is_some());
    let elsewhere = known.iter().find(|it| is_text(it)).map(|it| &it.at);
    let is_unknown = |arn: &&String| !inventory.managed.contains_key(*arn) && !is_of_aws(arn);
    elsewhere.or_else(|| role.attached.iter().find(is_unknown))
}

/// Whether the policies together are a guardrail.
fn is_whole(inventory: &Inventory, policies: &[&Location]) -> bool {
    let all: Vec<_> = policies.iter().flat_map(|it| statements(inventory.tree(it.source), &it.at)).collect();
    all.iter().any(|it| about(it, KEY) && fault(it).is_none()) && all.iter().any(keeps_others_out)
}

fn about(statement: &Statement<'_>, key: &str) -> bool {
    statement.tests().iter().any(|test| test.key == key)
}

/// Whether calls through another MCP server of AWS are denied.
fn keeps_others_out(statement: &Statement<'_>) -> bool {
    let names_ours = |values: &[String]| values == [OUR_SERVER];
    !statement.allows()
        && statement.is_about_everything()
        && statement.tests().iter().all(|test| test.key == SERVER)
        && statement.tests().iter().any(|test| test.operator == "stringnotequals" && names_ours(&test.values))
}

fn check_policy(
    inventory: &Inventory,
    location: &Location,
    role: &str,
    limits: &Limits,
    findings: &mut Findings,
) {
    let tree = inventory.tree(location.source);
    let all = statements(tree, &location.at);
    let shipped =
        |number: &str| limits.guardrail.pointer(&format!("/Statement/{number}")).cloned().unwrap_or_default();
    let mut add = |id, at: String, problem: &str, ops| {
        findings.add(Finding {
            id,
            role: role.to_owned(),
            place: Some(Location { source: location.source, at }),
            problem: problem.to_owned(),
            remedy: "write the guardrail as it is shipped".to_owned(),
            ops,
        });
    };
    let about: Vec<_> = all.iter().filter(|statement| about(statement, KEY)).collect();
    if about.iter().all(|statement| fault(statement).is_some()) {
        for statement in about {
            if let Some((id, problem)) = fault(statement) {
                add(id, statement.at.clone(), problem, vec![Op::Replace(statement.at.clone(), shipped("0"))]);
            }
        }
    } else if !all.iter().any(keeps_others_out) {
        let list = child(&location.at, "Statement");
        let problem =
            "lets calls through other MCP servers of AWS pass: nothing denies by aws:CalledViaAWSMCP";
        add("guardrail-other-servers", list.clone(), problem, vec![append(tree, &list, shipped("1"))]);
    }
}

/// What keeps a statement on `aws:ViaAWSMCPService` from denying every direct call, and nothing else.
fn fault(statement: &Statement<'_>) -> Option<(&'static str, &'static str)> {
    let tests = statement.tests();
    let of = |key: &str| tests.iter().find(|test| test.key == key && test.operator == "bool");
    let via = of(KEY);
    let is_false = |key: &str| of(key).is_some_and(|test| test.values == ["false"]);
    let has_null = tests.iter().any(|test| test.operator == "null" && test.key == KEY);
    Some(if statement.allows() {
        ("guardrail-allow", "allows by aws:ViaAWSMCPService, which takes nothing away from other permissions")
    } else if has_null {
        (
            "guardrail-null-bool",
            "Null beside Bool lets direct calls pass in which AWS leaves aws:ViaAWSMCPService out",
        )
    } else if !is_false(KEY) {
        ("guardrail-value", "does not deny where aws:ViaAWSMCPService is false")
    } else if !via.is_some_and(|test| test.holds_without) {
        ("guardrail-bool", "Bool lets direct calls pass in which AWS leaves aws:ViaAWSMCPService out")
    } else if !statement.is_about_everything() {
        ("guardrail-narrowed", "denies some actions or resources only")
    } else if of(SECOND_HOP).is_none() {
        (
            "guardrail-second-hop",
            "denies what a service does that the AWS MCP Server called: aws:ViaAWSService is not asked for",
        )
    } else if !is_false(SECOND_HOP) || tests.len() > 2 {
        ("guardrail-narrowed", "has further conditions, which let direct calls pass")
    } else {
        return None;
    })
}

fn attach(subject: &Subject<'_>) -> Vec<Op> {
    let (tree, at) = (subject.tree(), &subject.role.at);
    let guardrail = &subject.expected.limits.guardrail;
    let inline = json!({ "PolicyName": GUARDRAIL, "PolicyDocument": guardrail });
    match &subject.role.shape {
        Shape::Account => vec![append(tree, &child(at, "RolePolicyList"), inline)],
        Shape::Template => vec![append(tree, &child(at, "Policies"), inline)],
        Shape::Terraform(id) => {
            let policy = json!({
                "name": GUARDRAIL,
                "role": format!("${{aws_iam_role.{id}.name}}"),
                "policy": guardrail.to_string(),
            });
            let (list, name) = ("/resource/aws_iam_role_policy", format!("{id}_guardrail"));
            let op = if tree.pointer(list).is_some() {
                Op::Add(child(list, &name), policy)
            } else {
                Op::Add(list.to_owned(), Value::from_iter([(name, policy)]))
            };
            vec![op]
        }
        Shape::Trust => Vec::new(),
    }
}
