//! Station *map role*: verified claims choose one IAM role and name its session.
//!
//! Text in a claim is data: it is compared or bound to a variable, never compiled or concatenated into an expression.

mod arn;
mod choice;
mod decision;
mod elements;
mod lookup;
mod mapping;
mod matcher;
mod session_name;

pub use arn::{InvalidRoleArn, RoleArn};
pub use choice::{MappingRef, RoleChoice, RoleSession, choose};
pub use decision::{Decision, Outcome, RoleError, decide, outcomes};
pub(crate) use elements::default_separator;
pub use elements::{ClaimShape, elements};
pub use lookup::lookup;
pub use mapping::{Condition, RoleMapping, SessionOptions, sort_by_priority};
pub use matcher::{ClaimsValue, Matcher, MatcherError, MatcherFailure};
pub use session_name::{NotAName, check_session_name, session_name, session_name_value};
