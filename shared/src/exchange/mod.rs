//! Station *exchange*: what is asked of STS, under which key its answer is kept, how long it serves and what
//! its refusals mean. Talking to STS is the function's part.

mod credentials;
mod failure;
mod key;
mod quote;
mod request;

#[cfg(test)]
mod tests;

pub use credentials::{Credentials, Freshness};
pub use failure::{StsAnswer, StsFailure};
pub use key::CredentialKey;
pub use quote::quote_without_token;
pub use request::ExchangeRequest;
