//! ARN of an IAM role, checked when the configuration is read.

/// `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleArn(String);
