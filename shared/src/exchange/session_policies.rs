//! What narrows a role session, within what STS takes.
//!
//! STS API reference, AssumeRoleWithWebIdentity, `Policy` and `PolicyArns`: at most 10 ARNs, 2048 characters in all.

use serde_json::Value;

/// Managed policies of one session.
pub const MAX_POLICY_ARNS: usize = 10;
/// Characters of the inline policy and the ARNs together.
pub const MAX_POLICY_CHARS: usize = 2_048;

/// Session policies. A session may do what its role allows and any one of these allows; with none, what its role allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionPolicies {
    /// ARNs of managed policies.
    pub arns: Vec<String>,
    /// An inline policy, as JSON.
    pub inline: Option<String>,
}

/// Why a text is no inline session policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InlinePolicyError {
    /// Not JSON.
    #[error("is not valid JSON at line {line}, column {column} of the text")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Without `Version` or `Statement`.
    #[error("is not an IAM policy")]
    NotAPolicy,
    /// STS API reference, `Policy`: tab, line feed, carriage return, U+0020 to U+00FF.
    #[error("has characters that STS does not take")]
    Characters,
}

impl SessionPolicies {
    /// Whether they narrow nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arns.is_empty() && self.inline.is_none()
    }

    /// As STS counts them.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.arns.iter().chain(&self.inline).map(|text| text.chars().count()).sum()
    }

    /// Whether STS takes that many and that much.
    #[must_use]
    pub fn fit(&self) -> bool {
        self.arns.len() <= MAX_POLICY_ARNS && self.characters() <= MAX_POLICY_CHARS
    }
}

/// Whether `text` has the form of a managed policy's ARN.
#[must_use]
pub fn is_policy_arn(text: &str) -> bool {
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

/// Checks the text of an inline policy.
///
/// # Errors
/// [`InlinePolicyError`].
pub fn check_inline_policy(text: &str) -> Result<(), InlinePolicyError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| InlinePolicyError::NotJson { line: error.line(), column: error.column() })?;
    let has = |key: &str| document.get(key).is_some_and(|value| !value.is_null());
    if !has("Version") || !has("Statement") {
        return Err(InlinePolicyError::NotAPolicy);
    }
    if text.chars().any(|c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')) {
        return Err(InlinePolicyError::Characters);
    }
    Ok(())
}
