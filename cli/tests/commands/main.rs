//! The real `rolecall` binary: one test for each promise of a command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod check;
mod completions;
mod harness;
mod help;
mod iam;
