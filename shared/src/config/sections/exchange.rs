//! `awsSts.exchange`, what only one of its modes takes, and how long that lets a session be.

use std::collections::HashMap;

use crate::{
    config::{
        field::{Field, key_path},
        node::{Entry, Value},
        section::Section,
    },
    exchange::{ExchangeMode, MAX_TAGS, TagSource, check_key},
};

/// Limits of `DurationSeconds` (STS API reference, AssumeRole and AssumeRoleWithWebIdentity).
const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 900..=43_200;
/// A session made with a role's credentials ends after an hour (IAM User Guide, "Role chaining").
const MAX_CHAINED_SECONDS: i64 = 3_600;

/// Reads `exchange` and `sessionTags`.
pub(super) fn read(sts: &Section<'_>) -> ExchangeMode {
    let written = sts.get("exchange");
    let tags = sts.get("sessionTags");
    match written.as_ref().map(Field::text) {
        Some(Some("assumeRole")) => {
            return ExchangeMode::AssumeRole {
                session_tags: tags.map_or_else(Vec::new, |tags| session_tags(&tags)),
            };
        }
        None | Some(Some("webIdentity")) => {
            if let Some(tags) = tags {
                tags.reject(
                    "needs `exchange: assumeRole`: otherwise STS takes tags from the token alone",
                    "remove it, or write `exchange: assumeRole`",
                );
            }
        }
        Some(Some(_)) => {
            if let Some(field) = written {
                field.refuse("is not an exchange", "write webIdentity or assumeRole, or remove the key");
            }
        }
        Some(None) => {}
    }
    ExchangeMode::WebIdentity
}

fn session_tags(field: &Field<'_>) -> Vec<TagSource> {
    let Value::Mapping(entries) = &field.node().value else {
        field.refuse("is not a mapping", "write `<tag>: <claim>` pairs, for example {Team: groups}");
        return Vec::new();
    };
    if entries.len() > MAX_TAGS {
        field.reject(format!("has {} tags", entries.len()), format!("write at most {MAX_TAGS}"));
    }
    let mut known = HashMap::new();
    entries.iter().filter_map(|entry| tag_source(field, entry, &mut known)).collect()
}

/// `known` has the keys so far, by their lower case.
fn tag_source<'a>(
    tags: &Field<'a>,
    entry: &'a Entry,
    known: &mut HashMap<String, &'a str>,
) -> Option<TagSource> {
    let key = entry.name()?;
    let path = key_path(tags.path(), key);
    let reject = |problem: String, remedy: &str| tags.report().add(entry.key.place, &path, problem, remedy);
    if let Err(problem) = check_key(key) {
        reject(format!("the tag's key {problem}"), "write a key that IAM takes, for example Team");
        return None;
    }
    if let Some(first) = known.insert(key.to_lowercase(), key) {
        reject(
            format!("differs from `{first}` only in case, which IAM does not tell apart"),
            "keep one of the two",
        );
        return None;
    }
    let claim = Field::new(tags.report(), path, &entry.value).text()?.to_owned();
    Some(TagSource { key: key.to_owned(), claim })
}

/// A session's seconds.
pub(super) fn session_seconds(field: &Field<'_>, mode: &ExchangeMode) -> Option<u32> {
    let seconds = field.integer(SESSION_SECONDS)?;
    if seconds > MAX_CHAINED_SECONDS && matches!(mode, ExchangeMode::AssumeRole { .. }) {
        field.refuse(
            "is more than an hour, and AWS ends a session that one role opens in another after that",
            format!("write at most {MAX_CHAINED_SECONDS} with `exchange: assumeRole`"),
        );
        return None;
    }
    u32::try_from(seconds).ok()
}
