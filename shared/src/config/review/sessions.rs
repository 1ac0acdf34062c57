//! Roles and sessions that need something of AWS that this file can't give.

use std::collections::BTreeSet;

use super::Review;
use crate::{
    exchange::{ExchangeMode, MAX_POLICY_CHARS},
    role::RoleArn,
};

/// A new role's `MaxSessionDuration`, and about the lifetime of most access tokens.
const USUAL_SECONDS: u32 = 3_600;
/// STS packs policies and tags into a limit of its own, which a session near this one may pass.
const NEAR_LIMIT: usize = MAX_POLICY_CHARS / 5 * 4;

pub(super) fn review(review: &mut Review<'_>) {
    durations(review);
    accounts(review);
    partitions(review);
    policies(review);
}

fn durations(review: &mut Review<'_>) {
    let sts = &review.config.aws_sts;
    let of_mappings = sts.role_mappings.iter().filter_map(|mapping| {
        Some((format!("awsSts.roleMappings[{}].sessionDuration", mapping.index), mapping.session.duration?))
    });
    let all = of_mappings.chain([("awsSts.sessionDuration".to_owned(), sts.session_duration)]);
    for (key, _) in all.filter(|(_, seconds)| *seconds > USUAL_SECONDS) {
        review.warn(
            "session-over-an-hour",
            &key,
            "is more than an hour: roles allow an hour unless their MaxSessionDuration says more, and credentials are \
             dropped with the token they came from",
            "write 3600, or raise the roles' MaxSessionDuration if tokens live that long",
        );
    }
}

fn accounts(review: &mut Review<'_>) {
    let accounts: BTreeSet<&str> = roles(review).iter().map(|(_, arn)| arn.account()).collect();
    if accounts.len() < 2 {
        return;
    }
    let list = accounts.iter().copied().collect::<Vec<_>>().join(", ");
    let remedy = match review.config.aws_sts.exchange {
        ExchangeMode::WebIdentity => {
            "create the IAM OIDC provider in each account: STS looks for it in the role's own"
        }
        ExchangeMode::AssumeRole { .. } => {
            "let each role's trust policy name the function's execution role, and that role's policy each role"
        }
    };
    review.warn("roles-in-several-accounts", "awsSts", format!("names roles of {list}"), remedy);
}

fn partitions(review: &mut Review<'_>) {
    let region = review.config.aws_sts.region.as_str();
    let partition = match region.split_once('-').map(|(first, _)| first) {
        Some("cn") => "aws-cn",
        Some("eusc") => "aws-eusc",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.contains("-iso") => return,
        _ => "aws",
    };
    for (key, arn) in roles(review) {
        if arn.partition() != partition {
            review.warn(
                "role-of-other-partition",
                &key,
                format!(
                    "is in partition {}, and STS of {region} knows roles of {partition}",
                    arn.partition()
                ),
                "correct the ARN, or awsSts.region",
            );
        }
    }
}

fn policies(review: &mut Review<'_>) {
    for mapping in &review.config.aws_sts.role_mappings {
        let characters = mapping.session.policies.characters();
        if characters > NEAR_LIMIT {
            review.warn(
                "session-policies-near-limit",
                &format!("awsSts.roleMappings[{}]", mapping.index),
                format!(
                    "has session policies of {characters} characters; STS takes {MAX_POLICY_CHARS}, and less where \
                     its packed form of policies and tags is too large"
                ),
                "move permissions to a managed policy and name it in policyArns",
            );
        }
    }
}

/// Every role and its key.
fn roles<'a>(review: &Review<'a>) -> Vec<(String, &'a RoleArn)> {
    let sts = &review.config.aws_sts;
    let of_mappings = sts
        .role_mappings
        .iter()
        .map(|mapping| (format!("awsSts.roleMappings[{}].roleArn", mapping.index), &mapping.role_arn));
    let fallback = sts.fallback_role_arn.iter().map(|arn| ("awsSts.fallbackRoleArn".to_owned(), arn));
    of_mappings.chain(fallback).collect()
}
