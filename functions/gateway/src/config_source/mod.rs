//! Where `gateway.yaml` comes from: a file, a parameter of Systems Manager, an object of S3 or a profile of AppConfig.
//! What a file needs from nowhere else is never asked for elsewhere.

mod access;
mod appconfig;
mod document;
mod error;
mod file;
mod policy_files;
mod s3;
mod ssm;

pub use document::Snapshot;
pub use error::{ConfigError, Problem};
pub use policy_files::read as read_policy_files;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use reqwest::Client;
use rolecall_core::config_source::{ConfigSource, Parameter};

use self::{
    access::Access,
    appconfig::ProfileReader,
    document::{Document, Value},
    s3::ObjectReader,
};
use crate::environment::{Environment, variable};

const VARIABLE: &str = "ROLECALL_CONFIG";

/// Reads the configuration, and reads it again.
pub struct ConfigReader {
    /// As in `ROLECALL_CONFIG`.
    name: String,
    origin: Origin,
    /// Where paths in the configuration begin.
    directory: PathBuf,
    access: Access,
    /// The last one that was read.
    document: Option<Document>,
}

enum Origin {
    /// Travels with the function: read once.
    File,
    Parameter(Parameter),
    Object(ObjectReader),
    Profile(ProfileReader),
}

impl ConfigReader {
    /// Finds out where the configuration is. `http` serves to fetch it where it is no file.
    ///
    /// # Errors
    /// [`ConfigError`] where there is none, or the file cannot be read.
    pub fn new(environment: &Environment, http: Client) -> Result<Self, ConfigError> {
        let source = source()?;
        let name = source.to_string();
        let directory = match &source {
            ConfigSource::File(path) => file::directory(path.as_ref()),
            _ => PathBuf::new(),
        };
        let (origin, document) = match source {
            ConfigSource::File(path) => (Origin::File, Some(file::read(path.as_ref())?)),
            ConfigSource::Parameter(parameter) => (Origin::Parameter(parameter), None),
            ConfigSource::Object(object) => (Origin::Object(ObjectReader::new(object)), None),
            ConfigSource::Profile(profile) => (Origin::Profile(ProfileReader::new(profile)), None),
        };
        Ok(Self { name, origin, directory, access: Access::new(http, environment), document })
    }

    /// The configuration as it is now.
    ///
    /// # Errors
    /// [`ConfigError`] where a part of it cannot be had.
    pub async fn read(&mut self) -> Result<Snapshot, ConfigError> {
        let fetched = self.fetch().await.map_err(|problem| remote(self.name.clone(), problem))?;
        // Kept before anything else can fail: the source will not send it twice.
        self.document = fetched.or(self.document.take());
        let document = self.document.clone().ok_or_else(|| remote(self.name.clone(), Problem::Empty))?;
        let variables = self.variables(&document).await?;
        let directory = self.directory.clone();
        Ok(Snapshot { source: self.name.clone(), directory, document, variables })
    }

    /// Whether this configuration can be another one at the next look.
    #[must_use]
    pub fn can_change(&self, snapshot: &Snapshot) -> bool {
        !matches!(self.origin, Origin::File) || snapshot.has_parameters()
    }

    /// Seconds before which the source wants no further look.
    #[must_use]
    pub fn next_look_seconds(&self) -> u64 {
        match &self.origin {
            Origin::Profile(profile) => profile.next_poll_seconds(),
            Origin::File | Origin::Parameter(_) | Origin::Object(_) => 0,
        }
    }

    /// A newer document, where there is one.
    async fn fetch(&mut self) -> Result<Option<Document>, Problem> {
        match &mut self.origin {
            Origin::File => Ok(None),
            Origin::Parameter(parameter) => ssm::document(&self.access, parameter).await.map(Some),
            Origin::Object(object) => object.read(&self.access).await,
            Origin::Profile(profile) => profile.read(&self.access).await,
        }
    }

    /// The values of the variables that stand for parameters.
    async fn variables(&self, document: &Document) -> Result<BTreeMap<String, Value>, ConfigError> {
        let parameters = document.parameters()?;
        if parameters.is_empty() {
            return Ok(BTreeMap::new());
        }
        let wanted: BTreeSet<&Parameter> = parameters.values().collect();
        let found = ssm::values(&self.access, &wanted).await.map_err(|problem| {
            let places: Vec<_> =
                parameters.iter().map(|(name, parameter)| format!("{name}=ssm:{parameter}")).collect();
            remote(places.join(", "), problem)
        })?;
        let value = |parameter| found.get(parameter).map(Value::from);
        let values =
            parameters.iter().filter_map(|(name, parameter)| Some((name.to_string(), value(parameter)?)));
        Ok(values.collect())
    }
}

/// A configuration file with nothing fetched for it: a variable that stands for a parameter stays as it is.
///
/// # Errors
/// [`ConfigError`] where the file cannot be read.
pub fn read_file(path: &Path) -> Result<Snapshot, ConfigError> {
    let document = file::read(path)?;
    let (source, directory) = (path.display().to_string(), file::directory(path));
    Ok(Snapshot { source, directory, document, variables: BTreeMap::new() })
}

fn source() -> Result<ConfigSource, ConfigError> {
    let Some(value) = variable(VARIABLE) else { return file::find().map(ConfigSource::File) };
    value.parse().map_err(|reason| ConfigError::NotASource { variable: VARIABLE.into(), reason })
}

fn remote(place: String, problem: Problem) -> ConfigError {
    ConfigError::Remote { place, problem }
}
