//! The parameters that both operations take, held to the constraints of the STS API reference.
//! A [`Parameters`] satisfies them all.

use std::collections::HashMap;

use serde_json::Value;

use super::{refusal::Refusal, role::Role, trust::Tag};

const MAX_POLICY_CHARACTERS: usize = 2048;
const MAX_POLICY_ARNS: usize = 10;
/// Stands for the packed size limit, whose real unit AWS does not document.
const PACKED_BYTES: usize = 2048;
const DEFAULT_DURATION: u32 = 3600;

/// A call's parameters.
pub(super) struct Parameters {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) duration: u32,
    pub(super) policy: Option<String>,
    pub(super) policy_arns: Vec<String>,
}

impl Parameters {
    /// Reads a form body.
    pub(super) fn read(form: &HashMap<String, String>) -> Result<Self, Refusal> {
        let parameters = Self {
            role_arn: sized(form, "RoleArn", "roleArn", 20, 2048)?,
            session_name: sized(form, "RoleSessionName", "roleSessionName", 2, 64)?,
            duration: duration(form.get("DurationSeconds"))?,
            policy: form.get("Policy").cloned(),
            policy_arns: policy_arns(form),
        };
        let name = &parameters.session_name;
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b)) {
            let pattern = "Member must satisfy regular expression pattern: [\\w+=,.@-]*";
            return Err(Refusal::constraint(name, "roleSessionName", pattern));
        }
        parameters.check_policies()?;
        Ok(parameters)
    }

    /// The percentage of the packed limit that session policies and tags use up.
    pub(super) fn packed_size(&self, tags: &[Tag]) -> Result<usize, Refusal> {
        let policies = self.policy.iter().chain(&self.policy_arns).map(String::len).sum::<usize>();
        let tags = tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let percent = ((policies + tags) * 100).div_ceil(PACKED_BYTES);
        if percent > 100 { Err(Refusal::packed_policy_too_large(percent)) } else { Ok(percent) }
    }

    /// Whether the role allows a session this long.
    pub(super) fn check_duration(&self, role: &Role) -> Result<(), Refusal> {
        if self.duration <= role.max_session_duration {
            return Ok(());
        }
        Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ))
    }

    fn check_policies(&self) -> Result<(), Refusal> {
        if self.policy_arns.len() > MAX_POLICY_ARNS {
            let constraint = "Member must have length less than or equal to 10";
            return Err(Refusal::constraint(&self.policy_arns.len().to_string(), "policyArns", constraint));
        }
        if self.policy_arns.iter().any(|arn| !arn.starts_with("arn:") || !arn.contains(":policy/")) {
            return Err(Refusal::validation("Invalid ARN in PolicyArns"));
        }
        let characters: usize =
            self.policy.iter().chain(&self.policy_arns).map(|text| text.chars().count()).sum();
        if characters > MAX_POLICY_CHARACTERS {
            let constraint = "Member must have length less than or equal to 2048";
            return Err(Refusal::constraint("policy", "policy", constraint));
        }
        self.policy.as_deref().map_or(Ok(()), check_document)
    }
}

/// The user's token.
pub(super) fn web_identity_token(form: &HashMap<String, String>) -> Result<String, Refusal> {
    sized(form, "WebIdentityToken", "webIdentityToken", 4, 20_000)
}

/// A parameter of this many characters.
pub(super) fn sized(
    form: &HashMap<String, String>,
    name: &str,
    member: &str,
    min: usize,
    max: usize,
) -> Result<String, Refusal> {
    let Some(value) = form.get(name) else {
        return Err(Refusal::validation(&format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        )));
    };
    let length = value.chars().count();
    let shown = if name == "WebIdentityToken" { "****" } else { value.as_str() };
    if length < min {
        let constraint = format!("Member must have length greater than or equal to {min}");
        return Err(Refusal::constraint(shown, member, &constraint));
    }
    if length > max {
        let constraint = format!("Member must have length less than or equal to {max}");
        return Err(Refusal::constraint(shown, member, &constraint));
    }
    Ok(value.clone())
}

fn duration(value: Option<&String>) -> Result<u32, Refusal> {
    let Some(value) = value else { return Ok(DEFAULT_DURATION) };
    match value.parse() {
        Ok(900..=43_200) => Ok(value.parse().unwrap_or(DEFAULT_DURATION)),
        Ok(0..900) => Err(Refusal::constraint(
            value,
            "durationSeconds",
            "Member must have value greater than or equal to 900",
        )),
        _ => Err(Refusal::constraint(
            value,
            "durationSeconds",
            "Member must have value less than or equal to 43200",
        )),
    }
}

fn policy_arns(form: &HashMap<String, String>) -> Vec<String> {
    (1..).map_while(|index| form.get(&format!("PolicyArns.member.{index}.arn"))).cloned().collect()
}

fn check_document(policy: &str) -> Result<(), Refusal> {
    let document: Value =
        serde_json::from_str(policy).map_err(|_| Refusal::malformed_policy("Syntax errors in policy."))?;
    let statements = match document.get("Statement") {
        Some(Value::Array(list)) if !list.is_empty() => list.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(Refusal::malformed_policy("Missing required field Statement")),
    };
    for statement in statements {
        let effect = statement.get("Effect").and_then(Value::as_str);
        if !matches!(effect, Some("Allow" | "Deny")) {
            return Err(Refusal::malformed_policy("Invalid effect"));
        }
        if statement.get("Action").or_else(|| statement.get("NotAction")).is_none() {
            return Err(Refusal::malformed_policy("Policy statement must contain actions."));
        }
        if statement.get("Resource").or_else(|| statement.get("NotResource")).is_none() {
            return Err(Refusal::malformed_policy("Policy statement must contain resources."));
        }
    }
    Ok(())
}
