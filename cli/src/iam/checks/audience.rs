//! For which audience a trust policy takes tokens, and whether its condition keys are the issuer's.

use serde_json::Value;

use super::{Subject, trust::first_statement};
use crate::iam::{
    document::child,
    finding::Findings,
    patch::{Op, put},
    policy::{Statement, Test, alone_or_whole},
    trust::one_or_many,
};

/// What STS offers of a token (IAM User Guide, keys for web identity federation).
const CLAIMS: [&str; 5] = ["aud", "sub", "amr", "email", "oaud"];
/// What stands before the colon in keys that are not an identity provider's.
const SERVICES: [&str; 3] = ["aws", "sts", "iam"];

pub(super) fn check(subject: &Subject<'_>, statement: &Statement<'_>, findings: &mut Findings) {
    let tests = statement.tests();
    let key = format!("{}:aud", subject.expected.map.issuer_path());
    let compares = |test: &&Test<'_>| {
        test.key == key.to_ascii_lowercase()
            && matches!(&*test.operator, "stringequals" | "stringequalsignorecase" | "stringlike")
    };
    match tests.iter().find(compares) {
        None => findings.add(subject.finding(
            "audience-missing",
            &statement.at,
            format!("takes tokens for any audience of the identity provider: no condition on {key}"),
            "ask for the audience",
            set(subject, statement, None),
        )),
        Some(test) => check_values(subject, statement, test, findings),
    }
}

fn check_values(subject: &Subject<'_>, statement: &Statement<'_>, test: &Test<'_>, findings: &mut Findings) {
    let map = subject.expected.map;
    let is_ours = |value: &&String| map.audiences.contains(value);
    let of_tokens = |value: &String| map.token_audiences.contains(value);
    let foreign = test.values.iter().find(|value| !is_ours(value));
    let wanted = map.audiences.join(", ");
    let found = if test.holds_without {
        Some(("trust-if-exists", format!("{} holds for a token without the claim, too", test.written)))
    } else if test.operator == "stringlike" && test.values.iter().any(|value| value.contains(['*', '?'])) {
        Some(("audience-wildcard", "the audience has a wildcard".to_owned()))
    } else {
        foreign.map(|foreign| {
            if test.values.iter().any(|value| is_ours(&value)) {
                ("audience-wider", format!("takes tokens for {foreign}, too; the configuration asks for {wanted}"))
            } else if of_tokens(foreign) {
                ("audience-azp", format!("asks for {foreign}, but these tokens carry azp, which STS takes for the audience: {wanted}"))
            } else {
                ("audience-other", format!("asks for {foreign}; the configuration says {wanted}"))
            }
        })
    };
    if let Some((id, problem)) = found {
        let remedy = "ask for the audience that STS sees: the token's azp (--client-id) where it has one, else its aud";
        findings.add(subject.finding(id, &test.at, problem, remedy, set(subject, statement, Some(test))));
    }
}

/// Whether keys were found that make no sense, so that the rest of the conditions need not be judged.
pub(super) fn has_foreign_keys(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    findings: &mut Findings,
) -> bool {
    let issuer = subject.expected.map.issuer_path();
    for test in &statement.tests() {
        let Some((of, claim)) = test.written.rsplit_once(':') else { continue };
        if SERVICES.contains(&of.to_ascii_lowercase().as_str()) || test.key.starts_with("aws:") {
            continue;
        }
        if !CLAIMS.contains(&claim.to_ascii_lowercase().as_str()) {
            findings.add(subject.finding(
                "condition-key-unknown",
                &test.at,
                format!("STS knows no {}; of a token it offers {}", test.written, CLAIMS.join(", ")),
                "let the identity provider put groups into a session tag and ask for aws:RequestTag",
                vec![Op::Replace(child(&statement.at, "Condition"), expected_condition(subject))],
            ));
            return true;
        }
        if !of.eq_ignore_ascii_case(issuer) {
            let renamed = format!("{issuer}:{claim}");
            let operator = test.at.rsplit_once('/').map_or("", |(operator, _)| operator);
            let value = subject.tree().pointer(&test.at).cloned().unwrap_or_default();
            let target = child(operator, &renamed);
            findings.add(subject.finding(
                "condition-key-other",
                &test.at,
                format!(
                    "{} is not of the issuer {}: STS never has it",
                    test.written, subject.expected.map.issuer
                ),
                "begin the key with the issuer without https://, path and trailing slash as in iss",
                vec![put(subject.tree(), &target, value), Op::Remove(test.at.clone())],
            ));
            return true;
        }
    }
    false
}

fn expected_condition(subject: &Subject<'_>) -> Value {
    first_statement(subject).get("Condition").cloned().unwrap_or_default()
}

/// Asks for the audience with `StringEquals`, in the place of `old`.
fn set(subject: &Subject<'_>, statement: &Statement<'_>, old: Option<&Test<'_>>) -> Vec<Op> {
    let map = subject.expected.map;
    let (tree, audience) = (subject.tree(), one_or_many(&map.audiences));
    let condition = child(&statement.at, "Condition");
    let equals = child(&condition, "StringEquals");
    let key = format!("{}:aud", map.issuer_path());
    let place = child(&equals, &key);
    let mut ops = Vec::new();
    if let Some(old) = old.filter(|old| old.at != place) {
        ops.push(Op::Remove(alone_or_whole(tree, &old.at)));
    }
    ops.push(if tree.pointer(&equals).is_some() {
        put(tree, &place, audience)
    } else if tree.pointer(&condition).is_some() {
        Op::Add(equals, serde_json::json!({ key: audience }))
    } else {
        Op::Add(condition, serde_json::json!({ "StringEquals": { key: audience } }))
    });
    ops
}
