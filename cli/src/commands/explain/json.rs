//! An explanation for programs. The first members are those of a refusal or of an audit line, under their names.

use rolecall_core::{
    exchange::{Operation, SessionPolicies, SessionRequest},
    rejection::Rejection,
    role::RoleSession,
};
use serde_json::{Value, json};

use super::{
    asked::{Decided, Judged},
    explained::{Explained, Session},
    matched::Matched,
    presented::Trust,
};

/// In the place of the token.
pub const REDACTED: &str = "<the user's token>";

/// The document.
pub fn of(explained: &Explained) -> Value {
    let refusal = explained.refusal.as_ref();
    let session = explained.session.as_ref();
    let granted = session.filter(|_| refusal.is_none()).map(|session| &session.session);
    let reached = explained.call.as_ref().filter(|call| call.is_reached);
    let decided = reached.map(|call| &call.decided);
    json!({
        "role_arn": granted.map(|session| session.role_arn().as_str()),
        "mapping": granted.map(|session| session.mapping().to_string()),
        "session_name": granted.map(RoleSession::session_name),
        "matches": explained.matches.iter().map(matched).collect::<Vec<_>>(),
        "decision": decided.and_then(Decided::decision),
        "policies": decided.map_or(&[][..], |decided| decided.policies()),
        "error": refusal.map(|refusal| refusal.row().reason),
        "message": refusal.map(Rejection::to_string),
        "status": refusal.map(|refusal| refusal.row().status.as_u16()),
        "verified": verified(explained),
        "session": session.map(of_session),
        "call": explained.call.as_ref().map(of_call),
        "sts": explained.request.as_ref().map(of_request),
        "notices": explained.notices().map(notice).collect::<Vec<_>>(),
    })
}

/// `null` where nobody could tell.
fn verified(explained: &Explained) -> Option<bool> {
    match explained.presented.as_ref()?.trust {
        Trust::Verified => Some(true),
        Trust::Refused(_) => Some(false),
        Trust::Assumed | Trust::KeysUnavailable => None,
    }
}

fn matched(mapping: &Matched) -> Value {
    json!({
        "index": mapping.index,
        "matched": mapping.is_match,
        "reason": mapping.reason,
        "priority": mapping.priority,
        "role_arn": mapping.role_arn,
        "condition": mapping.condition,
    })
}

fn notice((text, is_refusal): (String, bool)) -> Value {
    json!({ "text": text, "refusal": is_refusal })
}

fn of_session(Session { session, claim, slug }: &Session) -> Value {
    json!({
        "role_arn": session.role_arn().as_str(),
        "account": session.role_arn().account(),
        "mapping": session.mapping().to_string(),
        "session_name": session.session_name(),
        "session_name_claim": claim,
        "session_name_changed": slug.map(|slug| slug.to_string()),
        "duration_seconds": session.session_duration(),
        "aws_region": session.aws_region(),
        "session_policies": of_policies(session.session_policies()),
    })
}

fn of_policies(policies: &SessionPolicies) -> Value {
    json!({ "arns": policies.arns, "inline": policies.inline })
}

fn of_call(call: &Judged) -> Value {
    let facts = call.facts.as_ref().map(|facts| {
        json!({
            "principal": facts.principal,
            "groups": facts.groups,
            "action": facts.action,
            "resource": facts.resource,
            "attributes": facts.attributes,
            "context": facts.context,
        })
    });
    let failures = call.decided.failures().iter();
    json!({
        "target": call.target,
        "facts": facts,
        "errors": failures
            .map(|failure| json!({ "policy": failure.policy, "problem": failure.to_string() }))
            .collect::<Vec<_>>(),
    })
}

fn of_request(request: &SessionRequest) -> Value {
    json!({ "parameters": parameters(request).into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>() })
}

/// The parameters by their names in the STS API reference, in the order of a reader's interest.
pub fn parameters(request: &SessionRequest) -> Vec<(&'static str, String)> {
    let mut parameters = vec![
        (
            "Action",
            match request.operation() {
                Operation::AssumeRoleWithWebIdentity => "AssumeRoleWithWebIdentity".to_owned(),
                Operation::AssumeRole(_) => "AssumeRole".to_owned(),
            },
        ),
        ("RoleArn", request.role_arn().to_string()),
        ("RoleSessionName", request.session_name().to_owned()),
        ("DurationSeconds", request.duration().to_string()),
    ];
    parameters.extend(request.policy_arns().iter().map(|arn| ("PolicyArns", arn.clone())));
    parameters.extend(request.policy().map(|policy| ("Policy", policy.to_owned())));
    match request.operation() {
        Operation::AssumeRoleWithWebIdentity => parameters.push(("WebIdentityToken", REDACTED.to_owned())),
        Operation::AssumeRole(tags) => {
            parameters.push(("SourceIdentity", request.source_identity().to_owned()));
            parameters.extend(tags.iter().map(|(key, value)| ("Tags", format!("{key}={value}"))));
            parameters.extend(tags.transitive().map(|key| ("TransitiveTagKeys", key.to_owned())));
        }
    }
    parameters
}
