//! JSON read so that no two parsers can take it for different things: no key twice in an object, at any depth, and every
//! number as the text that was sent. Depth and number of values are bounded.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// Levels of arrays and objects. Every level is scanned once for each level above it.
pub const MAX_DEPTH: usize = 32;
/// Values in one document, keys not counted.
pub const MAX_VALUES: usize = 50_000;

/// A JSON value; texts and numbers borrow from the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(&'a str),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object, its members in the order they stand.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Why a document is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON (RFC 8259).
    #[error("is not valid JSON in UTF-8")]
    NotJson,
    /// A key twice in one object.
    #[error("has a key twice in one object")]
    DuplicateKey,
    /// More than [`MAX_DEPTH`] levels.
    #[error("is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More than [`MAX_VALUES`] values.
    #[error("has more than {MAX_VALUES} values")]
    TooManyValues,
}

impl<'a> Json<'a> {
    /// Reads one document.
    ///
    /// # Errors
    /// [`JsonError`].
    pub fn read(document: &'a str) -> Result<Self, JsonError> {
        let raw: &RawValue = serde_json::from_str(document).map_err(|_| JsonError::NotJson)?;
        Reader { values_left: MAX_VALUES }.value(raw, MAX_DEPTH)
    }

    /// The member called `key` of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The members of an object; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[(Cow<'a, str>, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

struct Reader {
    values_left: usize,
}

impl Reader {
    fn value<'a>(&mut self, raw: &'a RawValue, depth: usize) -> Result<Json<'a>, JsonError> {
        self.values_left = self.values_left.checked_sub(1).ok_or(JsonError::TooManyValues)?;
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let members: Members<'a> = self.inside(text, depth)?;
                let Members(members) = members.without_duplicates()?;
                let members: Result<_, _> = members
                    .into_iter()
                    .map(|(key, value)| Ok((key.0, self.value(value, depth.saturating_sub(1))?)))
                    .collect();
                Json::Object(members?)
            }
            Some(b'[') => {
                let Items(items) = self.inside(text, depth)?;
                let items: Result<_, _> =
                    items.into_iter().map(|item| self.value(item, depth.saturating_sub(1))).collect();
                Json::List(items?)
            }
            Some(b'"') => Json::Text(parse::<Text<'a>>(text)?.0),
            Some(b't') => Json::Bool(true),
            Some(b'f') => Json::Bool(false),
            Some(b'n') => Json::Null,
            _ => Json::Number(text),
        })
    }

    fn inside<'a, T: Deserialize<'a> + Counted>(&self, text: &'a str, depth: usize) -> Result<T, JsonError> {
        if depth == 0 {
            return Err(JsonError::TooDeep);
        }
        let inside: T = parse(text)?;
        if inside.count() > self.values_left { Err(JsonError::TooManyValues) } else { Ok(inside) }
    }
}

/// Names and unread values.
type RawMembers<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// The members of an object, none of them twice, their values unread; `None` of anything else.
pub(super) fn members(raw: &RawValue) -> Result<Option<RawMembers<'_>>, JsonError> {
    if !raw.get().starts_with('{') {
        return Ok(None);
    }
    let Members(members) = parse::<Members<'_>>(raw.get())?.without_duplicates()?;
    if members.len() > MAX_VALUES {
        return Err(JsonError::TooManyValues);
    }
    Ok(Some(members.into_iter().map(|(key, value)| (key.0, value)).collect()))
}

/// The items of an array, unread; `None` of anything else.
pub(super) fn items(raw: &RawValue) -> Result<Option<Vec<&RawValue>>, JsonError> {
    if !raw.get().starts_with('[') {
        return Ok(None);
    }
    let Items(items) = parse(raw.get())?;
    if items.len() > MAX_VALUES { Err(JsonError::TooManyValues) } else { Ok(Some(items)) }
}

/// The text of a string.
pub(super) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    parse::<Text<'_>>(raw.get()).ok().map(|text| text.0)
}

/// The first of `names` that a key resembles without being it: some parsers match keys without regard to case, by Unicode's
/// simple folding.
pub(super) fn look_alike<'k>(
    keys: impl Iterator<Item = &'k str>,
    names: &[&'static str],
) -> Option<&'static str> {
    let folded = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    let is_alike =
        |key: &str, name: &str| key != name && key.chars().map(folded).eq(name.chars().map(folded));
    keys.into_iter().find_map(|key| names.iter().copied().find(|name| is_alike(key, name)))
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|_| JsonError::NotJson)
}

trait Counted {
    fn count(&self) -> usize;
}

/// A JSON string, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Of an object; one more than [`MAX_VALUES`] at most, so that memory is bounded before anything is counted.
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

/// Of an array; bounded likewise.
struct Items<'a>(Vec<&'a RawValue>);

impl Members<'_> {
    fn without_duplicates(self) -> Result<Self, JsonError> {
        let mut seen = HashSet::with_capacity(self.0.len());
        let is_unique = self.0.iter().all(|(key, _)| seen.insert(key.0.as_ref()));
        if is_unique { Ok(self) } else { Err(JsonError::DuplicateKey) }
    }
}

impl Counted for Members<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }
}

impl Counted for Items<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while members.len() <= MAX_VALUES {
                    let Some(member) = map.next_entry()? else { return Ok(Members(members)) };
                    members.push(member);
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Read)
    }
}

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while items.len() <= MAX_VALUES {
                    let Some(item) = seq.next_element()? else { return Ok(Items(items)) };
                    items.push(item);
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Items(items))
            }
        }

        deserializer.deserialize_seq(Read)
    }
}
