//! One entry of `roleMappings`.
//!
//! A mapping that exists is usable: its ARN is a role's and its expression has compiled.

use super::{Matcher, RoleArn};
use crate::exchange::SessionPolicies;

/// A role, and when it is chosen.
#[derive(Debug)]
pub struct RoleMapping {
    /// Position in the file, from 0: what logs and the audit line call the mapping.
    pub index: usize,
    /// What the claims must satisfy.
    pub condition: Condition,
    /// The role.
    pub role_arn: RoleArn,
    /// Lower first; absent is last.
    pub priority: Option<i64>,
    /// What this mapping sets for its sessions.
    pub session: SessionOptions,
}

/// When a mapping applies.
#[derive(Debug)]
pub enum Condition {
    /// The role claim has exactly this element.
    Claim(String),
    /// The expression is true of the claims.
    Matcher(Matcher),
}

/// Parameters of a role session that a mapping may set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// Seconds; `awsSts.sessionDuration` where absent.
    pub duration: Option<u32>,
    /// What narrows the session.
    pub policies: SessionPolicies,
    /// Injected as `params._meta.AWS_REGION`.
    pub aws_region: Option<String>,
}

/// Puts mappings in the order in which they are tried: by priority, absent last, ties as they were.
pub fn sort_by_priority(mappings: &mut [RoleMapping]) {
    mappings.sort_by_key(|mapping| (mapping.priority.is_none(), mapping.priority));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(priorities: &[Option<i64>]) -> Vec<usize> {
        let mut mappings: Vec<_> = priorities
            .iter()
            .enumerate()
            .map(|(index, priority)| RoleMapping {
                index,
                condition: Condition::Claim("x".to_owned()),
                role_arn: "arn:aws:iam::111122223333:role/X".parse().unwrap(),
                priority: *priority,
                session: SessionOptions::default(),
            })
            .collect();
        sort_by_priority(&mut mappings);
        mappings.iter().map(|mapping| mapping.index).collect()
    }

    #[test]
    fn lower_priorities_come_first_and_absent_ones_last() {
        assert_eq!(order(&[Some(10), Some(1), Some(5)]), [1, 2, 0]);
        assert_eq!(order(&[None, Some(i64::MAX), Some(0), Some(-1)]), [3, 2, 1, 0]);
        assert_eq!(order(&[]), [0; 0]);
    }

    #[test]
    fn ties_stay_in_file_order() {
        assert_eq!(order(&[None, Some(1), None, Some(1), Some(1), None]), [1, 3, 4, 0, 2, 5]);
    }
}
