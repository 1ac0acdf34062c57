//! Station *relay*: the answer's way back, chunk by chunk, with keep-alive comments, an end before the
//! function's own, and the audit record that ends with it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Response, header::CONTENT_TYPE};
use rolecall_core::{
    authorize::{EventFilter, Filtered, Unreadable},
    mcp::RequestId,
    rejection::{Refusal, Rejection},
    relay::{self, EventBoundary, response_headers},
};

use crate::{
    audit::Record,
    call::{Answer, AnswerBody, Broken, Door},
    upstream::{Chunks, UpstreamAnswer},
};

/// What the way back depends on besides the answer itself.
pub struct Way {
    /// Where the answer goes.
    pub door: Door,
    /// When it must have ended.
    pub deadline: Option<Instant>,
    /// Silence after which an event stream gets a comment, so that no proxy on the way takes it for dead.
    pub keep_alive: Duration,
    /// The id that an error in a stream answers to.
    pub rpc_id: Option<RequestId>,
    /// Request id for that error.
    pub request_id: String,
}

/// The answer for the client: allowed headers, and the body as it flows.
pub fn relay(answer: UpstreamAnswer, way: Way, mut record: Record) -> Answer {
    let is_event_stream = is_event_stream(&answer.headers);
    let UpstreamAnswer { status, headers, beginning, rest, length, filter } = answer;
    let headers = response_headers(&headers);
    record.answered(status, &headers);
    record.trail.relaying(is_event_stream && rest.is_some());
    let body = match rest {
        None => {
            record.sent(&beginning);
            record.ended();
            AnswerBody::Whole(beginning)
        }
        Some(chunks) => {
            // Comments and a closing event make an event stream longer than the upstream said.
            let length = length.filter(|_| !is_event_stream);
            let boundary = EventBoundary::default();
            let flow =
                Flow { chunks, length, filter, withheld: None, boundary, is_event_stream, way, record };
            AnswerBody::Stream { chunks: Box::pin(flow.into_stream(beginning)), length }
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    const EVENT_STREAM: &[u8] = b"text/event-stream";
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.as_bytes().split(|b| *b == b';').next());
    essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(EVENT_STREAM))
}

/// A body on its way. Dropping it (the client left) drops the upstream's connection and writes the record.
struct Flow {
    chunks: Chunks,
    /// Bytes after which nobody asks for the end.
    length: Option<u64>,
    filter: Option<EventFilter>,
    /// Why nothing may follow.
    withheld: Option<Unreadable>,
    boundary: EventBoundary,
    is_event_stream: bool,
    way: Way,
    record: Record,
}

enum Next {
    Chunk(Bytes),
    Broken,
    End,
    Quiet,
    Deadline,
}

impl Flow {
    fn into_stream(self, beginning: Bytes) -> impl futures_util::Stream<Item = Result<Bytes, Broken>> + Send {
        futures_util::stream::unfold((Some(self), beginning), |(flow, beginning)| async move {
            let mut flow = flow?;
            let first = if beginning.is_empty() { beginning } else { flow.pass(beginning) };
            let (item, ended) = if first.is_empty() { flow.step().await? } else { (Ok(first), false) };
            Some((item, ((!ended).then_some(flow), Bytes::new())))
        })
    }

    /// The next item, and whether it is the last; `None` where the stream simply ends.
    async fn step(&mut self) -> Option<(Result<Bytes, Broken>, bool)> {
        loop {
            if let Some(unreadable) = self.withheld {
                return self.break_off(&Rejection::AnswerWithheld(unreadable), true);
            }
            match self.next().await {
                Next::Chunk(chunk) => {
                    let passed = self.pass(chunk);
                    if !passed.is_empty() {
                        return Some((Ok(passed), false));
                    }
                }
                Next::Quiet => return Some((Ok(Bytes::from_static(relay::KEEP_ALIVE)), false)),
                Next::End => return self.end(),
                Next::Deadline => return self.break_off(&Rejection::Deadline, true),
                Next::Broken => {
                    // A server drops what it has not flushed when a body breaks: the client would lose the beginning.
                    tokio::task::yield_now().await;
                    let door_can_cut = matches!(self.way.door, Door::Plain { .. });
                    return self.break_off(&Rejection::UpstreamUnavailable, !door_can_cut);
                }
            }
        }
    }

    /// What of a chunk goes on to the client now.
    fn pass(&mut self, chunk: Bytes) -> Bytes {
        let bytes = match &mut self.filter {
            None => chunk,
            Some(filter) => {
                let Filtered { bytes, withheld } = filter.feed(&chunk);
                self.withheld = withheld;
                bytes.into()
            }
        };
        self.count(bytes)
    }

    fn count(&mut self, bytes: Bytes) -> Bytes {
        self.boundary.feed(&bytes);
        self.record.sent(&bytes);
        if self.length.is_some_and(|length| self.record.sent_bytes() >= length) {
            self.record.ended();
        }
        bytes
    }

    /// What was held back goes on or not; then the stream ends.
    fn end(&mut self) -> Option<(Result<Bytes, Broken>, bool)> {
        self.record.ended();
        let Filtered { bytes, withheld } = self.filter.take()?.finish();
        match withheld {
            Some(unreadable) => self.break_off(&Rejection::AnswerWithheld(unreadable), true),
            None if bytes.is_empty() => None,
            None => Some((Ok(self.count(bytes.into())), true)),
        }
    }

    async fn next(&mut self) -> Next {
        let quiet_is_fine = self.is_event_stream && self.boundary.at_boundary();
        let deadline = self.way.deadline;
        tokio::select! {
            biased;
            chunk = self.chunks.next() => match chunk {
                Some(Ok(chunk)) => Next::Chunk(chunk),
                Some(Err(Broken)) => Next::Broken,
                None => Next::End,
            },
            () = sleep_until(deadline), if deadline.is_some() => Next::Deadline,
            () = tokio::time::sleep(self.way.keep_alive), if quiet_is_fine => Next::Quiet,
        }
    }

    /// Ends an event stream with a last error event where `explain`; otherwise breaks the body.
    fn break_off(&mut self, rejection: &Rejection, explain: bool) -> Option<(Result<Bytes, Broken>, bool)> {
        self.record.broke_off(rejection);
        if !(explain && self.is_event_stream) {
            return Some((Err(Broken), true));
        }
        let rpc_id = self.way.rpc_id.as_ref()?;
        let request_id = &self.way.request_id;
        let error = Refusal { rejection, request_id, rpc_id: Some(rpc_id) }.body(None);
        Some((Ok(self.boundary.closing_event(&error).into()), true))
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
