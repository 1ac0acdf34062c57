//! What the gateway reads and writes of MCP itself: a glance at the message, `_meta`, JSON-RPC errors.
//! Bodies are never re-serialised: every function here borrows the bytes or splices them.

mod error;
mod message;
mod meta;
pub mod method;
mod params;

pub use error::error_body;
pub use message::{
    ClientInfo, Message, MessageTrace, Request, RequestId, Target, loggable, protocol_version,
};
pub use meta::{MetaError, Place, inject_meta};
