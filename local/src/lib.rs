//! Everything Rolecall talks to, on loopback: an OIDC issuer, an STS and an MCP server behind a SigV4 check.
//! Each server does what the real one is documented to do, refusals included, so that the demo and the end-to-end
//! tests exercise the gateway's own code paths; none of them shares code with the gateway.

pub mod config_sources;
pub mod error;
pub mod faults;
pub mod gateway;
pub mod http;
pub mod issuer;
pub mod mcp;
pub mod raw;
pub mod runtime_api;
mod server;
pub mod stack;
pub mod sts;
pub mod users;
pub mod verifier;

pub use error::{Error, Result};
