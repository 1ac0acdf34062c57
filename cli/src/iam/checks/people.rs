//! Whether a trust policy says whom the role is for, and the same as the role map.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Subject, trust::whole};
use crate::iam::{
    document::child,
    finding::Findings,
    map::People,
    patch::{Op, put},
    policy::{Statement, Test, alone_or_whole, statements},
    trust::pattern,
};

const LISTED: &str = "sts:roleauthorizedbyidp";
const TAG: &str = "aws:requesttag/";

pub(super) fn check(subject: &Subject<'_>, statement: &Statement<'_>, findings: &mut Findings) {
    if subject.mapped.is_for_everybody {
        return;
    }
    let tests = statement.tests();
    let telling: Vec<_> = tests.iter().filter(|test| tells(subject, test)).collect();
    if let Some(test) = telling.iter().find(|test| test.holds_without) {
        findings.add(subject.finding(
            "trust-if-exists",
            &test.at,
            format!("{} holds for a token without it, too", test.written),
            "take IfExists or ForAllValues away",
            strict(subject, statement, test),
        ));
    } else if telling.is_empty() {
        let problem = "everybody with a token for this audience may assume it, past the role map".to_owned();
        let remedy = "say whom it is for, as the role map does";
        findings.add(subject.finding(
            "trust-everybody",
            &statement.at,
            problem,
            remedy,
            mend(subject, statement, ""),
        ));
    } else if let Some((id, at, problem)) = compare(subject, &telling) {
        let ops = mend(subject, statement, telling.first().map_or("", |test| &*test.key));
        findings.add(subject.finding(id, &at, problem, "say whom it is for, as the role map does", ops));
    }
}

/// Whether a condition is about who somebody is, and can be false.
fn tells(subject: &Subject<'_>, test: &Test<'_>) -> bool {
    let issuer = subject.expected.map.issuer_path().to_ascii_lowercase();
    let is_positive = matches!(&*test.operator, "stringequals" | "stringequalsignorecase" | "stringlike");
    let is_about_somebody = test.key.starts_with(TAG)
        || test.key == "sts:sourceidentity"
        || [format!("{issuer}:sub"), format!("{issuer}:email")].contains(&test.key);
    let is_listed = test.key == LISTED && test.operator == "bool" && test.values == ["true"];
    is_listed || (is_positive && is_about_somebody)
}

/// How the conditions differ from the map, as far as both look at the same.
fn compare(subject: &Subject<'_>, telling: &[&Test<'_>]) -> Option<(&'static str, String, String)> {
    for test in telling.iter().filter(|test| test.key != LISTED) {
        let known = expected_values(subject, &test.key);
        let separator = separator(subject);
        let values: BTreeSet<_> = test.values.iter().map(|value| core(test, value, &separator)).collect();
        let is_wild = |value: &&String| {
            test.operator == "stringlike"
                && value.replace("${*}", "").replace("${?}", "").contains(['*', '?'])
        };
        // Where the map looks at something else, a partial wildcard may well be what it means.
        let is_open = |value: &&String| {
            is_wild(value) && (!known.is_empty() || value.chars().all(|c| "*?".contains(c)))
        };
        if let Some(wild) = values.iter().find(is_open) {
            return Some((
                "trust-wildcard",
                test.at.clone(),
                format!("{} takes {wild:?}: others match it, too", test.written),
            ));
        }
        if known.is_empty() {
            continue;
        }
        if let Some(more) = values.difference(&known).next() {
            return Some((
                "trust-wider",
                test.at.clone(),
                format!("{} takes {more:?}, whom the role map does not name", test.written),
            ));
        }
        if let Some(less) = known.difference(&values).next() {
            return Some((
                "trust-narrower",
                test.at.clone(),
                format!("{} does not take {less:?}, whom the role map names", test.written),
            ));
        }
    }
    let is_compared =
        telling.iter().any(|test| test.key == LISTED || !expected_values(subject, &test.key).is_empty());
    let is_visible = |people: &People| !matches!(people, People::Hidden(_));
    (!is_compared && subject.mapped.people.iter().all(is_visible)).then(|| {
        let first = telling.first().map_or("", |test| test.written);
        let problem = format!("asks for {first}, but the role map looks at something else");
        ("trust-other-claim", telling.first().map_or(String::new(), |test| test.at.clone()), problem)
    })
}

/// The values of the map for a condition key.
fn expected_values(subject: &Subject<'_>, key: &str) -> BTreeSet<String> {
    let issuer = subject.expected.map.issuer_path().to_ascii_lowercase();
    let of = |people: &People| match people {
        People::Tag { key: tag, value, .. } if key == format!("{TAG}{tag}") => Some(pattern(value)),
        People::Subject(value) if key == format!("{issuer}:sub") => Some(value.clone()),
        People::Email(value) if key == format!("{issuer}:email") => Some(value.clone()),
        _ => None,
    };
    subject.mapped.people.iter().filter_map(of).collect()
}

fn separator(subject: &Subject<'_>) -> String {
    let of = |people: &People| match people {
        People::Tag { separator, .. } => Some(separator.clone()),
        _ => None,
    };
    subject.mapped.people.iter().find_map(of).unwrap_or_else(|| ":".to_owned())
}

/// What a pattern over a list of elements looks for.
fn core(test: &Test<'_>, value: &str, separator: &str) -> String {
    if !test.key.starts_with(TAG) {
        return value.to_owned();
    }
    let (before, after) = (format!("*{separator}"), format!("{separator}*"));
    let value = value.strip_prefix(&before).unwrap_or(value);
    value.strip_suffix(&after).unwrap_or(value).to_owned()
}

/// The map's own condition in the place of the statement's: the one on `key`, if the map has it.
fn mend(subject: &Subject<'_>, statement: &Statement<'_>, key: &str) -> Vec<Op> {
    let whole = whole(subject);
    let own = statements(&whole, "");
    let same = own.iter().find(|it| it.tests().iter().any(|test| test.key == key)).or_else(|| own.first());
    let condition = same.and_then(|it| it.get("Condition")).cloned().unwrap_or_default();
    vec![put(subject.tree(), &child(&statement.at, "Condition"), condition)]
}

/// The same condition under an operator that wants the key.
fn strict(subject: &Subject<'_>, statement: &Statement<'_>, test: &Test<'_>) -> Vec<Op> {
    let tree = subject.tree();
    let operator = child(&child(&statement.at, "Condition"), &test.strict);
    let value: Value = tree.pointer(&test.at).cloned().unwrap_or_default();
    let remove = Op::Remove(alone_or_whole(tree, &test.at));
    let add = if tree.pointer(&operator).is_some() {
        put(tree, &child(&operator, test.written), value)
    } else {
        Op::Add(operator, serde_json::json!({ test.written: value }))
    };
    vec![remove, add]
}
