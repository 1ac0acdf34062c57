//! Names of Systems Manager parameters, in `ROLECALL_CONFIG` and in the variables of a configuration.

use std::fmt;

use super::InvalidSource;
use crate::region::is_region;

/// Longest name, and longest ARN, that GetParameters takes (SSM API reference, `PSParameterSelector` and ARNs).
const MAX_NAME: usize = 1011;
const MAX_ARN: usize = 2048;

/// A parameter, with the version or label that a selector picks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parameter {
    /// What GetParameters is asked for.
    name: String,
    region: Option<String>,
}

/// The parameter that a variable refers to; `None` where its value is the value itself.
#[must_use]
pub fn reference(value: &str) -> Option<Result<Parameter, InvalidSource>> {
    value.strip_prefix("ssm:").map(Parameter::parse)
}

impl Parameter {
    /// Reads what stands after `ssm:`.
    ///
    /// # Errors
    /// [`InvalidSource::Parameter`].
    pub fn parse(text: &str) -> Result<Self, InvalidSource> {
        let parsed = if text.starts_with("arn:") { Self::from_arn(text) } else { Self::from_name(text) };
        parsed.ok_or(InvalidSource::Parameter)
    }

    /// Name or ARN, selector included.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The region of the ARN, where it was written as one.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    fn from_name(text: &str) -> Option<Self> {
        is_selected_name(text).then(|| Self { name: text.to_owned(), region: None })
    }

    /// `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME`; a path's own slash at the start is not doubled.
    fn from_arn(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, "ssm", region, account, resource] = fields.as_slice() else { return None };
        let name = resource.strip_prefix("parameter/")?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_partition = *partition == "aws" || partition.starts_with("aws-");
        (text.len() <= MAX_ARN
            && is_partition
            && is_region(region)
            && is_account
            && !name.starts_with('/')
            && is_selected_name(name))
        .then(|| Self { name: text.to_owned(), region: Some((*region).to_owned()) })
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// `NAME` or `NAME:SELECTOR` (Systems Manager User Guide, "Understanding requirements for parameter names").
fn is_selected_name(text: &str) -> bool {
    let (name, selector) =
        text.split_once(':').map_or((text, None), |(name, selector)| (name, Some(selector)));
    let is_word = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        !text.is_empty() && text.bytes().all(allowed)
    };
    name.len() <= MAX_NAME
        && name.strip_prefix('/').unwrap_or(name).split('/').all(is_word)
        && selector.is_none_or(is_word)
}
