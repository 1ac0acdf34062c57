//! ARN of an IAM role, checked when the configuration is read.
//!
//! A [`RoleArn`] that exists has the shape `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`.

use std::{fmt, str::FromStr};

/// `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleArn(String);

impl RoleArn {
    /// The ARN as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not the ARN of an IAM role.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of an IAM role")]
pub struct InvalidRoleArn;

impl FromStr for RoleArn {
    type Err = InvalidRoleArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("arn:aws").ok_or(InvalidRoleArn)?;
        let (_, rest) = rest.split_once(":iam::").ok_or(InvalidRoleArn)?;
        let (account, name) = rest.split_once(":role/").ok_or(InvalidRoleArn)?;
        let twelve_digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if twelve_digits && !name.is_empty() { Ok(Self(text.to_owned())) } else { Err(InvalidRoleArn) }
    }
}
