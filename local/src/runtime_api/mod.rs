//! The Lambda Runtime API (version 2018-06-01) on loopback: hands events to a function and takes its answers in
//! as they come, each chunk with the moment of its arrival, so that streaming can be seen and timed.
//! Events are handed out in the order of [`RuntimeApi::invoke`], each exactly once.

mod event;
mod http_answer;
mod invocation;
mod serve;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::{mpsc, watch};

pub use event::Event;
pub use http_answer::HttpAnswer;
pub use invocation::{Chunk, Invocation, Outcome, Progress};

use crate::{Error, Result, server::Server};

/// The environment variable that tells a function where its Runtime API is.
pub const RUNTIME_API_VARIABLE: &str = "AWS_LAMBDA_RUNTIME_API";
/// The largest buffered answer, as Lambda documents it.
pub const MAX_BUFFERED_ANSWER_BYTES: usize = 6_291_556;

/// A failed poll for the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollFault {
    /// An answer with this status instead of an event.
    Status(u16),
    /// A closed connection instead of an event.
    Hangup,
}

/// A running Runtime API. It stops when dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    server: Server,
    state: Arc<State>,
    events: mpsc::UnboundedSender<Event>,
}

#[derive(Debug)]
struct State {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    invocations: Mutex<HashMap<String, watch::Sender<Progress>>>,
    poll_faults: Mutex<VecDeque<PollFault>>,
    polls: watch::Sender<Vec<Instant>>,
    init_errors: watch::Sender<Vec<Value>>,
}

impl RuntimeApi {
    /// Starts serving on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self> {
        let (events, waiting) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            waiting: waiting.into(),
            invocations: Mutex::default(),
            poll_faults: Mutex::default(),
            polls: watch::Sender::default(),
            init_errors: watch::Sender::default(),
        });
        let shared = Arc::clone(&state);
        let server = Server::accept(0, move |stream| serve::connection(stream, Arc::clone(&shared))).await?;
        Ok(Self { server, state, events })
    }

    /// Host and port: the value of [`RUNTIME_API_VARIABLE`].
    #[must_use]
    pub fn authority(&self) -> String {
        self.server.origin().trim_start_matches("http://").to_owned()
    }

    /// Queues an event for the function; the returned handle follows its answer.
    pub fn invoke(&self, event: Event) -> Invocation {
        let progress = watch::Sender::default();
        let invocation = Invocation::new(progress.subscribe());
        lock(&self.state.invocations).insert(event.request_id().to_owned(), progress);
        // The receiver lives in `self.state`.
        let _ = self.events.send(event);
        invocation
    }

    /// The next polls fail like this, one after the other, before events are handed out again.
    pub fn fail_polls(&self, faults: impl IntoIterator<Item = PollFault>) {
        lock(&self.state.poll_faults).extend(faults);
    }

    /// When the function polled so far.
    #[must_use]
    pub fn polls(&self) -> Vec<Instant> {
        self.state.polls.borrow().clone()
    }

    /// Waits for the function's first poll: the end of its initialisation.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub async fn first_poll(&self, timeout: Duration) -> Result<Instant> {
        let polls = wait(&self.state.polls, timeout, "the function's first poll").await?;
        polls.first().copied().ok_or(Error::Timeout("the function's first poll"))
    }

    /// Waits for a report that initialisation failed, and returns it.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub async fn init_error(&self, timeout: Duration) -> Result<Value> {
        let reports = wait(&self.state.init_errors, timeout, "an initialisation error").await?;
        reports.first().cloned().ok_or(Error::Timeout("an initialisation error"))
    }
}

async fn wait<T: Clone>(
    list: &watch::Sender<Vec<T>>,
    timeout: Duration,
    what: &'static str,
) -> Result<Vec<T>> {
    let mut list = list.subscribe();
    match tokio::time::timeout(timeout, list.wait_for(|all| !all.is_empty())).await {
        Ok(Ok(all)) => Ok(all.clone()),
        _ => Err(Error::Timeout(what)),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
