//! Whether the role allows sessions as long as the map asks for.

use serde_json::Value;

use super::Subject;
use crate::iam::{document::child, finding::Findings, inventory::Shape, patch::put};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let longest = subject.mapped.longest;
    let Some(maximum) = subject.role.maximum else {
        findings.note(format!("{}: the file does not show its maximum session duration", subject.role.label));
        return;
    };
    if maximum >= u64::from(longest) {
        return;
    }
    let key = if matches!(subject.role.shape, Shape::Terraform(_)) {
        "max_session_duration"
    } else {
        "MaxSessionDuration"
    };
    let at = child(&subject.role.at, key);
    findings.add(subject.finding(
        "duration-over-maximum",
        &at,
        format!(
            "the role map asks for sessions of {longest} seconds, the role allows {maximum}: STS refuses them"
        ),
        "raise the role's maximum or lower sessionDuration",
        vec![put(subject.tree(), &at, Value::from(longest))],
    ));
}
