//! The audit line: one JSON object per request to the MCP endpoint and per call to STS.
//!
//! Invariant: nothing in it is a token, a secret key or a session token; a session id appears hashed.

mod event;
mod facts;
mod line;

pub use event::{EventType, Outcome};
pub use line::{Aws, Bytes, Client, Line, Mcp, Policy, Subject, Target, Timing, timestamp};
