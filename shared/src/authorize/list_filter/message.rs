//! Finds the items of a list in a JSON-RPC message, and the bytes to cut so that hidden ones are gone and all else stays.

use std::{borrow::Cow, ops::Range};

use serde_json::value::RawValue;

use super::super::{
    Annotations, JsonError, List,
    annotations::ANNOTATIONS,
    json::{self, look_alike},
};

/// More items than any server lists on one page.
const MAX_ITEMS: usize = 4096;
/// More pages than any server has.
pub(in crate::authorize) const MAX_PAGES: usize = 32;
const LISTS: [List; 4] = [List::Tools, List::Prompts, List::Resources, List::ResourceTemplates];
const ENVELOPE: [&str; 5] = ["id", "method", "params", "result", "error"];
const MEMBERS: [&str; 4] = ["tools", "prompts", "resources", "resourceTemplates"];

/// Why an answer can't be understood for certain. Its text completes "the MCP server's answer …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A status other than 200, a media type other than the two of MCP, or several.
    #[error("is not of a status and media type that lists have")]
    Form,
    /// More than [`super::MAX_ANSWER_BYTES`].
    #[error("is too large")]
    TooLarge,
    /// RFC 8259 section 8.1 forbids it, and not every parser skips it.
    #[error("starts with a byte order mark")]
    ByteOrderMark,
    /// Not JSON in UTF-8.
    #[error("is not valid JSON in UTF-8")]
    NotJson,
    /// A JSON array.
    #[error("is a JSON-RPC batch")]
    Batch,
    /// Neither a response, a request nor a notification.
    #[error("is not a JSON-RPC message")]
    NotAMessage,
    /// A result beside an error or a method.
    #[error("is several JSON-RPC messages in one")]
    Ambiguous,
    /// A key twice in one object, or beside one that some parsers take for the same.
    #[error("has a key twice in one object")]
    DuplicateKey,
    /// A list where no client expects one.
    #[error("has a list outside a result")]
    Misplaced,
    /// A result without the list that was asked for, or one that is no array.
    #[error("lacks the list that was asked for")]
    NoList,
    /// An item without its name or URI.
    #[error("has a list item without a name")]
    Nameless,
    /// More than 4096.
    #[error("has more than {MAX_ITEMS} list items")]
    TooManyItems,
    /// An error in place of a list, as a status or as a message.
    #[error("is an error")]
    Refused,
    /// A response with another id, or none before the end.
    #[error("lacks the response to the gateway's request")]
    NoResponse,
    /// A tool on a list twice, with different annotations.
    #[error("has a tool twice, with different annotations")]
    ToolTwice,
    /// A list that goes on.
    #[error("has more than {MAX_PAGES} pages")]
    TooManyPages,
}

pub(in crate::authorize) type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// An item of a list.
pub(in crate::authorize) struct Item<'a> {
    /// The name or URI by which calls name it.
    pub(in crate::authorize) id: Cow<'a, str>,
    annotations: Option<&'a RawValue>,
}

/// The bytes that hold items for which `keeps` says no, in order; each range takes the comma along.
pub(super) fn hidden(
    json: &[u8],
    expected: Option<List>,
    keeps: &mut impl FnMut(List, &Item<'_>) -> Result<bool, Unreadable>,
) -> Result<Vec<Range<usize>>, Unreadable> {
    let (text, message) = message(json)?;
    let Some(result) = result(&message)? else { return Ok(Vec::new()) };
    let Some(result) = object(result, &MEMBERS)? else {
        return if expected.is_none() { Ok(Vec::new()) } else { Err(Unreadable::NoList) };
    };
    if expected.is_some_and(|list| member(&result, list.member()).is_none()) {
        return Err(Unreadable::NoList);
    }
    let mut ranges = Vec::new();
    for list in LISTS {
        if let Some(items) = member(&result, list.member()) {
            ranges.extend(hidden_items(text, list, items, keeps)?);
        }
    }
    ranges.sort_by_key(|range| range.start);
    Ok(ranges)
}

/// The text of one message, and its members.
pub(in crate::authorize) fn message(json: &[u8]) -> Result<(&str, Members<'_>), Unreadable> {
    let text = std::str::from_utf8(json).map_err(|_| Unreadable::NotJson)?;
    if text.starts_with('\u{feff}') {
        return Err(Unreadable::ByteOrderMark);
    }
    let message: &RawValue = serde_json::from_str(text).map_err(|_| Unreadable::NotJson)?;
    if message.get().starts_with('[') {
        return Err(Unreadable::Batch);
    }
    let members = object(message, &ENVELOPE)?.ok_or(Unreadable::NotAMessage)?;
    Ok((text, members))
}

/// The result of a response; `None` of every other message.
pub(in crate::authorize) fn result<'a>(message: &Members<'a>) -> Result<Option<&'a RawValue>, Unreadable> {
    let member = |name: &str| member(message, name);
    // Some servers write the one of the two that does not apply as null.
    let present = |name: &str| member(name).filter(|value| value.get() != "null");
    match (member("method"), present("result"), present("error")) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => Err(Unreadable::Ambiguous),
        (Some(_), None, None) => has_no_list(member("id"), member("params")),
        (None, None, None) if member("result").is_none() => Err(Unreadable::NotAMessage),
        (None, None, Some(_)) => Ok(None),
        (None, result, None) => Ok(result.or_else(|| member("result"))),
    }
}

/// A request of the server may offer tools to the client's model; a notification has no lists.
fn has_no_list<'a>(
    id: Option<&RawValue>,
    params: Option<&'a RawValue>,
) -> Result<Option<&'a RawValue>, Unreadable> {
    let params = params.map(|params| object(params, &MEMBERS)).transpose()?.flatten().unwrap_or_default();
    let has_list = MEMBERS.iter().any(|name| member(&params, name).is_some());
    if id.is_none() && has_list { Err(Unreadable::Misplaced) } else { Ok(None) }
}

fn hidden_items(
    text: &str,
    list: List,
    items: &RawValue,
    keeps: &mut impl FnMut(List, &Item<'_>) -> Result<bool, Unreadable>,
) -> Result<Vec<Range<usize>>, Unreadable> {
    let items = items_of(items)?;
    let places: Vec<Range<usize>> = items.iter().map(|item| place(text, item)).collect();
    let mut ranges = Vec::new();
    let mut kept_before = None;
    for (index, item) in items.into_iter().enumerate() {
        let Some(own) = places.get(index) else { continue };
        if keeps(list, &Item::read(list, item)?)? {
            kept_before = Some(index);
            continue;
        }
        // From the end of the item before, so that its comma goes; before the first that stays, up to the next item.
        let next = index.checked_add(1).and_then(|next| places.get(next));
        let before = kept_before.and(index.checked_sub(1)).and_then(|before| places.get(before));
        ranges.push(match (before, next) {
            (Some(before), _) => before.end..own.end,
            (None, Some(next)) => own.start..next.start,
            (None, None) => own.clone(),
        });
    }
    Ok(ranges)
}

/// The items of a list, unread.
pub(in crate::authorize) fn items_of(list: &RawValue) -> Result<Vec<&RawValue>, Unreadable> {
    let items = json::items(list).map_err(unreadable)?.ok_or(Unreadable::NoList)?;
    if items.len() > MAX_ITEMS { Err(Unreadable::TooManyItems) } else { Ok(items) }
}

impl<'a> Item<'a> {
    /// Reads an item of this list.
    pub(in crate::authorize) fn read(list: List, item: &'a RawValue) -> Result<Self, Unreadable> {
        let key = list.item_key();
        let members = object(item, &[key, ANNOTATIONS])?.ok_or(Unreadable::Nameless)?;
        let id = member(&members, key).and_then(json::text).ok_or(Unreadable::Nameless)?;
        Ok(Self { id, annotations: member(&members, ANNOTATIONS) })
    }

    /// What the server says of it, where it says anything.
    pub(in crate::authorize) fn annotations(&self) -> Result<Option<Annotations>, Unreadable> {
        self.annotations.map(|json| Annotations::read(json.get()).map_err(unreadable)).transpose()
    }
}

/// The members of an object, none twice; `None` of anything else.
pub(in crate::authorize) fn object<'a>(
    raw: &'a RawValue,
    names: &[&'static str],
) -> Result<Option<Members<'a>>, Unreadable> {
    let Some(members) = json::members(raw).map_err(unreadable)? else { return Ok(None) };
    match look_alike(members.iter().map(|(key, _)| key.as_ref()), names) {
        Some(_) => Err(Unreadable::DuplicateKey),
        None => Ok(Some(members)),
    }
}

fn unreadable(error: JsonError) -> Unreadable {
    match error {
        JsonError::NotJson => Unreadable::NotJson,
        JsonError::DuplicateKey => Unreadable::DuplicateKey,
        JsonError::TooDeep | JsonError::TooManyValues => Unreadable::TooLarge,
    }
}

pub(in crate::authorize) fn member<'a>(members: &Members<'a>, name: &str) -> Option<&'a RawValue> {
    members.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
}

/// Where `part` stands in `text`, from which it borrows.
fn place(text: &str, part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start.saturating_add(part.get().len())
}
