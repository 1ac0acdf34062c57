//! The real `rolecall` binary: one test for each promise of a command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "the end-to-end tests start gateways in more ways")]
#[path = "../../../tests/end_to_end/audited.rs"]
mod audited;
mod check;
mod client_config;
mod completions;
mod doctor;
mod explain;
mod harness;
mod help;
mod iam;
mod import;
mod policy;
mod sessions;
mod token;
mod tokens;
