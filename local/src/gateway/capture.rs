//! What a child process prints, readable while it runs.
//! Lines are kept whole and in order until the capture is dropped.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::watch,
};

use crate::{Error, Result};

/// The lines printed so far; clones see the same.
#[derive(Debug, Clone)]
pub struct Captured(watch::Sender<Vec<String>>);

impl Captured {
    /// Reads `pipe` to its end in the background.
    pub(super) fn from(pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let captured = Self(watch::Sender::new(Vec::new()));
        let lines = captured.0.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::new(pipe);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line).await, Ok(1..)) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                line.clear();
                lines.send_modify(|all| all.push(text));
            }
        });
        captured
    }

    /// The lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    /// Everything so far as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.borrow().join("\n")
    }

    /// Waits until the lines satisfy a condition, and returns them.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub async fn wait_for(
        &self,
        condition: impl Fn(&[String]) -> bool,
        timeout: Duration,
    ) -> Result<Vec<String>> {
        let mut lines = self.0.subscribe();
        match tokio::time::timeout(timeout, lines.wait_for(|all| condition(all))).await {
            Ok(Ok(all)) => Ok(all.clone()),
            _ => Err(Error::Timeout("the gateway to print something")),
        }
    }
}
