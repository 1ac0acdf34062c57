//! Station *authenticate*: a bearer token becomes [`VerifiedClaims`], or a typed refusal.
//!
//! Invariant: [`CheckedToken::verify`] is the only maker of [`VerifiedClaims`], and it makes them only after every check of
//! the contract passed. Which keys to trust and what time it is are parameters.

mod algorithm;
mod bearer;
mod claims;
mod error;
mod key_schedule;
mod keys;
mod unverified;
mod verify;

#[cfg(test)]
mod tests;

pub use algorithm::{Algorithm, UnsupportedAlgorithm};
pub use bearer::bearer_token;
pub use claims::{AWS_NAMESPACE, Claims, SESSION_TAGS_CLAIM, VerifiedClaims};
pub use error::TokenError;
pub use key_schedule::{Due, KeySchedule};
pub use keys::{KeySet, KeySetError};
pub use unverified::UnverifiedToken;
pub use verify::{Check, CheckedToken};
