//! Mappings that can't have a say, and a fallback that gives more than they do.

use super::Review;
use crate::{
    config::types::AwsSts,
    role::{Condition, RoleMapping},
};

/// Words in a role's name that promise more than a fallback should give.
const PRIVILEGED: [&str; 5] = ["admin", "poweruser", "fullaccess", "owner", "root"];

pub(super) fn review(review: &mut Review<'_>) {
    let sts = &review.config.aws_sts;
    unreachable_mappings(review, sts);
    let always = sts.role_mappings.iter().find(|mapping| always(mapping));
    if let (Some(mapping), Some(_)) = (always, &sts.fallback_role_arn) {
        review.warn(
            "fallback-never-used",
            "awsSts.fallbackRoleArn",
            format!("is never used, because mapping {} matches everybody", mapping.index),
            "remove the fallback, or narrow that mapping's matcher",
        );
    }
    wide_fallback(review, sts);
    privileged_fallback(review, sts);
}

fn unreachable_mappings(review: &mut Review<'_>, sts: &AwsSts) {
    for (position, mapping) in sts.role_mappings.iter().enumerate() {
        let key = format!("awsSts.roleMappings[{}]", mapping.index);
        let tried_before = sts.role_mappings.iter().take(position);
        if let Some(earlier) = tried_before.into_iter().find(|earlier| covers(earlier, mapping, sts)) {
            let why = match &earlier.condition {
                Condition::Matcher(matcher) if matcher.constant() == Some(true) => "matches everybody",
                _ => "matches whenever this one does",
            };
            review.warn(
                "mapping-never-wins",
                &key,
                format!("can never win: mapping {} is tried first and {why}", earlier.index),
                "remove one of the two, or give this one a lower priority number",
            );
        } else if let Some(why) = never(mapping, sts) {
            review.warn("mapping-never-matches", &key, why, "correct the condition, or remove the mapping");
        }
    }
}

/// Whether `earlier` matches wherever `later` does, as far as their texts tell.
fn covers(earlier: &RoleMapping, later: &RoleMapping, sts: &AwsSts) -> bool {
    always(earlier)
        || match (&earlier.condition, &later.condition) {
            (Condition::Claim(one), Condition::Claim(other)) => one == other,
            (Condition::Matcher(one), Condition::Matcher(other)) => one.source() == other.source(),
            // A claim that is a list: what the expression finds in it, the mapping finds too.
            (Condition::Claim(claim), Condition::Matcher(matcher)) => {
                let same = format!("{claim:?} in claims[{:?}]", sts.role_claim);
                matcher.source().trim() == same
            }
            (Condition::Matcher(_), Condition::Claim(_)) => false,
        }
}

fn always(mapping: &RoleMapping) -> bool {
    matches!(&mapping.condition, Condition::Matcher(matcher) if matcher.constant() == Some(true))
}

fn never(mapping: &RoleMapping, sts: &AwsSts) -> Option<String> {
    match &mapping.condition {
        Condition::Matcher(matcher) => {
            (matcher.constant() == Some(false)).then(|| "matches nobody, whatever the claims".to_owned())
        }
        Condition::Claim(claim) => {
            let separator = sts.role_claim_separator.as_deref()?;
            claim.contains(separator).then(|| {
                format!("holds the separator {separator:?}, at which a text in {} is split", sts.role_claim)
            })
        }
    }
}

fn wide_fallback(review: &mut Review<'_>, sts: &AwsSts) {
    let Some(fallback) = &sts.fallback_role_arn else { return };
    let narrowed = |mapping: &&RoleMapping| !mapping.session.policies.is_empty();
    let same_role =
        sts.role_mappings.iter().find(|mapping| narrowed(mapping) && mapping.role_arn == *fallback);
    if let Some(mapping) = same_role {
        review.warn(
            "fallback-wider",
            "awsSts.fallbackRoleArn",
            format!(
                "is the role of mapping {}, which narrows it by session policies; the fallback does not, so whoever \
                 matches nothing may do more",
                mapping.index
            ),
            "write a role with fewer permissions, or no fallback",
        );
    } else if !sts.role_mappings.is_empty() && sts.role_mappings.iter().all(|mapping| narrowed(&mapping)) {
        review.warn(
            "fallback-wider",
            "awsSts.fallbackRoleArn",
            "has no session policies while every mapping has, so it may give more than they do (a guess: the roles' \
             own policies are not known here)",
            "make sure that its role allows less than the mappings' sessions, or write no fallback",
        );
    }
}

fn privileged_fallback(review: &mut Review<'_>, sts: &AwsSts) {
    let Some(fallback) = &sts.fallback_role_arn else { return };
    let name = fallback.name().to_lowercase().replace(['-', '_'], "");
    if let Some(word) = PRIVILEGED.iter().find(|word| name.contains(*word)) {
        review.warn(
            "fallback-privileged-name",
            "awsSts.fallbackRoleArn",
            format!("names a role that sounds privileged (\"{word}\"; a guess by its name), for whoever matches nothing"),
            "write a role with few permissions, or no fallback",
        );
    }
}
