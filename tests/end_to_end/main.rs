//! The real gateway binary between an issuer, an STS and an MCP server on loopback: one test for each promise
//! that a user would rely on.

mod bytes;
mod clients;
mod harness;
mod headers;
mod path;
mod repairs;
mod signature;
mod streaming;
mod surface;
mod tcp;
