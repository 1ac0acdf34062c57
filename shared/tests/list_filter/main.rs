//! Lists lose what the caller could never use, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken table must fail the test"
)]

mod documents;
mod events;
mod possible;
mod world;
