//! `policyArns` and `sessionPolicy` of one mapping, within what STS takes.
//!
//! STS API reference, AssumeRoleWithWebIdentity, `Policy` and `PolicyArns`: at most 10 ARNs, 2048 characters in all.

use crate::{
    config::{field::Field, json::to_json, node::Value, section::Section},
    exchange::{
        InlinePolicyError, MAX_POLICY_ARNS, MAX_POLICY_CHARS, SessionPolicies, check_inline_policy,
        is_policy_arn,
    },
};

/// The managed policies' ARNs and the inline policy as JSON text.
pub(super) fn read(mapping: &Section<'_>) -> SessionPolicies {
    let arns = mapping.restriction("policyArns", arn);
    if let Some(field) = mapping.get("policyArns").filter(|_| arns.len() > MAX_POLICY_ARNS) {
        field.reject(format!("has {} ARNs", arns.len()), format!("write at most {MAX_POLICY_ARNS}"));
    }
    let inline = mapping.get("sessionPolicy");
    let policies = SessionPolicies { arns, inline: inline.as_ref().and_then(policy) };
    let total = policies.characters();
    if let Some(field) = inline.or_else(|| mapping.get("policyArns")).filter(|_| total > MAX_POLICY_CHARS) {
        field.reject(
            format!("sessionPolicy and policyArns together have {total} characters"),
            format!("shorten them to {MAX_POLICY_CHARS}, which is all that STS takes"),
        );
    }
    policies
}

fn arn(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if is_policy_arn(text) {
        return Some(text.to_owned());
    }
    field.refuse(
        "is not the ARN of a managed policy",
        "write arn:aws:iam::aws:policy/<name> or arn:aws:iam::<12-digit account>:policy/<name>",
    );
    None
}

/// JSON text as written, or a mapping as compact JSON.
fn policy(field: &Field<'_>) -> Option<String> {
    let text = match &field.node().value {
        Value::Mapping(_) => to_json(field.node())?.to_string(),
        _ => field.text()?.trim().to_owned(),
    };
    let Err(error) = check_inline_policy(&text) else { return Some(text) };
    let remedy = match error {
        InlinePolicyError::NotJson { .. } => "write the policy as JSON text, or as YAML below the key",
        InlinePolicyError::NotAPolicy => "write a document with Version: \"2012-10-17\" and Statement",
        InlinePolicyError::Characters => "write only characters up to U+00FF, without controls",
    };
    field.reject(error.to_string(), remedy);
    None
}
