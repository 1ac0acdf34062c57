//! Where `gateway.yaml` comes from.

use std::{env, fs, io, path::PathBuf};

use rolecall_core::config::{Config, Findings, load};

use crate::environment::variable;

const FILE_NAME: &str = "gateway.yaml";
/// A role map with thousands of entries stays below this.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No `ROLECALL_CONFIG` and no file in the usual places.
    #[error(
        "no configuration: set ROLECALL_CONFIG to the path of a gateway.yaml, or put one beside the binary or in the working directory"
    )]
    NotFound,
    /// A source other than a path.
    #[error("ROLECALL_CONFIG={0}: this version reads its configuration from a file; set a path")]
    NotAPath(String),
    /// The file cannot be read.
    #[error("{}: {reason}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: io::Error,
    },
    /// The file is not a configuration.
    #[error("{} is larger than {MAX_CONFIG_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Everything that is wrong in it.
    #[error("the configuration has mistakes:\n{0}")]
    Findings(#[from] Findings),
}

/// Finds, reads and checks the configuration.
///
/// # Errors
/// [`ConfigError`], with every mistake of the file at once.
pub fn read() -> Result<Config, ConfigError> {
    let path = find()?;
    let unreadable = |reason| ConfigError::Unreadable { path: path.clone(), reason };
    if fs::metadata(&path).map_err(unreadable)?.len() > MAX_CONFIG_BYTES {
        return Err(ConfigError::TooLarge { path });
    }
    let text = fs::read_to_string(&path).map_err(unreadable)?;
    Ok(load(&text, &path.display().to_string(), &|name| env::var(name).ok())?)
}

fn find() -> Result<PathBuf, ConfigError> {
    match variable("ROLECALL_CONFIG") {
        Some(source) if ["ssm:", "s3:", "appconfig:"].iter().any(|scheme| source.starts_with(scheme)) => {
            Err(ConfigError::NotAPath(source))
        }
        Some(path) => Ok(path.into()),
        None => usual_places().find(|path| path.is_file()).ok_or(ConfigError::NotFound),
    }
}

fn usual_places() -> impl Iterator<Item = PathBuf> {
    let beside_binary = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(FILE_NAME)));
    beside_binary.into_iter().chain([PathBuf::from(FILE_NAME)])
}
