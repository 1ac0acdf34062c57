//! The real gateway binary between an issuer, an STS and an MCP server on loopback: one test for each promise
//! that a user would rely on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod harness;
mod path;
