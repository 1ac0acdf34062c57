//! One page of a tool list, out of a JSON document or an event stream.

use serde_json::value::RawValue;

use super::super::{
    Annotations, List, MAX_ANSWER_BYTES, Unreadable, json,
    list_filter::{
        event::message_data,
        events::Events,
        message::{Item, items_of, member, message, object, result},
    },
};

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub struct ToolPage {
    pub(super) tools: Vec<(String, Option<Annotations>)>,
    pub(super) next_cursor: Option<String>,
}

/// Reads the answer to one request as it arrives.
#[derive(Debug)]
pub struct PageReader {
    id: String,
    document: Vec<u8>,
    events: Events,
    event_bytes: usize,
}

impl ToolPage {
    /// Bytes that are kept of it.
    pub(super) fn bytes(&self) -> usize {
        let annotations =
            |annotations: &Option<Annotations>| annotations.as_ref().map_or(0, Annotations::len);
        let tools = self.tools.iter().map(|(name, of)| name.len().saturating_add(annotations(of)));
        tools.chain(self.next_cursor.as_ref().map(String::len)).fold(0, usize::saturating_add)
    }

    /// The page in a JSON-RPC message; `None` where that is no response.
    fn read(json: &[u8], id: &str) -> Result<Option<Self>, Unreadable> {
        let (_, message) = message(json)?;
        let Some(result) = result(&message)? else {
            return if member(&message, "method").is_some() { Ok(None) } else { Err(Unreadable::Refused) };
        };
        if member(&message, "id").and_then(json::text).as_deref() != Some(id) {
            return Err(Unreadable::NoResponse);
        }
        Self::of_result(result).map(Some)
    }

    /// The page in a response to anybody, or in its result alone.
    pub(super) fn saved(json: &[u8]) -> Result<Self, Unreadable> {
        if json.len() > MAX_ANSWER_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let (text, message) = message(json)?;
        match result(&message) {
            Ok(Some(result)) => Self::of_result(result),
            Ok(None) if member(&message, "method").is_some() => Err(Unreadable::NoResponse),
            Ok(None) => Err(Unreadable::Refused),
            Err(Unreadable::NotAMessage) => {
                Self::of_result(serde_json::from_str(text).map_err(|_| Unreadable::NotJson)?)
            }
            Err(error) => Err(error),
        }
    }

    fn of_result(result: &RawValue) -> Result<Self, Unreadable> {
        let list = List::Tools;
        let result = object(result, &[list.member(), "nextCursor"])?.ok_or(Unreadable::NoList)?;
        let items = member(&result, list.member()).ok_or(Unreadable::NoList)?;
        let tools: Result<_, _> = items_of(items)?
            .into_iter()
            .map(|item| {
                let item = Item::read(list, item)?;
                let annotations = item.annotations()?;
                Ok((item.id.into_owned(), annotations))
            })
            .collect();
        let next_cursor = match member(&result, "nextCursor").filter(|cursor| cursor.get() != "null") {
            None => None,
            Some(cursor) => Some(json::text(cursor).ok_or(Unreadable::NoList)?.into_owned()),
        };
        // Clients take an empty cursor for the end.
        Ok(Self { tools: tools?, next_cursor: next_cursor.filter(|cursor| !cursor.is_empty()) })
    }
}

impl PageReader {
    /// For the answer to the request with this id.
    pub(super) fn new(id: String) -> Self {
        Self { id, document: Vec::new(), events: Events::default(), event_bytes: 0 }
    }

    /// Takes the next bytes of a JSON document.
    ///
    /// # Errors
    /// [`Unreadable::TooLarge`].
    pub fn feed_document(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        self.document.extend_from_slice(chunk);
        if self.document.len() > MAX_ANSWER_BYTES { Err(Unreadable::TooLarge) } else { Ok(()) }
    }

    /// The page in the document, which is whole.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn document(self) -> Result<ToolPage, Unreadable> {
        ToolPage::read(&self.document, &self.id)?.ok_or(Unreadable::NoResponse)
    }

    /// Takes the next bytes of an event stream; gives the page once it has come.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn feed_events(&mut self, chunk: &[u8]) -> Result<Option<ToolPage>, Unreadable> {
        self.event_bytes = self.event_bytes.saturating_add(chunk.len());
        if self.event_bytes > MAX_ANSWER_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let (mut page, id) = (None, &self.id);
        self.events.feed(chunk, |event| {
            if let (None, Some(data)) = (&page, message_data(event)?) {
                page = ToolPage::read(&data, id)?;
            }
            Ok(())
        })?;
        Ok(page)
    }

    /// The page in the last event of a stream that ends without a blank line.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn last_event(mut self) -> Result<ToolPage, Unreadable> {
        let data = message_data(&self.events.finish())?.ok_or(Unreadable::NoResponse)?;
        ToolPage::read(&data, &self.id)?.ok_or(Unreadable::NoResponse)
    }
}
