//! `policyArns` and `sessionPolicy` of one mapping, within what STS takes.
//!
//! STS API reference, AssumeRoleWithWebIdentity, `Policy` and `PolicyArns`: at most 10 ARNs, 2048 characters in all.

use serde_json::Value as Json;

use crate::config::{field::Field, json::to_json, node::Value, section::Section};

const MAX_ARNS: usize = 10;
const MAX_CHARS: usize = 2_048;

/// The managed policies' ARNs and the inline policy as JSON text.
pub(super) fn read(mapping: &Section<'_>) -> (Vec<String>, Option<String>) {
    let arns = mapping.restriction("policyArns", arn);
    if let Some(field) = mapping.get("policyArns").filter(|_| arns.len() > MAX_ARNS) {
        field.reject(format!("has {} ARNs", arns.len()), format!("write at most {MAX_ARNS}"));
    }
    let inline = mapping.get("sessionPolicy");
    let policy = inline.as_ref().and_then(policy);
    let characters = |text: &String| text.chars().count();
    let total: usize = arns.iter().chain(&policy).map(characters).sum();
    if let Some(field) = inline.or_else(|| mapping.get("policyArns")).filter(|_| total > MAX_CHARS) {
        field.reject(
            format!("sessionPolicy and policyArns together have {total} characters"),
            format!("shorten them to {MAX_CHARS}, which is all that STS takes"),
        );
    }
    (arns, policy)
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

fn is_policy_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return false };
    let is_partition = partition.starts_with("aws")
        && partition.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let is_account =
        *account == "aws" || (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte);
    let is_policy = resource
        .strip_prefix("policy/")
        .is_some_and(|name| !name.is_empty() && !name.ends_with('/') && name.bytes().all(is_name));
    is_partition && is_account && is_policy
}

/// JSON text as written, or a mapping as compact JSON.
fn policy(field: &Field<'_>) -> Option<String> {
    let text = match &field.node().value {
        Value::Mapping(_) => to_json(field.node())?.to_string(),
        _ => field.text()?.trim().to_owned(),
    };
    let document = match serde_json::from_str::<Json>(&text) {
        Ok(document) => document,
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            field.reject(
                format!("is not valid JSON at line {line}, column {column} of the text"),
                "write the policy as JSON text, or as YAML below the key",
            );
            return None;
        }
    };
    let has = |key: &str| document.get(key).is_some_and(|value| !value.is_null());
    if !has("Version") || !has("Statement") {
        field.reject("is not an IAM policy", "write a document with Version: \"2012-10-17\" and Statement");
        return None;
    }
    if text.chars().any(|c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')) {
        field.reject(
            "has characters that STS does not take",
            "write only characters up to U+00FF, without controls",
        );
        return None;
    }
    Some(text)
}
