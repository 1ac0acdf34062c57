//! What a command found out, for people and for programs.

use std::io::{self, Write};

/// Whether the answer is what the operator hopes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Fine,
    /// Exit code 1: there is something to look at, or the answer is no.
    Findings,
}

/// The answer of a command.
pub trait Report {
    /// Decides the exit code.
    fn verdict(&self) -> Verdict;

    /// Writes it for people, with ANSI colours; they are taken away where `out` is no terminal.
    ///
    /// # Errors
    /// Those of `out`.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// The same as one JSON document.
    fn json(&self) -> serde_json::Value;
}
