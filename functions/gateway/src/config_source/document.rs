//! A configuration as it was read: its text, and the values that its variables have elsewhere.

use std::{collections::BTreeMap, env, fmt::Write, path::PathBuf, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use rolecall_core::{
    config::{Config, Findings, load, variables_in},
    config_source::{Parameter, StoredParameter, reference},
};

use super::{
    error::{ConfigError, Problem},
    policy_files,
};
use crate::environment::variable;

/// Only variables of this prefix may stand for a parameter: nobody else's meaning is changed.
const VARIABLE_PREFIX: &str = "ROLECALL_";
/// Bytes of the SHA-256 that stands for a version where the source has no name for it.
const DIGEST_LENGTH: usize = 6;

/// A text, and its source's own name for this version of it.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) text: Arc<str>,
    pub(super) version: Option<String>,
}

/// Everything that makes a configuration.
pub struct Snapshot {
    /// Names the source in findings.
    pub(super) source: String,
    /// Where paths in it begin.
    pub(super) directory: PathBuf,
    pub(super) document: Document,
    /// The variables that stand for parameters.
    pub(super) variables: BTreeMap<String, Value>,
}

/// A parameter's value.
pub(super) struct Value {
    pub(super) text: String,
    pub(super) version: u64,
}

impl From<&StoredParameter> for Value {
    fn from(stored: &StoredParameter) -> Self {
        Self { text: stored.value.clone(), version: stored.version }
    }
}

/// The text that came over the network.
pub(super) fn text(body: Vec<u8>) -> Result<Arc<str>, Problem> {
    String::from_utf8(body).map(Arc::from).map_err(|_| Problem::NotText)
}

impl Document {
    /// The variables that it refers to and that stand for a parameter.
    pub(super) fn parameters(&self) -> Result<BTreeMap<&str, Parameter>, ConfigError> {
        let mut parameters = BTreeMap::new();
        for name in variables_in(&self.text).into_iter().filter(|name| name.starts_with(VARIABLE_PREFIX)) {
            let Some(value) = variable(name) else { continue };
            let Some(parameter) = reference(&value) else { continue };
            let parameter =
                parameter.map_err(|reason| ConfigError::NotASource { variable: name.to_owned(), reason })?;
            parameters.insert(name, parameter);
        }
        Ok(parameters)
    }
}

impl Snapshot {
    /// Checks the configuration, and reads the policies that it names.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn load(&self) -> Result<Config, Findings> {
        self.load_in(&|name| env::var(name).ok())
    }

    /// Does so with the variables of `environment`.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn load_in(&self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, Findings> {
        let lookup = |name: &str| match self.variables.get(name) {
            Some(value) => Some(value.text.clone()),
            None => environment(name),
        };
        let files = |pattern: &str| policy_files::read(&self.directory, pattern);
        load(&self.document.text, &self.source, &lookup, &files)
    }

    /// Whether nothing in it has changed, whatever its version is called.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        fn values(snapshot: &Snapshot) -> impl Iterator<Item = (&String, &String)> {
            snapshot.variables.iter().map(|(name, value)| (name, &value.text))
        }
        self.document.text == other.document.text && values(self).eq(values(other))
    }

    /// The document as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.document.text
    }

    /// Where it came from, as in `ROLECALL_CONFIG`.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Names the version for people: the source's own name, and those of the variables' parameters.
    #[must_use]
    pub fn version(&self) -> String {
        let mut version = self.document.version.clone().unwrap_or_else(|| short_digest(&self.document.text));
        for (name, value) in &self.variables {
            // Writing to a String can't fail.
            let _ = write!(version, ", {name} {}", value.version);
        }
        version
    }

    /// Whether it holds values that are not the process's own.
    #[must_use]
    pub(super) fn has_parameters(&self) -> bool {
        !self.variables.is_empty()
    }
}

fn short_digest(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().iter().take(DIGEST_LENGTH).map(|byte| format!("{byte:02x}")).collect()
}
