//! The services that a configuration may come from.

use std::fmt;

/// A service of AWS. `Display` gives the name that people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Parameter Store.
    SystemsManager,
    /// Objects.
    S3,
    /// Deployed configurations.
    AppConfig,
}

impl Service {
    /// The name that SigV4 signs for.
    #[must_use]
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::SystemsManager => "ssm",
            Self::S3 => "s3",
            Self::AppConfig => "appconfig",
        }
    }

    /// The first label of the endpoint's host.
    #[must_use]
    pub fn endpoint_prefix(self) -> &'static str {
        match self {
            Self::SystemsManager => "ssm",
            Self::S3 => "s3",
            Self::AppConfig => "appconfigdata",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SystemsManager => "Systems Manager",
            Self::S3 => "S3",
            Self::AppConfig => "AppConfig",
        })
    }
}
