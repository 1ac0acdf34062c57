//! The value of `ROLECALL_CONFIG` as a type.

use std::{fmt, str::FromStr};

use super::{Object, Parameter, Profile};

/// Where the configuration is. `Display` gives back what was written: the name that log lines and findings use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// A path, absolute or relative to the working directory.
    File(String),
    /// `ssm:NAME` or `ssm:ARN`: a parameter of Systems Manager.
    Parameter(Parameter),
    /// `s3://BUCKET/KEY`: an object of S3.
    Object(Object),
    /// `appconfig://APPLICATION/ENVIRONMENT/PROFILE`: what AppConfig has deployed there.
    Profile(Profile),
}

/// Why a text names no source, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSource {
    /// A scheme that nothing is read from.
    #[error(
        "is neither a path nor a known source; write ssm:NAME, s3://BUCKET/KEY or appconfig://APPLICATION/ENVIRONMENT/PROFILE, or ./ before a path with a colon"
    )]
    Scheme,
    /// A control character, which would tear log lines apart.
    #[error("holds a control character; remove it")]
    ControlCharacter,
    /// No name that Systems Manager allows.
    #[error(
        "is not the name of a parameter; write ssm:/path/name, ssm:name or ssm:arn:aws:ssm:<region>:<account>:parameter/<name>, with letters, digits and . - _ / in the name, and optionally :<version or label> after it"
    )]
    Parameter,
    /// No bucket name that S3 allows.
    #[error(
        "does not name a bucket; write s3://<bucket>/<key>, the bucket with 3 to 63 lower-case letters, digits, dots and hyphens"
    )]
    Bucket,
    /// No key.
    #[error("does not name an object; write s3://<bucket>/<key>, the key with at most 1024 bytes")]
    Key,
    /// A key that HTTP clients and proxies rewrite on its way.
    #[error("has a key with a . or .. segment, which HTTP rewrites; give the object another key")]
    AmbiguousKey,
    /// Not three parts.
    #[error(
        "does not name a configuration; write appconfig://<application>/<environment>/<profile>, each a name or an id of at most 128 characters"
    )]
    Profile,
}

impl FromStr for ConfigSource {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        if text.contains(char::is_control) {
            return Err(InvalidSource::ControlCharacter);
        }
        if let Some(name) = text.strip_prefix("ssm:") {
            Parameter::parse(name).map(Self::Parameter)
        } else if let Some(object) = text.strip_prefix("s3://") {
            Object::parse(object).map(Self::Object)
        } else if let Some(profile) = text.strip_prefix("appconfig://") {
            Profile::parse(profile).map(Self::Profile)
        } else if has_scheme(text) {
            Err(InvalidSource::Scheme)
        } else {
            Ok(Self::File(text.to_owned()))
        }
    }
}

impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Parameter(parameter) => write!(f, "ssm:{parameter}"),
            Self::Object(Object { bucket, key }) => write!(f, "s3://{bucket}/{key}"),
            Self::Profile(Profile { application, environment, profile }) => {
                write!(f, "appconfig://{application}/{environment}/{profile}")
            }
        }
    }
}

/// A misspelt scheme must not be taken for a file that is missing.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}
