//! What a function has answered to one event so far.
//! Chunks are kept as they arrived; [`Progress::http`] reads them as the HTTP answer they mean.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::watch;

use super::http_answer::HttpAnswer;
use crate::{Error, Result};

/// Body bytes that arrived together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// When.
    pub at: Instant,
    /// What.
    pub bytes: Bytes,
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The answer came whole.
    Complete,
    /// The connection broke, or the answer was larger than Lambda takes.
    Broken,
    /// The function reported an error instead of an answer.
    Error(Bytes),
}

/// An invocation as far as it got.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// When the event was handed to the function.
    pub taken_at: Option<Instant>,
    /// Headers of the function's request with the answer.
    pub headers: HeaderMap,
    /// The answer's bytes.
    pub chunks: Vec<Chunk>,
    /// Set at the end.
    pub outcome: Option<Outcome>,
    /// When the end came.
    pub ended_at: Option<Instant>,
}

impl Progress {
    /// All bytes so far.
    #[must_use]
    pub fn raw(&self) -> Vec<u8> {
        self.chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect()
    }

    /// The bytes so far as an HTTP answer; `None` while they are not enough for one, or are none.
    #[must_use]
    pub fn http(&self) -> Option<HttpAnswer> {
        HttpAnswer::read(&self.headers, &self.raw())
    }

    /// When the bytes so far first held `text`.
    #[must_use]
    pub fn arrival_of(&self, text: &str) -> Option<Instant> {
        let mut raw = Vec::new();
        self.chunks.iter().find_map(|chunk| {
            raw.extend_from_slice(&chunk.bytes);
            raw.windows(text.len()).any(|window| window == text.as_bytes()).then_some(chunk.at)
        })
    }
}

/// Follows one invocation.
#[derive(Debug, Clone)]
pub struct Invocation(watch::Receiver<Progress>);

impl Invocation {
    pub(super) fn new(progress: watch::Receiver<Progress>) -> Self {
        Self(progress)
    }

    /// Waits until the progress satisfies a condition, and returns it.
    ///
    /// # Errors
    /// [`Error::Timeout`], also when the Runtime API is gone.
    pub async fn wait_for(
        &mut self,
        condition: impl Fn(&Progress) -> bool,
        timeout: Duration,
    ) -> Result<Progress> {
        match tokio::time::timeout(timeout, self.0.wait_for(|progress| condition(progress))).await {
            Ok(Ok(progress)) => Ok(progress.clone()),
            _ => Err(Error::Timeout("the function's answer")),
        }
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// As [`Invocation::wait_for`].
    pub async fn end(&mut self, timeout: Duration) -> Result<Progress> {
        self.wait_for(|progress| progress.outcome.is_some(), timeout).await
    }
}
