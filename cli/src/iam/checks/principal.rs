//! Whom a statement of a trust policy names.

use serde_json::Value;

use super::{Subject, is_same, trust::first_statement};
use crate::iam::{
    finding::Findings,
    inventory::Shape,
    map::Exchange,
    patch::Op,
    policy::{Statement, texts},
    template::is_unresolved,
    trust::{assumption, principal, provider_arn},
};

/// Whether the statement trusts others than it should, so that its conditions say nothing about tokens.
pub(super) fn check(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    is_assumption: bool,
    allowing: &[Statement<'_>],
    findings: &mut Findings,
) -> bool {
    let at = format!("{}/Principal", statement.at);
    let named = principals(statement);
    let expected = principal(subject.expected.map, subject.mapped).unwrap_or_default();
    let mend = || vec![Op::Replace(at.clone(), expected.clone())];
    if let Some((kind, _)) = named.iter().find(|(_, who)| who.contains('*')) {
        let problem = format!("the principal of kind {kind} has a wildcard: it trusts whoever comes");
        findings.add(subject.finding("principal-wildcard", &at, problem, "name the one principal", mend()));
        return false;
    }
    let (own_kind, own) = match &subject.expected.map.exchange {
        Exchange::WebIdentity => ("Federated", provider_arn(subject.expected.map, subject.mapped)),
        Exchange::AssumeRole(gateway) => ("AWS", gateway.clone().unwrap_or_default()),
    };
    // The function's role may be one of the same template.
    let is_template = subject.role.shape == Shape::Template && own_kind == "AWS";
    let mut trusts_others = false;
    for (kind, who) in named {
        if is_unresolved(who) {
            findings.note(format!("{}: the principal {who} was not judged", subject.role.label));
        } else if kind == own_kind && !is_same(&own, who, is_template) {
            let (id, problem, remedy) = other(subject, who);
            findings.add(subject.finding(id, &at, problem, remedy, mend()));
        } else if kind != own_kind && is_assumption {
            trusts_others = true;
            let is_needed = !allowing
                .iter()
                .any(|one| one.at != statement.at && one.names_action(assumption(subject.expected.map)));
            let op = if is_needed {
                Op::Replace(statement.at.clone(), first_statement(subject))
            } else {
                Op::Remove(statement.at.clone())
            };
            let problem =
                format!("trusts {who}, which needs no {own_kind} principal: wider than the role map");
            findings.add(subject.finding("principal-other", &at, problem, "take it out", vec![op]));
        }
    }
    trusts_others
}

/// Whether the statement is for the one whom the role is to trust, or for everybody.
pub(super) fn includes(statement: &Statement<'_>, subject: &Subject<'_>) -> bool {
    let expected = principal(subject.expected.map, subject.mapped).unwrap_or_default();
    let own: Vec<&str> =
        expected.as_object().into_iter().flat_map(|kinds| kinds.values()).flat_map(texts).collect();
    // One that is to be mended counts as mended: otherwise one mistake would be told twice.
    principals(statement).iter().any(|(kind, who)| {
        own.contains(who) || who.contains('*') || is_unresolved(who) || expected.get(kind).is_some()
    })
}

fn principals<'a>(statement: &Statement<'a>) -> Vec<(&'a str, &'a str)> {
    match statement.get("Principal") {
        Some(Value::Object(kinds)) => kinds
            .iter()
            .flat_map(|(kind, who)| texts(who).into_iter().map(|who| (kind.as_str(), who)))
            .collect(),
        Some(Value::String(everybody)) => vec![("*", everybody)],
        _ => Vec::new(),
    }
}

/// How a principal of the right kind differs from the right one.
fn other(subject: &Subject<'_>, who: &str) -> (&'static str, String, &'static str) {
    let map = subject.expected.map;
    if map.exchange != Exchange::WebIdentity {
        let is_account = who.ends_with(":root") || who.bytes().all(|byte| byte.is_ascii_digit());
        return if is_account {
            (
                "principal-account",
                format!("trusts {who}, every principal of that account"),
                "name the function's role",
            )
        } else {
            (
                "principal-other",
                format!("trusts {who} instead of the function's role"),
                "name the function's role",
            )
        };
    }
    let path = who.split_once("oidc-provider/").map(|(_, path)| path);
    if path == Some(map.issuer_path()) {
        let problem = format!("{who} is in another account; STS looks for the provider in the role's");
        ("provider-account", problem, "name the provider of the role's own account")
    } else {
        let problem = format!("{who} is not the provider of {}", map.issuer);
        let remedy = "name the provider by the issuer without https://, path and trailing slash as in iss";
        ("provider-other", problem, remedy)
    }
}
