//! ARN of an IAM role, checked when the configuration is read.
//!
//! A [`RoleArn`] that exists names a role, not a user, a group or a session of a role.

use std::{fmt, str::FromStr};

/// Longest ARN that STS takes as `RoleArn`.
const MAX_LENGTH: usize = 2048;
/// Longest role name that IAM allows.
const MAX_NAME: usize = 64;
/// Longest path that IAM allows, its outer slashes included.
const MAX_PATH: usize = 512;

/// `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME` (IAM User Guide, "IAM identifiers").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleArn(String);

/// What keeps a text from being a [`RoleArn`], and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoleArn {
    /// Not six fields of which the first is `arn`, or too long.
    #[error("not an ARN: write arn:aws:iam::<account>:role/<name>")]
    NotAnArn,
    /// The partition is none of AWS's.
    #[error("unknown partition: write aws, aws-cn or aws-us-gov after arn:")]
    Partition,
    /// Another service's ARN, or a region in it.
    #[error("not an ARN of IAM: write arn:aws:iam::<account>:role/<name>, without a region")]
    NotIam,
    /// The account is not twelve digits.
    #[error("the account is not twelve digits: write the id of the role's account")]
    Account,
    /// Not `role/`: a user, a group, a policy, a session.
    #[error("not a role: write role/<name> after the account")]
    NotARole,
    /// A path or name that IAM would not have accepted.
    #[error("no such role can exist: the name has 1 to 64 characters of A-Z a-z 0-9 _ + = , . @ -")]
    Name,
}

impl RoleArn {
    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `aws`, `aws-cn`, `aws-us-gov`…
    #[must_use]
    pub fn partition(&self) -> &str {
        self.field(1)
    }

    /// The twelve digits of the account.
    #[must_use]
    pub fn account(&self) -> &str {
        self.field(4)
    }

    /// The role's name, without its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    fn field(&self, index: usize) -> &str {
        self.0.split(':').nth(index).unwrap_or_default()
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RoleArn {
    type Err = InvalidRoleArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidRoleArn::NotAnArn);
        }
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = fields.as_slice() else {
            return Err(InvalidRoleArn::NotAnArn);
        };
        if !is_partition(partition) {
            return Err(InvalidRoleArn::Partition);
        }
        if *service != "iam" || !region.is_empty() {
            return Err(InvalidRoleArn::NotIam);
        }
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidRoleArn::Account);
        }
        let path_and_name = resource.strip_prefix("role/").ok_or(InvalidRoleArn::NotARole)?;
        let (path, name) = match path_and_name.rsplit_once('/') {
            Some((path, name)) => (Some(path), name),
            None => (None, path_and_name),
        };
        if !path.is_none_or(is_path) || !is_name(name) {
            return Err(InvalidRoleArn::Name);
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_partition(text: &str) -> bool {
    text == "aws"
        || text
            .strip_prefix("aws-")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
}

/// `path` is without its outer slashes, which count in IAM's limit.
fn is_path(path: &str) -> bool {
    path.len() + 2 <= MAX_PATH
        && path.bytes().all(|b| b.is_ascii_graphic())
        && path.split('/').all(|segment| !segment.is_empty())
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_gives_its_parts() {
        for (text, partition, account, name) in [
            ("arn:aws:iam::111122223333:role/Admin", "aws", "111122223333", "Admin"),
            (
                "arn:aws-cn:iam::000000000000:role/a/b/Dev+Ops=1,2.3@x-_",
                "aws-cn",
                "000000000000",
                "Dev+Ops=1,2.3@x-_",
            ),
            ("arn:aws-us-gov:iam::111122223333:role/p:q/Admin", "aws-us-gov", "111122223333", "Admin"),
        ] {
            let arn: RoleArn = text.parse().unwrap();
            assert_eq!((arn.partition(), arn.account(), arn.name()), (partition, account, name));
            assert_eq!(arn.to_string(), text);
            assert_eq!(arn.as_str(), text);
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        use InvalidRoleArn::{Account, Name, NotARole, NotAnArn, NotIam, Partition};
        let long_name = format!("arn:aws:iam::111122223333:role/{}", "a".repeat(65));
        let long_path = format!("arn:aws:iam::111122223333:role/{}/a", "p".repeat(511));
        let long = format!("arn:aws:iam::111122223333:role/{}", "a/".repeat(1100));
        for (text, expected) in [
            ("", NotAnArn),
            ("Admin", NotAnArn),
            ("arn:aws:iam::111122223333", NotAnArn),
            ("ARN:aws:iam::111122223333:role/Admin", NotAnArn),
            (" arn:aws:iam::111122223333:role/Admin", NotAnArn),
            (&long, NotAnArn),
            ("arn::iam::111122223333:role/Admin", Partition),
            ("arn:aws-:iam::111122223333:role/Admin", Partition),
            ("arn:gcp:iam::111122223333:role/Admin", Partition),
            ("arn:aws:sts::111122223333:assumed-role/Admin/alice", NotIam),
            ("arn:aws:iam:us-east-1:111122223333:role/Admin", NotIam),
            ("arn:aws:iam::11112222333:role/Admin", Account),
            ("arn:aws:iam::11112222333x:role/Admin", Account),
            ("arn:aws:iam::١١١١٢٢٢٢٣٣٣٣:role/Admin", Account),
            ("arn:aws:iam::111122223333:user/Admin", NotARole),
            ("arn:aws:iam::111122223333:role", NotARole),
            ("arn:aws:iam::111122223333:role/", Name),
            ("arn:aws:iam::111122223333:role/a/", Name),
            ("arn:aws:iam::111122223333:role//a", Name),
            ("arn:aws:iam::111122223333:role/Admin ", Name),
            ("arn:aws:iam::111122223333:role/Ädmin", Name),
            ("arn:aws:iam::111122223333:role/*", Name),
            (&long_name, Name),
            (&long_path, Name),
        ] {
            assert_eq!(text.parse::<RoleArn>(), Err(expected), "{text}");
        }
    }
}
