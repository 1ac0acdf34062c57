//! The MCP server's list of its tools, asked for page by page because policies look at annotations.
//!
//! Invariant: a [`ToolList`] is whole. What can't be read for certain makes no list, so that no call is decided as though its
//! tool had no annotations.

mod page;
mod request;

use std::collections::{HashMap, hash_map::Entry};

use super::{Annotations, Unreadable, list_filter::message::MAX_PAGES};
pub use page::{PageReader, ToolPage};
use request::ListRequest;

/// Bytes of names and annotations in one list; the whole of AWS's has a few thousand.
const MAX_KEPT_BYTES: usize = 256 * 1024;

/// What a server says of its tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolList(HashMap<String, Option<Annotations>>);

/// A list on its way: the pages so far.
#[derive(Debug)]
pub struct ToolListing {
    request: ListRequest,
    collected: Collected,
}

/// The tools of some pages.
#[derive(Debug, Default)]
struct Collected {
    tools: HashMap<String, Option<Annotations>>,
    bytes: usize,
}

/// A list after one more page.
#[derive(Debug)]
pub enum Listed {
    /// There is another page.
    More(ToolListing),
    /// That was the last.
    Whole(ToolList),
}

impl ToolList {
    /// Reads an answer to `tools/list` that somebody has saved: the JSON-RPC response, whatever its id, or only its `result`.
    /// `None` where the list goes on on another page.
    ///
    /// # Errors
    /// [`Unreadable`], for what would make no list in the gateway either.
    pub fn saved(json: &[u8]) -> Result<Option<Self>, Unreadable> {
        let mut collected = Collected::default();
        let next_cursor = collected.add(ToolPage::saved(json)?)?;
        Ok(next_cursor.is_none().then_some(Self(collected.tools)))
    }

    /// The annotations of a tool; `None` where the list has none for it, or not the tool.
    #[must_use]
    pub fn annotations(&self, tool: &str) -> Option<&Annotations> {
        self.0.get(tool)?.as_ref()
    }
}

impl ToolListing {
    /// The listing that the decision on this `tools/call` waits for; its requests carry what MCP 2026-07-28 demands of every
    /// request, as the call has it.
    #[must_use]
    pub fn for_call(call: &[u8]) -> Self {
        Self { request: ListRequest::for_call(call), collected: Collected::default() }
    }

    /// The JSON-RPC request for the next page.
    #[must_use]
    pub fn request_body(&self) -> Vec<u8> {
        self.request.body()
    }

    /// Reads the answer to it.
    #[must_use]
    pub fn reader(&self) -> PageReader {
        PageReader::new(self.request.id())
    }

    /// Adds the page that was read.
    ///
    /// # Errors
    /// [`Unreadable`] where the list has no end or contradicts itself.
    pub fn with_page(mut self, page: ToolPage) -> Result<Listed, Unreadable> {
        match self.collected.add(page)? {
            None => Ok(Listed::Whole(ToolList(self.collected.tools))),
            Some(_) if self.request.page() >= MAX_PAGES => Err(Unreadable::TooManyPages),
            Some(cursor) => {
                self.request.turn_to(cursor);
                Ok(Listed::More(self))
            }
        }
    }
}

impl Collected {
    /// Adds a page; gives the cursor of the next.
    fn add(&mut self, page: ToolPage) -> Result<Option<String>, Unreadable> {
        self.bytes = self.bytes.saturating_add(page.bytes());
        if self.bytes > MAX_KEPT_BYTES {
            return Err(Unreadable::TooLarge);
        }
        for (name, annotations) in page.tools {
            match self.tools.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(annotations);
                }
                Entry::Occupied(held) if *held.get() == annotations => {}
                Entry::Occupied(_) => return Err(Unreadable::ToolTwice),
            }
        }
        Ok(page.next_cursor)
    }
}

#[cfg(test)]
mod tests;
