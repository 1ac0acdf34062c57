//! `awsSts`: how claims become a role session.
//!
//! Without a fallback and without mappings nobody could get a role, so one of them must be written.

use crate::{
    config::{field::Field, section::Section, types::AwsSts},
    exchange::ExchangeMode,
    region::is_region,
    role::RoleArn,
};

use super::{exchange::session_seconds, role_mapping};

const DEFAULT_SESSION_SECONDS: u32 = 3_600;

/// Reads `awsSts.region`, which the default of `upstream.url` needs too.
pub(super) fn region(sts: &Section<'_>) -> Option<String> {
    let field = sts.required("region", "write the AWS region of the STS endpoint, for example us-east-1")?;
    region_name(&field)
}

/// Reads the rest of the section.
pub(super) fn read(sts: &Section<'_>, region: Option<&str>, exchange: ExchangeMode) -> Option<AwsSts> {
    let service = sts.get("service").and_then(|field| service_name(&field));
    let duration = sts.get("sessionDuration").and_then(|field| session_seconds(&field, &exchange));
    let fallback = sts.get("fallbackRoleArn");
    let mappings = sts.get("roleMappings");
    let no_mapping = mappings.as_ref().is_none_or(Field::is_empty_list);
    if fallback.is_none() && no_mapping {
        sts.reject(
            "has neither a fallback nor a mapping, so nobody would get a role",
            "write fallbackRoleArn or at least one element of roleMappings",
        );
    }
    Some(AwsSts {
        service: service.unwrap_or_else(|| "aws-mcp".to_owned()),
        role_claim: sts.text_or("roleClaim", "groups"),
        role_claim_separator: sts.text("roleClaimSeparator").map(str::to_owned),
        session_name_claim: sts.text_or("sessionNameClaim", "sub"),
        session_duration: duration.unwrap_or(DEFAULT_SESSION_SECONDS),
        fallback_role_arn: fallback.and_then(|field| role_arn(&field)),
        role_mappings: mappings.map_or_else(Vec::new, |field| role_mapping::read_all(&field, &exchange)),
        exchange,
        region: region?.to_owned(),
    })
}

/// The ARN of an IAM role.
pub(super) fn role_arn(field: &Field<'_>) -> Option<RoleArn> {
    let arn = field.text()?.parse().ok();
    if arn.is_none() {
        field.refuse("is not an IAM role ARN", "write arn:aws:iam::<12-digit account>:role/<name>");
    }
    arn
}

/// A region name such as `eu-central-1`, `us-gov-west-1` or `eusc-de-east-1`.
pub(super) fn region_name(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if is_region(text) {
        return Some(text.to_owned());
    }
    field.refuse("is not an AWS region", "write a region name, for example us-east-1");
    None
}

fn service_name(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Some(text.to_owned());
    }
    field
        .refuse("is not a SigV4 service name", "write lower-case letters, digits and -, for example aws-mcp");
    None
}
