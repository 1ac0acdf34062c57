//! Policies as an operator meets them: what they decide, what must not load, what ships and what the guide says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test panics"
)]

mod caller;
mod guide;
mod lists;
mod question;
mod refused;
mod shipped;
mod table;
