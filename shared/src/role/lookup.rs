//! Finds a claim by the name an operator wrote: exact, as a dotted path, or in the nested session tags.
//!
//! The exact name beats every other reading, even where its value is null.

use serde_json::Value;

use crate::authenticate::{Claims, SESSION_TAGS_CLAIM};

/// The flat form of the same tags: one claim for each key.
const TAG_PREFIX: &str = "https://aws.amazon.com/tags/principal_tags/";

/// The value of the claim called `name`; null counts as absent.
#[must_use]
pub fn lookup<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    claims
        .get(name)
        .or_else(|| by_path(claims, name))
        .or_else(|| by_tag(claims, name))
        .filter(|value| !value.is_null())
}

/// Whether `name` is the flat form of a session tag.
pub(super) fn is_session_tag(name: &str) -> bool {
    name.starts_with(TAG_PREFIX)
}

fn by_path<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, segment| value.as_object()?.get(segment))
}

fn by_tag<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    let key = name.strip_prefix(TAG_PREFIX)?;
    claims.get(SESSION_TAGS_CLAIM)?.as_object()?.get("principal_tags")?.as_object()?.get(key)
}
