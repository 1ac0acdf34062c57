//! Why a command could not run. An answer that is no is a report, not a failure.

use std::{io, path::PathBuf};

use rolecall_gateway::{ClientError, config_source::ConfigError};

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
    /// A file that an argument names holds something else than it should.
    #[error("{}: {problem}; {remedy}", path.display())]
    Unusable {
        /// The file, or the folder.
        path: PathBuf,
        /// What is wrong, as the end of a sentence that starts with the path.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The HTTP client of the gateway.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The runtime that network calls need.
    #[error("the async runtime cannot start: {0}; free memory or file handles")]
    Runtime(io::Error),
    /// A file that is neither YAML nor JSON.
    #[error("{}: not valid YAML: {reason}; check indentation and quotes there", path.display())]
    NotYaml {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        reason: String,
    },
    /// Files without any resource that could be carried over.
    #[error(
        "nothing to import: no MCPRemoteProxy, no MCPExternalAuthConfig of type awsSts, no RunConfig; name files that hold one"
    )]
    NothingToImport,
    /// A file cannot be written.
    #[error("{}: {reason}; check the folder and its permissions", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: io::Error,
    },
    /// The client that asks a running gateway.
    #[error("cannot ask the gateway: {0}")]
    Asker(String),
    /// A token that is no header value.
    #[error("{0}: not a token; give the access token alone, without `Bearer`")]
    NotAToken(String),
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
