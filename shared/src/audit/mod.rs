//! The audit line: one JSON object per request to the MCP endpoint and per call to STS. `docs/audit.schema.json` is its
//! published form.
//!
//! Invariant: nothing in it is a token, a secret key or a session token; a session id appears hashed, and what bodies hold of
//! such is redacted.

mod act;
mod answer;
mod data;
mod event;
mod facts;
mod line;
mod outcome;

pub use answer::{AnswerWatch, ApplicationError, Tee};
pub use data::{MAX_DATA_CHARS, recorded, tee_bytes};
pub use event::EventType;
pub use line::{Actor, Aws, Bytes, Client, Data, Line, Mcp, Policy, Subject, Target, Timing, timestamp};
pub use outcome::{CLIENT_DISCONNECTED, GATEWAY_STOPPED, Outcome};
