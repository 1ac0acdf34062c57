//! Why there is no configuration, or no newer one.

use std::{io, path::PathBuf};

use rolecall_core::{
    config::Findings,
    config_source::{InvalidSource, Service},
};

use super::file::MAX_CONFIG_BYTES;
use crate::aws_client::CallFailure;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No `ROLECALL_CONFIG` and no file in the usual places.
    #[error(
        "no configuration: set ROLECALL_CONFIG to the path of a gateway.yaml, or put one beside the binary or in the working directory"
    )]
    NotFound,
    /// A variable that names no source.
    #[error("{variable} {reason}")]
    NotASource {
        /// `ROLECALL_CONFIG`, or one that the configuration refers to.
        variable: String,
        /// What is wrong with it.
        reason: InvalidSource,
    },
    /// The file cannot be read.
    #[error("{}: {reason}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: io::Error,
    },
    /// The file is no configuration that anybody wrote.
    #[error("{} is larger than {MAX_CONFIG_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Something must be fetched, and is not.
    #[error("{place}: {problem}")]
    Remote {
        /// The source, or the variables that need a value from one.
        place: String,
        /// Why not.
        problem: Problem,
    },
    /// Everything that is wrong in the document.
    #[error("the configuration has mistakes:\n{0}")]
    Findings(#[from] Findings),
}

/// Why something cannot be fetched, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// No execution role.
    #[error(
        "there are no AWS credentials; set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for a role, AWS_SESSION_TOKEN (Lambda sets them)"
    )]
    NoCredentials,
    /// No region.
    #[error("there is no region; set AWS_REGION, for example to us-east-1 (Lambda sets it)")]
    NoRegion,
    /// The call failed.
    #[error("{service} in {region} {failure}; {remedy}")]
    Call {
        /// The service.
        service: Service,
        /// Where it was asked.
        region: String,
        /// What happened.
        failure: CallFailure,
        /// What to do.
        remedy: &'static str,
    },
    /// Systems Manager knows no such parameter, version or label.
    #[error("there is no parameter {name} in {region}; create it, or correct its name")]
    NoParameter {
        /// Its name or ARN, selector included.
        name: String,
        /// Where it was looked for.
        region: String,
    },
    /// No text.
    #[error("the document is not UTF-8 text; store the YAML document itself")]
    NotText,
    /// A deployed configuration without a byte.
    #[error("the deployed configuration is empty; deploy one")]
    Empty,
}
