//! Station *relay*, its decisions: which headers cross, where an event stream may be touched, and how answers of the
//! AWS MCP Server are repaired. Bytes of a body are never changed here.

mod headers;
mod repair;
mod sse;
mod sse_line;
mod sse_line_ends;

pub use headers::{SESSION_ID, UPSTREAM_REQUEST_ID, list_request_headers, request_headers, response_headers};
pub use repair::{
    CREDENTIAL_ERROR_CODES, MAX_ERROR_BYTES, is_expired_session, rejects_credentials, retry_delay,
    retry_on_throttle,
};
pub use sse::{EventBoundary, KEEP_ALIVE, message_event};
pub(crate) use sse_line_ends::LineEnds;
