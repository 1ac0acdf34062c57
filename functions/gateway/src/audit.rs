//! Station *audit*: one line per request, filled station by station, written when its record is dropped, so
//! that a refusal, a panic and a client that left leave their line as well.

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use rolecall_core::{
    audit::{Aws, Bytes, EventType, Line, Outcome, Timing, timestamp},
    config::Config,
    rejection::Rejection,
};
use serde::Serialize;
use uuid::Uuid;

use crate::sts::Exchanged;

/// The line of one request to the MCP endpoint.
pub struct Record {
    /// The line so far.
    pub line: Line,
    config: Arc<Config>,
    began: Instant,
}

impl Record {
    /// Begins the line of a request. Until a station says otherwise, the outcome is an internal error.
    #[must_use]
    pub fn begin(config: Arc<Config>, request_id: &str, began: Instant) -> Self {
        let line = Line {
            event_type: EventType::McpUnreadable,
            outcome: Outcome::Error,
            reason: Some(Rejection::Internal.row().reason),
            ..empty_line(request_id)
        };
        Self { line, config, began }
    }

    /// Notes that the gateway refused, and where.
    pub fn refused(&mut self, rejection: &Rejection) {
        let row = rejection.row();
        if let Some(event_type) = EventType::of_rejection(rejection) {
            self.line.event_type = event_type;
        }
        self.line.outcome = Outcome::of_rejection(rejection);
        self.line.reason = Some(row.reason);
        self.line.detail = Some(rejection.to_string());
        self.line.status = Some(row.status.as_u16());
    }

    /// Notes the status the client gets from upstream.
    pub fn answered(&mut self, status: http::StatusCode) {
        self.line.outcome = Outcome::of_status(status);
        self.line.reason = None;
        self.line.status = Some(status.as_u16());
    }

    /// Notes that the answer broke off after its first byte.
    pub fn broke_off(&mut self, rejection: &Rejection) {
        self.line.outcome = Outcome::Error;
        self.line.reason = Some(rejection.row().reason);
    }

    /// Counts bytes of the answer.
    pub fn sent(&mut self, bytes: usize) {
        self.line.bytes.get_or_insert_with(Bytes::default).response += bytes as u64;
    }

    /// Writes the line of a call to STS that this request made.
    pub fn sts_called(&self, exchanged: &Exchanged, took: Duration) {
        let (outcome, reason) = match &exchanged.result {
            Ok(_) => (Outcome::Success, None),
            Err(failure) => {
                let rejection = Rejection::Sts(*failure);
                (Outcome::of_rejection(&rejection), Some(rejection.row().reason))
            }
        };
        let credentials = exchanged.result.as_ref().ok();
        let aws = self.line.aws.clone().map(|aws| Aws {
            assumed_role_arn: credentials.map(|credentials| credentials.assumed_role_arn().to_owned()),
            access_key_id: credentials.map(|credentials| credentials.access_key_id().to_owned()),
            sts_request_id: exchanged.request_id.clone(),
            ..aws
        });
        let line = Line {
            event_type: EventType::StsExchange,
            outcome,
            reason,
            detail: exchanged.code.clone(),
            trace_id: self.line.trace_id.clone(),
            source: self.line.source.clone(),
            subject: self.line.subject.clone(),
            aws,
            timing_ms: Timing { total: millis(took), ..Timing::default() },
            ..empty_line(&self.line.request_id)
        };
        write(&self.config, &line);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.line.timing_ms.total = millis(self.began.elapsed());
        write(&self.config, &self.line);
    }
}

fn empty_line(request_id: &str) -> Line {
    Line {
        audit_id: Uuid::new_v4().to_string(),
        time: timestamp(SystemTime::now()),
        event_type: EventType::McpUnreadable,
        outcome: Outcome::Success,
        reason: None,
        detail: None,
        request_id: request_id.to_owned(),
        trace_id: None,
        source: None,
        status: None,
        subject: None,
        target: None,
        aws: None,
        mcp: None,
        repairs: Vec::new(),
        timing_ms: Timing::default(),
        bytes: None,
    }
}

/// Milliseconds with three decimals.
#[must_use]
pub fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// One `write` of one line: lines of concurrent requests never mix.
fn write(config: &Config, line: &Line) {
    if !config.audit.records(line.event_type) {
        return;
    }
    let Ok(mut text) = serialise(line) else { return };
    text.push(b'\n');
    let mut stdout = std::io::stdout().lock();
    if stdout.write_all(&text).and_then(|()| stdout.flush()).is_err() {
        tracing::error!(request_id = line.request_id, "an audit line could not be written");
    }
}

fn serialise(line: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(line)
}
