//! What the MCP server says of its tools, kept for a while: one list for each role session, MCP session and revision, because a
//! server may show each of them another one. Lists go with their gateway, so none outlives a change of the upstream.

use std::{future::Future, sync::Arc};

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderValue, StatusCode};
use quick_cache::sync::Cache;
use rolecall_core::{
    authorize::{AnswerForm, PageReader, ToolList, ToolPage, Unreadable},
    exchange::CredentialKey,
    mcp::{Message, protocol_version},
    rejection::Rejection,
    relay::SESSION_ID,
};

use crate::{
    call::{Broken, Call},
    jwks::now,
    upstream::UpstreamAnswer,
};

/// Lists kept at once, of 256 KiB at most; the least recently used goes first.
const KEPT_LISTS: usize = 128;
/// Seconds after which a list is asked for again: a server's tools change with its releases.
const KEPT_FOR: u64 = 300;

/// The lists at hand.
pub struct ToolLists(Cache<ToolListKey, Kept>);

/// Whose list it is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ToolListKey {
    credentials: CredentialKey,
    /// SHA-256 of MCP session and revision, which are of any length.
    session: [u8; SHA256_OUTPUT_LEN],
}

#[derive(Clone)]
struct Kept {
    list: Arc<ToolList>,
    /// Seconds since the epoch.
    until: u64,
}

impl ToolListKey {
    /// Of this call, made with credentials of this key.
    #[must_use]
    pub fn new(credentials: &CredentialKey, call: &Call, message: &Message<'_>) -> Self {
        let session = call.headers.get(SESSION_ID).map(HeaderValue::as_bytes).unwrap_or_default();
        let revision = protocol_version(&call.headers, message).unwrap_or_default();
        let mut digest = Context::new(&SHA256);
        for part in [session, revision.as_bytes()] {
            digest.update(&part.len().to_be_bytes());
            digest.update(part);
        }
        let mut session = [0; SHA256_OUTPUT_LEN];
        session.copy_from_slice(digest.finish().as_ref());
        Self { credentials: credentials.clone(), session }
    }
}

impl Default for ToolLists {
    fn default() -> Self {
        Self(Cache::new(KEPT_LISTS))
    }
}

impl ToolLists {
    /// The list of this key, kept or fetched; of those who wait for one key, one fetches.
    ///
    /// # Errors
    /// Those of `fetch`; nothing is kept then.
    pub async fn get_or_fetch(
        &self,
        key: &ToolListKey,
        fetch: impl Future<Output = Result<ToolList, Rejection>>,
    ) -> Result<Arc<ToolList>, Rejection> {
        if self.0.get(key).is_some_and(|kept| kept.until <= now()) {
            self.0.remove(key);
        }
        let fetch = async {
            let list = Arc::new(fetch.await?);
            Ok(Kept { list, until: now().saturating_add(KEPT_FOR) })
        };
        self.0.get_or_insert_async(key, fetch).await.map(|kept| kept.list)
    }
}

/// The page in an answer; a session that is over is told as the call itself would have been told.
///
/// # Errors
/// [`Rejection::ToolsUnlisted`], [`Rejection::SessionEnded`] where the request was `in_session`, and
/// [`Rejection::UpstreamUnavailable`] where the answer breaks off.
pub async fn page(
    mut answer: UpstreamAnswer,
    mut reader: PageReader,
    in_session: bool,
) -> Result<ToolPage, Rejection> {
    let unlisted = Rejection::ToolsUnlisted;
    match AnswerForm::of(answer.status, &answer.headers) {
        _ if in_session && answer.status == StatusCode::NOT_FOUND => Err(Rejection::SessionEnded),
        AnswerForm::Document => {
            while let Some(chunk) = next_chunk(&mut answer).await? {
                reader.feed_document(&chunk).map_err(unlisted)?;
            }
            reader.document().map_err(unlisted)
        }
        AnswerForm::Events if answer.status == StatusCode::OK => {
            while let Some(chunk) = next_chunk(&mut answer).await? {
                if let Some(page) = reader.feed_events(&chunk).map_err(unlisted)? {
                    return Ok(page);
                }
            }
            reader.last_event().map_err(unlisted)
        }
        AnswerForm::Unknown => Err(unlisted(Unreadable::Form)),
        AnswerForm::Events | AnswerForm::ErrorDocument | AnswerForm::ErrorText => {
            Err(unlisted(Unreadable::Refused))
        }
    }
}

async fn next_chunk(answer: &mut UpstreamAnswer) -> Result<Option<Bytes>, Rejection> {
    if !answer.beginning.is_empty() {
        return Ok(Some(std::mem::take(&mut answer.beginning)));
    }
    let Some(rest) = &mut answer.rest else { return Ok(None) };
    rest.next().await.transpose().map_err(|Broken| Rejection::UpstreamUnavailable)
}
