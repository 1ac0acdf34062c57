//! Why a command could not run. An answer that is no is a report, not a failure.

use std::{io, path::PathBuf};

use rolecall_gateway::config_source::ConfigError;

/// Ends with exit code 2; each message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration cannot be read, or is none.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// A file that an argument names.
    #[error("{}: {reason}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: io::Error,
    },
}
