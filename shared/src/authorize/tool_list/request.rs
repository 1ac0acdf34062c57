//! The gateway's own `tools/list` request, inside the exchange of the call that it is for.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::mcp::{Message, RequestId, loggable, method};

/// `_meta` entries that the protocol itself defines: revision, client and its capabilities (MCP 2026-07-28). Others of the call,
/// its progress token for example, belong to the call.
const PROTOCOL_META: &str = "io.modelcontextprotocol/";

/// The request for one page.
#[derive(Debug)]
pub(super) struct ListRequest {
    call_id: String,
    /// Members of `_meta`, with commas between them.
    meta: String,
    cursor: Option<String>,
    page: usize,
}

impl ListRequest {
    /// The first page's, for this call.
    pub(super) fn for_call(call: &[u8]) -> Self {
        let message = Message::peek(call);
        let call_id = message.request_id().map(RequestId::as_json).map(loggable).unwrap_or_default();
        Self { call_id: call_id.to_owned(), meta: protocol_meta(call), cursor: None, page: 1 }
    }

    /// Its number, from 1.
    pub(super) fn page(&self) -> usize {
        self.page
    }

    /// Goes on to the page that this cursor leads to.
    pub(super) fn turn_to(&mut self, cursor: String) {
        self.cursor = Some(cursor);
        self.page = self.page.saturating_add(1);
    }

    /// An id that no other request of the session has: the client's own ids are unique in it, and none begins like this.
    pub(super) fn id(&self) -> String {
        format!("rolecall/tools/{}/{}", self.page, self.call_id)
    }

    /// The message.
    pub(super) fn body(&self) -> Vec<u8> {
        let id = Value::from(self.id());
        let cursor = self.cursor.as_deref().map(|cursor| format!("\"cursor\":{}", Value::from(cursor)));
        let meta = (!self.meta.is_empty()).then(|| format!("\"_meta\":{{{}}}", self.meta));
        let params: Vec<String> = cursor.into_iter().chain(meta).collect();
        let params = params.join(",");
        let method = method::TOOLS_LIST;
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#).into_bytes()
    }
}

/// The entries of the call's `_meta` that every request of its revision has.
fn protocol_meta(call: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Call<'a> {
        #[serde(borrow)]
        params: Params<'a>,
    }
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow, rename = "_meta")]
        meta: BTreeMap<Cow<'a, str>, &'a RawValue>,
    }
    let Ok(call) = serde_json::from_slice::<Call<'_>>(call) else { return String::new() };
    let entries = call.params.meta.iter().filter(|(name, _)| name.starts_with(PROTOCOL_META));
    let entries: Vec<String> =
        entries.map(|(name, value)| format!("{}:{}", Value::from(name.as_ref()), value.get())).collect();
    entries.join(",")
}
