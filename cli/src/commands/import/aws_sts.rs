//! The exchange: `awsSts` of an MCPExternalAuthConfig and `aws_sts_config` of a RunConfig, which say the same.

use rolecall_core::{
    region::is_region,
    role::{Matcher, RoleArn},
};
use serde_json::Value;

use super::{
    draft::{Draft, Mapping},
    fields::Fields,
};

const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 900..=43_200;

/// Carries the exchange over.
pub(super) fn read(sts: Fields<'_>, draft: &mut Draft) {
    draft.sts.region = region(&sts, draft);
    draft.sts.service = sts.text("service", draft);
    draft.sts.role_claim = sts.text("roleClaim", draft);
    draft.sts.session_name_claim = sts.text("sessionNameClaim", draft);
    draft.sts.session_duration = duration(&sts, draft);
    // The first version called it roleArn.
    draft.sts.fallback =
        role_arn(&sts, "fallbackRoleArn", draft).or_else(|| role_arn(&sts, "roleArn", draft));
    let mappings = sts.take("roleMappings").and_then(Value::as_array);
    for (index, mapping) in mappings.into_iter().flatten().enumerate() {
        let at = format!("{}[{index}]", sts.at("roleMappings"));
        match Fields::new(mapping, at.as_str()) {
            Some(mapping) => read_mapping(mapping, &at, draft),
            None => draft.lose(at, "is no mapping"),
        }
    }
    sts.finish(draft);
}

fn read_mapping(fields: Fields<'_>, at: &str, draft: &mut Draft) {
    let (claim, matcher) = (fields.text("claim", draft), fields.text("matcher", draft));
    let role_arn = role_arn(&fields, "roleArn", draft);
    let priority = fields.take("priority").and_then(Value::as_i64);
    fields.finish(draft);
    let (key, condition) = match (claim, matcher) {
        (Some(claim), None) => ("claim", claim),
        (None, Some(matcher)) => {
            if let Err(error) = Matcher::compile(&matcher) {
                return draft.lose(at, format!("the matcher is not usable here: {error}"));
            }
            ("matcher", matcher)
        }
        _ => return draft.lose(at, "has not exactly one of claim and matcher"),
    };
    match role_arn {
        Some(role_arn) => draft.sts.mappings.push(Mapping { key, condition, role_arn, priority }),
        None => draft.lose(at, "has no usable role"),
    }
}

fn role_arn(fields: &Fields<'_>, key: &str, draft: &mut Draft) -> Option<String> {
    let text = fields.text(key, draft)?;
    match text.parse::<RoleArn>() {
        Ok(_) => Some(text),
        Err(error) => {
            draft.lose(fields.at(key), error.to_string());
            None
        }
    }
}

fn region(fields: &Fields<'_>, draft: &mut Draft) -> Option<String> {
    let text = fields.text("region", draft)?;
    if is_region(&text) {
        return Some(text);
    }
    draft.lose(fields.at("region"), "is no AWS region");
    None
}

fn duration(fields: &Fields<'_>, draft: &mut Draft) -> Option<i64> {
    let seconds = fields.take("sessionDuration")?.as_i64();
    if let Some(seconds) = seconds.filter(|seconds| SESSION_SECONDS.contains(seconds)) {
        return Some(seconds);
    }
    draft.lose(fields.at("sessionDuration"), "is not from 900 to 43200 seconds, so it is 3600");
    None
}
