//! `@session_policy_arn` and `@session_policy` on a permit: what narrows the credentials of a call that it permits.

use crate::exchange::{
    InlinePolicyError, MAX_POLICY_ARNS, MAX_POLICY_CHARS, SessionPolicies, check_inline_policy, is_policy_arn,
};

pub(super) const ARN_ANNOTATION: &str = "session_policy_arn";
pub(super) const INLINE_ANNOTATION: &str = "session_policy";

/// Reads the annotations: ARNs with commas between them, and an inline policy as JSON text.
///
/// # Errors
/// What is wrong, and what to write instead.
pub(super) fn read(arns: Option<&str>, inline: Option<&str>) -> Result<SessionPolicies, (String, String)> {
    let arns: Vec<String> =
        arns.map_or_else(Vec::new, |arns| arns.split(',').map(|arn| arn.trim().to_owned()).collect());
    if let Some(arn) = arns.iter().find(|arn| !is_policy_arn(arn)) {
        return Err((
            format!("@{ARN_ANNOTATION}: \"{arn}\" is not the ARN of a managed policy"),
            "write arn:aws:iam::aws:policy/<name> or arn:aws:iam::<12-digit account>:policy/<name>"
                .to_owned(),
        ));
    }
    if let Some(Err(error)) = inline.map(check_inline_policy) {
        let remedy = match error {
            InlinePolicyError::NotJson { .. } => "write the policy as JSON text, its quotes escaped as \\\"",
            InlinePolicyError::NotAPolicy => {
                "write a document with \"Version\": \"2012-10-17\" and \"Statement\""
            }
            InlinePolicyError::Characters => "write only characters up to U+00FF, without controls",
        };
        return Err((format!("@{INLINE_ANNOTATION} {error}"), remedy.to_owned()));
    }
    let policies = SessionPolicies { arns, inline: inline.map(|text| text.trim().to_owned()) };
    if !policies.fit() {
        return Err((
            "the session policies of this permit are more than STS takes".to_owned(),
            format!("write at most {MAX_POLICY_ARNS} ARNs, and {MAX_POLICY_CHARS} characters in all"),
        ));
    }
    Ok(policies)
}
