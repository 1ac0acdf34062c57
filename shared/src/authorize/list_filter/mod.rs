//! Hides the items of lists that the caller could never use: an item stays when *some* call of it could be permitted.
//!
//! Only the bytes of hidden items are cut out of an answer; an answer that can't be understood is withheld whole.

mod answer;
pub(super) mod event;
pub(super) mod events;
pub(super) mod message;
mod possible;

use std::{ops::Range, sync::Arc};

use super::{Authorization, Caller, Connection, Denial, List, entities::Asker};
pub use answer::{AnswerForm, MAX_ANSWER_BYTES};
pub use events::{EventFilter, Filtered};
use message::Item;
pub use message::Unreadable;

/// What one caller may see of lists.
#[derive(Clone, Debug)]
pub struct ListFilter {
    authorization: Arc<Authorization>,
    asker: Asker,
    expected: Option<List>,
}

impl ListFilter {
    /// For answers to a caller; `expected` is the list that was asked for, `None` where an answer may or may not bring one.
    ///
    /// # Errors
    /// [`Denial`] where the caller cannot be put to the policies.
    pub fn new(
        authorization: &Arc<Authorization>,
        caller: &Caller<'_>,
        connection: &Connection<'_>,
        expected: Option<List>,
    ) -> Result<Self, Denial> {
        let asker = authorization.asker(caller, connection)?;
        Ok(Self { authorization: Arc::clone(authorization), asker, expected })
    }

    /// A JSON document without the hidden items; `None` where nothing is hidden.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn document(&self, json: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
        Ok(without(json, &self.hidden(json)?))
    }

    /// The body of an error status: as [`Self::document`], and what is no message at all has no items either.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn error_document(&self, body: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
        let lenient = Self { expected: None, ..self.clone() };
        match lenient.document(body) {
            Err(Unreadable::NotJson | Unreadable::NotAMessage) => Ok(None),
            read => read,
        }
    }

    /// An item's own annotations count, whatever other answers say of it.
    fn keeps(&self, list: List, item: &Item<'_>) -> Result<bool, Unreadable> {
        let is_asked_for = list == List::Tools && self.authorization.policies.ask_for_annotations;
        let annotations = if is_asked_for { item.annotations()? } else { None };
        Ok(self.authorization.could_permit(&self.asker, list, &item.id, annotations.as_ref()))
    }

    /// The bytes of hidden items.
    fn hidden(&self, json: &[u8]) -> Result<Vec<Range<usize>>, Unreadable> {
        message::hidden(json, self.expected, &mut |list, item| self.keeps(list, item))
    }
}

/// `bytes` without these ranges, which are in order; `None` where there are none.
fn without(bytes: &[u8], ranges: &[Range<usize>]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for range in ranges {
        kept.extend_from_slice(bytes.get(at..range.start).unwrap_or_default());
        at = range.end;
    }
    kept.extend_from_slice(bytes.get(at..).unwrap_or_default());
    (!ranges.is_empty()).then_some(kept)
}
