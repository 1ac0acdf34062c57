//! Who may have the role.

use serde_json::Value;

use super::{Subject, audience, people, principal};
use crate::iam::{
    finding::Findings,
    map::Exchange,
    patch::{Op, append, put},
    policy::{Statement, statements},
    trust::{assumption, principal as expected_principal, trust_policy},
};

const ASSUMPTIONS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.source.text(&subject.role.trust).is_some() {
        // A reference to elsewhere, or a text that is no JSON.
        findings.note(format!(
            "{}: the file does not show its trust policy itself, so it was not judged",
            subject.role.label
        ));
        return;
    }
    let before = findings.found.len();
    let (tree, map) = (subject.tree(), subject.expected.map);
    let (allowing, denying): (Vec<_>, Vec<_>) =
        statements(tree, &subject.role.trust).into_iter().partition(Statement::allows);
    if !denying.is_empty() {
        findings.note(format!(
            "{}: the trust policy denies, too; what that takes away was not judged",
            subject.role.label
        ));
    }
    for statement in &allowing {
        if statement.has_any(&["NotPrincipal", "NotAction"]) {
            let problem = "allows all but what it names".to_owned();
            findings.add(subject.finding(
                "trust-inverted",
                &statement.at,
                problem,
                "name whom and what it allows",
                vec![Op::Replace(statement.at.clone(), first_statement(subject))],
            ));
            continue;
        }
        let is_assumption = ASSUMPTIONS.iter().any(|action| statement.names_action(action));
        let trusts_others = principal::check(subject, statement, is_assumption, &allowing, findings);
        if is_assumption {
            check_actions(subject, statement, findings);
        }
        let is_by_token = map.exchange == Exchange::WebIdentity && statement.names_action(assumption(map));
        if is_by_token && !trusts_others && !audience::has_foreign_keys(subject, statement, findings) {
            audience::check(subject, statement, findings);
            people::check(subject, statement, findings);
        }
    }
    if findings.found.len() == before && !allowing.iter().any(|it| it.names_action(assumption(map))) {
        exchange(subject, findings);
    }
    check_session_permissions(subject, &allowing, findings);
}

fn exchange(subject: &Subject<'_>, findings: &mut Findings) {
    let action = assumption(subject.expected.map);
    findings.add(subject.finding(
        "exchange-other",
        &subject.role.trust,
        format!("nobody may call {action}, which is how the gateway gets a session of it"),
        "trust as awsSts.exchange says",
        vec![put(subject.tree(), &subject.role.trust, whole(subject))],
    ));
}

fn check_actions(subject: &Subject<'_>, statement: &Statement<'_>, findings: &mut Findings) {
    let Some(wild) = statement.texts("Action").into_iter().find(|action| action.contains(['*', '?'])) else {
        return;
    };
    let action = assumption(subject.expected.map);
    findings.add(subject.finding(
        "action-wildcard",
        &format!("{}/Action", statement.at),
        format!("{wild} allows other ways to a session than {action}"),
        "name the actions",
        vec![Op::Replace(
            format!("{}/Action", statement.at),
            Value::from(vec![action, "sts:TagSession", "sts:SetSourceIdentity"]),
        )],
    ));
}

fn check_session_permissions(subject: &Subject<'_>, allowing: &[Statement<'_>], findings: &mut Findings) {
    let needed = [
        (
            "tag-session-missing",
            "sts:TagSession",
            "TagsOfThatSession",
            "a token with session tags is refused whole",
        ),
        (
            "source-identity-missing",
            "sts:SetSourceIdentity",
            "SourceIdentityOfThatSession",
            "a call with a source identity is refused whole",
        ),
    ];
    for (id, action, sid, consequence) in needed {
        let is_allowed = allowing
            .iter()
            .any(|statement| statement.names_action(action) && principal::includes(statement, subject));
        if !is_allowed {
            let statement = serde_json::json!({
                "Sid": sid,
                "Effect": "Allow",
                "Principal": expected_principal(subject.expected.map, subject.mapped),
                "Action": action,
            });
            let list = format!("{}/Statement", subject.role.trust);
            findings.add(subject.finding(
                id,
                &list,
                format!("{action} is not allowed: {consequence}"),
                "allow it to the same principal in a statement of its own",
                vec![append(subject.tree(), &list, statement)],
            ));
        }
    }
}

/// The trust policy that the map asks for.
pub(super) fn whole(subject: &Subject<'_>) -> Value {
    trust_policy(subject.expected.map, subject.mapped, subject.expected.by).unwrap_or_default()
}

/// The statement of it that gives a session.
pub(super) fn first_statement(subject: &Subject<'_>) -> Value {
    whole(subject).pointer("/Statement/0").cloned().unwrap_or_default()
}
