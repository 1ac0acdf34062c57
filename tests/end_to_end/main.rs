//! The real gateway binary between an issuer, an STS and an MCP server on loopback: one test for each promise
//! that a user would rely on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and reads better with plain values"
)]

mod assume_role;
mod audit;
mod audited;
mod authorize;
mod bytes;
mod clients;
mod config_sources;
mod exchange;
mod harness;
mod headers;
mod keys;
mod lambda;
mod log;
mod path;
mod repairs;
mod roles;
mod secrets;
mod signature;
mod streaming;
mod surface;
mod tcp;
mod telemetry;
mod tokens;
