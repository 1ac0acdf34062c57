//! Adds the configured entries to `params._meta` by splicing: every byte that the client sent stays as it is.
//! A message that two parsers could read differently is refused rather than spliced.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::params::Text;

const MAX_MEMBERS: usize = 1024;

/// Why nothing could be added: the client's mistake, `invalid_request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// RFC 8259 section 8.1 forbids it, and not every parser skips it.
    #[error("the request body starts with a byte order mark; send JSON without one")]
    ByteOrderMark,
    /// Not UTF-8, or not JSON.
    #[error("the request body is not valid JSON in UTF-8; send one JSON-RPC message")]
    NotJson,
    /// A JSON array.
    #[error("the request body is a JSON-RPC batch; send one message per request")]
    Batch,
    /// JSON, but neither request, notification nor response.
    #[error("the request body is not a JSON-RPC message; send one with `method`, `result` or `error`")]
    NotAMessage,
    /// A key twice in one object.
    #[error("{0} has a key twice; send every key once")]
    DuplicateKey(Place),
    /// More than 1024 keys in one object, which bounds the memory spent on looking for repeated ones.
    #[error("{0} has more than {MAX_MEMBERS} keys")]
    TooManyKeys(Place),
}

/// The object at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The top level of the body.
    Message,
    /// Its `params`.
    Params,
    /// `params._meta`.
    Meta,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Message => "the JSON-RPC message",
            Self::Params => "`params`",
            Self::Meta => "`params._meta`",
        })
    }
}

/// Merges `entries` into `params._meta` of the one JSON-RPC message in `body`; the client's own value of a key wins.
///
/// `None`: the body goes on as it is, because there is nothing to add or no place for it: no `params`, `params` that is no
/// object, `_meta` that is no object (also `null`; such a message is the upstream's to judge).
///
/// # Errors
/// When the body is not one unambiguous JSON-RPC message. With no `entries` the body is not looked at.
pub fn inject_meta(body: &[u8], entries: &Map<String, Value>) -> Result<Option<Vec<u8>>, MetaError> {
    if entries.is_empty() {
        return Ok(None);
    }
    let message = message(body)?;
    let Some(params) = message.get("params") else { return Ok(None) };
    let Some(params_members) = Members::read(params, Place::Params)? else { return Ok(None) };
    let Some(meta) = params_members.get("_meta") else {
        let object = format!("\"_meta\":{{{}}}", join(entries.iter()));
        return Ok(splice(body, params, &object, params_members.is_empty()));
    };
    let Some(meta_members) = Members::read(meta, Place::Meta)? else { return Ok(None) };
    let missing = entries.iter().filter(|(key, _)| meta_members.get(key).is_none());
    let missing = join(missing);
    if missing.is_empty() {
        return Ok(None);
    }
    Ok(splice(body, meta, &missing, meta_members.is_empty()))
}

fn message(body: &[u8]) -> Result<Members<'_>, MetaError> {
    let text = std::str::from_utf8(body).map_err(|_| MetaError::NotJson)?;
    if text.starts_with('\u{feff}') {
        return Err(MetaError::ByteOrderMark);
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| MetaError::NotJson)?;
    if raw.get().starts_with('[') {
        return Err(MetaError::Batch);
    }
    let message = Members::read(raw, Place::Message)?.ok_or(MetaError::NotAMessage)?;
    let is_message = ["method", "result", "error"].iter().any(|key| message.get(key).is_some());
    if is_message { Ok(message) } else { Err(MetaError::NotAMessage) }
}

/// `"key":value` pairs with commas between them.
fn join<'a>(entries: impl Iterator<Item = (&'a String, &'a Value)>) -> String {
    let pairs: Vec<String> =
        entries.map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
    pairs.join(",")
}

/// `body` with `members` as the first ones of `object`, which lies in it.
fn splice(body: &[u8], object: &RawValue, members: &str, object_is_empty: bool) -> Option<Vec<u8>> {
    let brace = object.get().as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    let (before, after) = body.split_at_checked(brace.checked_add(1)?)?;
    let comma: &[u8] = if object_is_empty { b"" } else { b"," };
    Some([before, members.as_bytes(), comma, after].concat())
}

/// The members of one object in the order they stand, values unread; at most [`MAX_MEMBERS`].
#[derive(Default)]
struct Members<'a> {
    list: Vec<(Cow<'a, str>, &'a RawValue)>,
    overflowed: bool,
}

impl<'a> Members<'a> {
    /// `None` where `raw` is no object.
    fn read(raw: &'a RawValue, place: Place) -> Result<Option<Self>, MetaError> {
        if !raw.get().starts_with('{') {
            return Ok(None);
        }
        let members: Self = serde_json::from_str(raw.get()).map_err(|_| MetaError::NotJson)?;
        if members.overflowed {
            return Err(MetaError::TooManyKeys(place));
        }
        let mut seen = HashSet::new();
        if !members.list.iter().all(|(key, _)| seen.insert(key.as_ref())) {
            return Err(MetaError::DuplicateKey(place));
        }
        Ok(Some(members))
    }

    fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.list.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while members.list.len() < MAX_MEMBERS {
            match map.next_entry::<Text<'de>, &'de RawValue>()? {
                Some((key, value)) => members.list.push((key.0, value)),
                None => return Ok(members),
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            members.overflowed = true;
        }
        Ok(members)
    }
}

#[cfg(test)]
#[path = "meta_tests.rs"]
mod tests;
