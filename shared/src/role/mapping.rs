//! One entry of `roleMappings`, and the choice among all of them.

/// One entry of `roleMappings`.
#[derive(Debug)]
pub struct RoleMapping;
