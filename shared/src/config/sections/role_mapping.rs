//! Elements of `awsSts.roleMappings`.
//!
//! They leave here in the order they are tried: by priority, absent last, ties as in the file.

use crate::{
    config::{field::Field, keys::ROLE_MAPPING, section::Section},
    exchange::ExchangeMode,
    role::{Condition, Matcher, RoleMapping, SessionOptions, sort_by_priority},
};

use super::{
    aws_sts::{region_name, role_arn},
    exchange::session_seconds,
    session_policy,
};

/// Reads the list.
pub(super) fn read_all(list: &Field<'_>, exchange: &ExchangeMode) -> Vec<RoleMapping> {
    let items = list.items();
    let mut mappings: Vec<RoleMapping> =
        items.iter().enumerate().filter_map(|(index, item)| read(item, index, exchange)).collect();
    sort_by_priority(&mut mappings);
    mappings
}

fn read(item: &Field<'_>, index: usize, exchange: &ExchangeMode) -> Option<RoleMapping> {
    let mapping = item.section(&ROLE_MAPPING);
    let condition = condition(&mapping);
    let role_arn = mapping
        .required("roleArn", "write arn:aws:iam::<12-digit account>:role/<name>")
        .and_then(|field| role_arn(&field));
    let priority = mapping.get("priority").and_then(|field| field.integer(i64::MIN..=i64::MAX));
    let session = session(&mapping, exchange);
    Some(RoleMapping { index, condition: condition?, role_arn: role_arn?, priority, session })
}

fn condition(mapping: &Section<'_>) -> Option<Condition> {
    match (mapping.get("claim"), mapping.get("matcher")) {
        (Some(claim), None) => claim.text().map(|text| Condition::Claim(text.to_owned())),
        (None, Some(matcher)) => compile(&matcher).map(Condition::Matcher),
        (Some(_), Some(_)) => {
            mapping.reject("has both claim and matcher", "keep one; a matcher can test the role claim too");
            None
        }
        (None, None) => {
            mapping.reject(
                "has neither claim nor matcher",
                "write the value or the CEL expression that selects it",
            );
            None
        }
    }
}

fn compile(field: &Field<'_>) -> Option<Matcher> {
    match Matcher::compile(field.text()?) {
        Ok(matcher) => Some(matcher),
        // The error may quote the expression.
        Err(_) if field.is_from_environment() => {
            field.refuse("is not a usable CEL expression", "correct the expression in the variable");
            None
        }
        Err(error) => {
            field.reject("is not a usable CEL expression", error.to_string());
            None
        }
    }
}

fn session(mapping: &Section<'_>, exchange: &ExchangeMode) -> SessionOptions {
    let duration = mapping.get("sessionDuration").and_then(|field| session_seconds(&field, exchange));
    let policies = session_policy::read(mapping);
    let aws_region = mapping.get("awsRegion").and_then(|field| region_name(&field));
    SessionOptions { duration, policies, aws_region }
}
