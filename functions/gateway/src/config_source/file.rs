//! A file, named or in one of the usual places.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{document::Document, error::ConfigError};

const FILE_NAME: &str = "gateway.yaml";
/// A role map with thousands of entries stays below this.
pub(super) const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// The path of `gateway.yaml` beside the binary, else in the working directory.
pub(super) fn find() -> Result<String, ConfigError> {
    let found = usual_places().find(|path| path.is_file()).ok_or(ConfigError::NotFound)?;
    Ok(found.display().to_string())
}

pub(super) fn read(path: &Path) -> Result<Document, ConfigError> {
    let unreadable = |reason| ConfigError::Unreadable { path: path.to_owned(), reason };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_CONFIG_BYTES {
        return Err(ConfigError::TooLarge { path: path.to_owned() });
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    Ok(Document { text: text.into(), version: None })
}

/// Where the paths in a configuration file begin.
pub(super) fn directory(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn usual_places() -> impl Iterator<Item = PathBuf> {
    let beside_binary = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(FILE_NAME)));
    beside_binary.into_iter().chain([PathBuf::from(FILE_NAME)])
}
