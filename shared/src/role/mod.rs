//! Station *map role*: verified claims choose one IAM role and name its session.
//!
//! Text in a claim is data: it is compared or bound to a variable, never compiled or concatenated into an expression.

mod arn;
mod mapping;
mod matcher;

pub use arn::{InvalidRoleArn, RoleArn};
pub use mapping::{Condition, RoleMapping, SessionOptions};
pub use matcher::{Matcher, MatcherError};
