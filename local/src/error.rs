//! What can go wrong while the stack is being set up or asked for something.
//! What the servers answer to their clients is protocol, not an [`Error`].

use std::io;

/// The outcome of setting up or driving a part of the stack.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the stack itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A loopback port could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A key could not be generated, or refused to sign.
    #[error("cryptographic operation failed: {0}")]
    Crypto(&'static str),
    /// A file, a pipe or a child process failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// `cargo build` of the gateway failed, or named no executable.
    #[error("building the gateway failed: {0}")]
    Build(String),
    /// The gateway ended or stayed silent instead of answering `/healthz`.
    #[error("the gateway did not come up: {0}")]
    NotReady(String),
    /// Something awaited did not happen in time.
    #[error("timed out waiting for {0}")]
    Timeout(&'static str),
    /// A sample user by that name does not exist.
    #[error("no such user: {0}")]
    NoSuchUser(String),
}

impl Error {
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
