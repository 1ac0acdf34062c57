//! The real gateway binary between an issuer, an STS and an MCP server on loopback: one test for each promise
//! that a user would rely on.

mod harness;
mod path;
