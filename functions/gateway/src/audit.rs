//! Station *audit*: one line per request, filled station by station, written when its record is dropped, so
//! that a refusal, a panic and a client that left leave their line as well.

use std::{
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use http::{HeaderMap, StatusCode};
use rolecall_core::{
    audit::{
        AnswerWatch, Aws, Bytes, CLIENT_DISCONNECTED, Data, EventType, GATEWAY_STOPPED, Line, Mcp, Outcome,
        Target, Tee, Timing, recorded, tee_bytes, timestamp,
    },
    config::{Audit, Config},
    mcp::{Message, loggable},
    rejection::Rejection,
    relay::UPSTREAM_REQUEST_ID,
    telemetry::{Sent, Station},
};
use uuid::Uuid;

use crate::{
    call::Call,
    sts::Exchanged,
    telemetry::{Telemetry, Trail},
    upstream::UpstreamAnswer,
};

/// The process is told to stop: a request that does not end by itself now is cut by us.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Says that the process was told to stop.
pub fn gateway_stops() {
    STOPPING.store(true, Ordering::Relaxed);
}

/// The line of one request to the MCP endpoint.
pub struct Record {
    /// The line so far.
    pub line: Line,
    /// What telemetry keeps besides the line.
    pub trail: Trail,
    config: Arc<Config>,
    began: Instant,
    request: Tee,
    watch: Option<AnswerWatch>,
    has_ended: bool,
}

impl Record {
    /// Begins the line of a request, as one that nobody has answered.
    #[must_use]
    pub fn begin(
        config: Arc<Config>,
        telemetry: &Arc<Telemetry>,
        call: &Call,
        message: &Message<'_>,
        body: &[u8],
    ) -> Self {
        let trail = Trail::begin(telemetry, &config, call, message);
        let server = config.upstream.url.host_str().unwrap_or_default();
        let line = Line {
            event_type: EventType::of_call(&call.method, message),
            outcome: Outcome::Failure,
            reason: Some(CLIENT_DISCONNECTED),
            trace_id: trail.trace_id().or_else(|| trace_id(call)),
            source: call.source.map(|address| address.to_string()),
            target: Some(Target::new(server, message)),
            mcp: Some(Mcp::new(&call.headers, message)),
            bytes: Some(Bytes { request: body.len() as u64, response: 0 }),
            ..empty_line(&call.request_id)
        };
        let mut request = tee(&config.audit, config.audit.include_request_data);
        request.take(body);
        Self { line, trail, config, began: call.received, request, watch: None, has_ended: false }
    }

    /// Ends a stay at a station.
    pub fn lap(&mut self, station: Station) {
        let took = Some(millis(self.trail.lap(station)));
        let timing = &mut self.line.timing_ms;
        match station {
            Station::Authenticate => timing.authenticate = took,
            Station::MapRole => timing.map_role = took,
            Station::ToolList => timing.tool_list = took,
            Station::Authorize => timing.authorize = took,
            Station::Exchange => timing.exchange = took,
            Station::Sign => timing.sign = took,
            Station::Upstream => timing.upstream = took,
            Station::Relay => {}
        }
    }

    /// Ends the stay at the MCP server.
    pub fn sent_upstream(&mut self, answer: &Result<UpstreamAnswer, Rejection>) {
        let took = self.trail.sent(match answer {
            Ok(answer) => Sent::Answered(answer.status.as_u16()),
            Err(rejection) => Sent::Failed(rejection.row().reason),
        });
        self.line.timing_ms.upstream = Some(millis(took));
    }

    /// Notes that the gateway refused, and where.
    pub fn refused(&mut self, rejection: &Rejection) {
        self.trail.refused(rejection);
        let row = rejection.row();
        if let Some(event_type) = EventType::of_rejection(rejection) {
            self.line.event_type = event_type;
        }
        self.line.outcome = Outcome::of_rejection(rejection);
        self.line.reason = Some(row.reason);
        self.line.detail = Some(rejection.to_string());
        self.line.status = Some(row.status.as_u16());
        self.has_ended = true;
    }

    /// Notes what the client gets from upstream; its body is watched from here on.
    pub fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        if let (Some(aws), Some(id)) = (&mut self.line.aws, headers.get(UPSTREAM_REQUEST_ID)) {
            aws.upstream_request_id = id.to_str().ok().map(str::to_owned);
        }
        self.line.outcome = Outcome::of_status(status);
        self.line.reason = None;
        self.line.status = Some(status.as_u16());
        let tee = tee(&self.config.audit, self.config.audit.include_response_data);
        self.watch = Some(AnswerWatch::new(status, headers, tee));
    }

    /// Notes that the answer broke off after its first byte.
    pub fn broke_off(&mut self, rejection: &Rejection) {
        self.line.outcome = Outcome::Error;
        self.line.reason = Some(rejection.row().reason);
        self.has_ended = true;
    }

    /// Notes that the answer's last byte is on its way.
    pub fn ended(&mut self) {
        self.has_ended = true;
    }

    /// Counts and watches bytes of the answer.
    pub fn sent(&mut self, bytes: &[u8]) {
        self.line.bytes.get_or_insert_with(Bytes::default).response += bytes.len() as u64;
        if let Some(watch) = &mut self.watch {
            watch.feed(bytes);
        }
        self.trail.passed(bytes);
    }

    /// Bytes of the answer so far.
    #[must_use]
    pub fn sent_bytes(&self) -> u64 {
        self.line.bytes.map_or(0, |bytes| bytes.response)
    }

    /// Writes the line of a call to STS that this request made.
    pub fn sts_called(&self, exchanged: &Exchanged) {
        let (outcome, reason) = match &exchanged.result {
            Ok(_) => (Outcome::Success, None),
            Err(failure) => {
                let rejection = Rejection::Sts(*failure);
                (Outcome::of_rejection(&rejection), Some(rejection.row().reason))
            }
        };
        self.trail.sts_called(reason.unwrap_or("success"));
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
            timing_ms: Timing { total: millis(exchanged.took), ..Timing::default() },
            ..empty_line(&self.line.request_id)
        };
        write(&self.config, &line);
    }
}

impl Record {
    /// Notes what passed of the answer's body, once nothing more comes.
    fn conclude(&mut self) {
        let (found, tee) = self.watch.take().map(AnswerWatch::finish).unwrap_or_default();
        if let (Some(found), Outcome::Success) = (found, self.line.outcome) {
            self.line.outcome = Outcome::ApplicationError;
            self.line.reason = Some(found.reason());
        }
        if !self.has_ended && STOPPING.load(Ordering::Relaxed) {
            self.line.outcome = Outcome::Error;
            self.line.reason = Some(GATEWAY_STOPPED);
        }
        self.line.data = self.data(&tee);
    }

    /// Bodies, where the configuration asks for them and the line is written. What strangers send is not recorded.
    fn data(&self, response: &Tee) -> Option<Data> {
        let audit = &self.config.audit;
        if self.line.subject.is_none() || !audit.records(self.line.event_type) {
            return None;
        }
        let text = |tee: &Tee| recorded(tee.bytes(), tee.overflowed(), audit.max_data_chars);
        let request = audit.include_request_data.then(|| text(&self.request)).filter(|text| !text.is_empty());
        let response = audit.include_response_data.then(|| text(response)).filter(|text| !text.is_empty());
        (request.is_some() || response.is_some()).then_some(Data { request, response })
    }
}

/// Keeps what a body's text is made of, where it is wanted.
fn tee(audit: &Audit, is_wanted: bool) -> Tee {
    if is_wanted { Tee::new(tee_bytes(audit.max_data_chars)) } else { Tee::default() }
}

impl Drop for Record {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.refused(&Rejection::Internal);
        }
        self.conclude();
        self.line.timing_ms.total = millis(self.began.elapsed());
        write(&self.config, &self.line);
        // The line is out: what goes wrong from here on costs no audit, and during a panic no process.
        let finished = catch_unwind(AssertUnwindSafe(|| self.trail.finish(&self.line, &self.config)));
        if finished.is_err() {
            tracing::error!(request_id = self.line.request_id, "metrics and spans of this request are lost");
        }
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
        policy: None,
        mcp: None,
        repairs: Vec::new(),
        timing_ms: Timing::default(),
        bytes: None,
        data: None,
    }
}

/// The trace of `traceparent` (W3C Trace Context section 3.2), else X-Ray's.
fn trace_id(call: &Call) -> Option<String> {
    let traceparent = call.headers.get("traceparent").and_then(|value| value.to_str().ok());
    let w3c = traceparent
        .and_then(|value| value.split('-').nth(1))
        .filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let xray = || call.xray_trace.as_deref()?.split(';').find_map(|part| part.strip_prefix("Root="));
    w3c.or_else(xray).map(|id| loggable(id).to_owned())
}

/// Milliseconds with three decimals.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// One `write` of one line: lines of concurrent requests never mix.
fn write(config: &Config, line: &Line) {
    if !config.audit.records(line.event_type) {
        return;
    }
    let Ok(mut text) = serde_json::to_vec(line) else { return };
    text.push(b'\n');
    let mut stdout = std::io::stdout().lock();
    if stdout.write_all(&text).and_then(|()| stdout.flush()).is_err() {
        tracing::error!(request_id = line.request_id, "an audit line could not be written");
    }
}
