//! Station *exchange*: what is asked of STS, under which key its answer is kept, how long it serves and what
//! its refusals mean. Talking to STS is the function's part.

mod credentials;
mod failure;
mod key;
mod mode;
mod outlook;
mod quote;
mod request;
mod session_policies;
mod session_tags;
mod tag_error;
mod token_tags;

#[cfg(test)]
mod tag_tests;
#[cfg(test)]
mod tests;

pub use credentials::{Credentials, Freshness};
pub use failure::{StsAnswer, StsFailure};
pub use key::CredentialKey;
pub use mode::{ExchangeMode, Operation, TagSource, operation_for};
pub use outlook::{Outlook, TokenForm, outlook};
pub use quote::quote_without_secrets;
pub use request::{ExchangeRequest, SessionRequest};
pub use session_policies::{
    InlinePolicyError, MAX_POLICY_ARNS, MAX_POLICY_CHARS, SessionPolicies, check_inline_policy, is_policy_arn,
};
pub use session_tags::SessionTags;
pub(crate) use session_tags::{MAX_TAGS, check_key};
pub use tag_error::TagError;
