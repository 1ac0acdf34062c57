//! Station *authenticate*: a bearer token becomes [`VerifiedClaims`], or a typed refusal.

mod algorithm;
mod claims;

pub use algorithm::Algorithm;
pub use claims::{Claims, VerifiedClaims};
