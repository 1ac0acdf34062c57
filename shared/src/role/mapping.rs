//! One entry of `roleMappings`, and the choice among all of them.

use super::{Matcher, RoleArn};

/// One entry of `roleMappings`.
#[derive(Debug)]
pub struct RoleMapping {
    /// Position in the file, from 0.
    pub index: usize,
    /// When it applies.
    pub condition: Condition,
    /// The role it gives.
    pub role_arn: RoleArn,
    /// Lower first; absent is last.
    pub priority: Option<i64>,
    /// Settings of the session.
    pub session: SessionOptions,
}

/// When a mapping applies.
#[derive(Debug)]
pub enum Condition {
    /// The role claim holds this element.
    Claim(String),
    /// This expression is true.
    Matcher(Matcher),
}

/// Per-mapping session settings.
#[derive(Debug, Default)]
pub struct SessionOptions {
    /// Seconds.
    pub duration: Option<u32>,
    /// Managed session policies.
    pub policy_arns: Vec<String>,
    /// Inline session policy, JSON.
    pub policy: Option<String>,
    /// Injected as `params._meta.AWS_REGION`.
    pub aws_region: Option<String>,
}
