//! One event with what the Runtime API says about it in headers.
//! Nothing is checked: the bytes may be any, because a function has to live with any.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde_json::Value;

/// Time left to a function that no test gave another deadline.
const DEFAULT_TIME: Duration = Duration::from_secs(300);

/// An event to be handed to a function.
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) body: Bytes,
    pub(super) request_id: String,
    pub(super) deadline_ms: u128,
    pub(super) trace_id: Option<String>,
    pub(super) invocation_id: Option<String>,
}

impl Event {
    /// A JSON event, with a request id of its own and a deadline in five minutes.
    #[must_use]
    pub fn json(event: &Value) -> Self {
        Self::bytes(event.to_string())
    }

    /// An event of any bytes.
    #[must_use]
    pub fn bytes(body: impl Into<Bytes>) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(1);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        Self {
            body: body.into(),
            request_id: format!("00000000-0000-4000-8000-{number:012}"),
            deadline_ms: 0,
            trace_id: None,
            invocation_id: None,
        }
        .deadline_in(DEFAULT_TIME)
    }

    /// `Lambda-Runtime-Deadline-Ms`, counted from now.
    #[must_use]
    pub fn deadline_in(self, time: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { deadline_ms: (now + time).as_millis(), ..self }
    }

    /// `Lambda-Runtime-Deadline-Ms` as `cargo lambda watch` sends it: in January 1970.
    #[must_use]
    pub fn deadline_in_1970(self) -> Self {
        Self { deadline_ms: DEFAULT_TIME.as_millis(), ..self }
    }

    /// `Lambda-Runtime-Trace-Id`.
    #[must_use]
    pub fn trace_id(self, trace_id: &str) -> Self {
        Self { trace_id: Some(trace_id.to_owned()), ..self }
    }

    /// `Lambda-Runtime-Invocation-Id`, which the function has to send back.
    #[must_use]
    pub fn invocation_id(self, invocation_id: &str) -> Self {
        Self { invocation_id: Some(invocation_id.to_owned()), ..self }
    }

    /// `Lambda-Runtime-Aws-Request-Id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}
