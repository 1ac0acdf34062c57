//! The session tags that a token itself carries, in the two forms that STS reads: one nested claim, or a flat claim for
//! each tag (IAM User Guide, "Passing session tags using AssumeRoleWithWebIdentity").

use serde_json::{Map, Value};

use super::{SessionTags, TagError};
use crate::authenticate::{Claims, SESSION_TAGS_CLAIM};

const PRINCIPAL_TAGS: &str = "principal_tags";
const TRANSITIVE_TAG_KEYS: &str = "transitive_tag_keys";

/// The tags of both forms together; a claim that is null is none.
///
/// # Errors
/// [`TagError`]: another shape than STS takes, or tags outside its limits.
pub(super) fn token_tags(claims: &Claims) -> Result<SessionTags, TagError> {
    let mut tags = Vec::new();
    let mut transitive = Vec::new();
    for (name, value) in claims.iter().filter(|(_, value)| !value.is_null()) {
        let Some(rest) = name.strip_prefix(SESSION_TAGS_CLAIM) else { continue };
        match rest.strip_prefix('/').and_then(|rest| rest.split_once('/').or(Some((rest, "")))) {
            None if rest.is_empty() => nested(value, &mut tags, &mut transitive)?,
            Some((PRINCIPAL_TAGS, key)) => tags.push((key.to_owned(), flat_value(value)?)),
            Some((TRANSITIVE_TAG_KEYS, "")) => transitive.extend(keys(value)?),
            _ => {}
        }
    }
    SessionTags::new(tags, transitive)
}

fn nested(
    claim: &Value,
    tags: &mut Vec<(String, String)>,
    transitive: &mut Vec<String>,
) -> Result<(), TagError> {
    let claim = object(claim, SESSION_TAGS_CLAIM)?;
    if let Some(principal_tags) = present(claim, PRINCIPAL_TAGS) {
        for (key, value) in object(principal_tags, PRINCIPAL_TAGS)? {
            tags.push((key.clone(), nested_value(value)?));
        }
    }
    if let Some(value) = present(claim, TRANSITIVE_TAG_KEYS) {
        transitive.extend(keys(value)?);
    }
    Ok(())
}

fn present<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn object<'v>(value: &'v Value, claim: &'static str) -> Result<&'v Map<String, Value>, TagError> {
    value.as_object().ok_or(TagError::Shape { claim, expected: "an object" })
}

/// STS refuses a bare text here.
fn nested_value(value: &Value) -> Result<String, TagError> {
    match value.as_array().map(Vec::as_slice) {
        Some([Value::String(text)]) => Ok(text.clone()),
        _ => Err(TagError::Shape {
            claim: "value of a tag in principal_tags",
            expected: "a list of exactly one text",
        }),
    }
}

fn flat_value(value: &Value) -> Result<String, TagError> {
    let expected = "a text";
    value
        .as_str()
        .map(str::to_owned)
        .ok_or(TagError::Shape { claim: "…/principal_tags/… claim", expected })
}

fn keys(value: &Value) -> Result<Vec<String>, TagError> {
    let texts =
        value.as_array().and_then(|keys| keys.iter().map(|key| key.as_str().map(str::to_owned)).collect());
    texts.ok_or(TagError::Shape { claim: TRANSITIVE_TAG_KEYS, expected: "a list of texts" })
}
