//! Why a command could not run. An answer that is no is a report, not a failure.

use std::{io, path::PathBuf};

use rolecall_core::config::Findings;
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
    /// The configuration has mistakes, which `rolecall check` is for.
    #[error("{0}\nrun `rolecall check` until it is fine")]
    Mistaken(Findings),
    /// A file that is neither JSON nor YAML.
    #[error("{file}: {reason}; write JSON or YAML")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says.
        reason: String,
    },
    /// A file in which nothing is what the command is about.
    #[error("{file}: {problem}; {remedy}")]
    Useless {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The role map has roles in several accounts, or none in the one that was named.
    #[error("the role map has roles in {accounts}; choose one with --account")]
    Account {
        /// All of them.
        accounts: String,
    },
    /// Roles are to trust the function's execution role.
    #[error(
        "awsSts.exchange is assumeRole; name the function's execution role with --gateway-role (output ExecutionRoleArn of its stack)"
    )]
    GatewayRole,
    /// What is built into the command has gone missing from it.
    #[error("{file}, which is built in, has lost guardrail or boundary; this is a defect of rolecall")]
    Shipped {
        /// The template.
        file: &'static str,
    },
}
