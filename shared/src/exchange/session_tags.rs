//! The session tags of an AssumeRole call. Trust and access policies decide by them, so they go to STS whole or not at
//! all: what STS would not take is an error, never left out.

use std::{collections::HashSet, fmt, sync::LazyLock};

use regex::Regex;

use super::TagError;

/// Limits of `Tags` (STS API reference, AssumeRole and Tag), in tags and characters.
pub(crate) const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Keys that begin so are AWS's own, in any case.
const RESERVED_PREFIX: &str = "aws:";

/// Tags that STS takes, as far as a caller can know.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct SessionTags {
    tags: Vec<(String, String)>,
    transitive: Vec<String>,
}

/// Keys only: values may be personal.
impl fmt::Debug for SessionTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.tags.iter().map(|(key, _)| key)).finish()
    }
}

impl SessionTags {
    /// Takes keys with their values, in any order, and the keys of the tags that go on to sessions made from this one.
    ///
    /// # Errors
    /// [`TagError`]: more than 50 tags; a key of more than 128 characters or a value of more than 256; a character that is
    /// no letter, number or space and none of `_.:/=+-@`; a reserved key; two keys that differ at most in case; a
    /// transitive key without its tag.
    pub fn new(mut tags: Vec<(String, String)>, mut transitive: Vec<String>) -> Result<Self, TagError> {
        if tags.len() > MAX_TAGS {
            return Err(TagError::TooMany { count: tags.len() });
        }
        let mut known = HashSet::new();
        for (key, value) in &tags {
            check_key(key).map_err(|problem| TagError::Key { problem })?;
            check_value(value).map_err(|problem| TagError::Value { key: key.clone(), problem })?;
            if !known.insert(key.to_lowercase()) {
                return Err(TagError::Twice { key: key.clone() });
            }
        }
        if !transitive.iter().all(|key| known.contains(&key.to_lowercase())) {
            return Err(TagError::TransitiveWithoutTag);
        }
        // One order for one set: sessions with the same tags are the same.
        tags.sort();
        transitive.sort();
        transitive.dedup();
        Ok(Self { tags, transitive })
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Keys of the tags that go on to sessions made from this one.
    pub fn transitive(&self) -> impl Iterator<Item = &str> {
        self.transitive.iter().map(String::as_str)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }
}

/// What is wrong with a tag's key, as the end of a sentence.
pub(crate) fn check_key(key: &str) -> Result<(), &'static str> {
    if key.is_empty() {
        Err("is empty")
    } else if key.chars().count() > MAX_KEY {
        Err("has more than 128 characters")
    } else if !is_tag_text(key) {
        Err(FOREIGN_CHARACTER)
    } else if key.get(..RESERVED_PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(RESERVED_PREFIX))
    {
        Err("begins with aws:, which AWS keeps for itself")
    } else {
        Ok(())
    }
}

fn check_value(value: &str) -> Result<(), &'static str> {
    if value.chars().count() > MAX_VALUE {
        Err("has more than 256 characters")
    } else if !is_tag_text(value) {
        Err(FOREIGN_CHARACTER)
    } else {
        Ok(())
    }
}

const FOREIGN_CHARACTER: &str = "has a character other than letters, numbers, spaces and _ . : / = + - @";

/// The pattern of keys and values (STS API reference, Tag).
static TAG_TEXT: LazyLock<Result<Regex, regex::Error>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$"));

fn is_tag_text(text: &str) -> bool {
    TAG_TEXT.as_ref().is_ok_and(|pattern| pattern.is_match(text))
}
