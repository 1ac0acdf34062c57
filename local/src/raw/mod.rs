//! A scripted upstream: answers exactly what it was told, and keeps exactly what it received.
//! It reads and writes the socket itself, so that header order, chunk boundaries and disconnects stay visible.

mod play;
mod script;
mod wire;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::StatusCode;
use tokio::{net::TcpStream, sync::watch};

pub use script::{Answer, Framing, Gate, Step};

use crate::{Error, Result, server::Server, sts::Identity, verifier::Verifier};
use play::play;
use wire::{RawRequest, Wire};

/// How to start a [`Raw`] upstream.
#[derive(Debug, Clone, Default)]
pub struct RawOptions {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// Checks signatures before the script is asked; a refused request gets AWS's answer instead.
    pub verifier: Option<Verifier>,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The request target, path and query undecoded.
    pub target: String,
    /// Header lines in order, names in their own case.
    pub headers: Vec<(String, Bytes)>,
    /// The body, chunks joined.
    pub body: Bytes,
    /// Who signed it, where a verifier is on and content.
    pub identity: Option<Identity>,
    /// The error type of the verifier, where that refused.
    pub rejected: Option<String>,
    /// When it had been read.
    pub at: Option<Instant>,
    /// When the peer left before the answer was complete.
    pub disconnected_at: Option<Instant>,
}

impl Received {
    /// The values of a header, in order; the name in any case.
    #[must_use]
    pub fn header_values(&self, name: &str) -> Vec<&[u8]> {
        self.headers
            .iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_ref())
            .collect()
    }
}

/// A running upstream. It stops when dropped.
#[derive(Debug)]
pub struct Raw {
    server: Server,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    verifier: Option<Verifier>,
    queue: Mutex<VecDeque<Answer>>,
    otherwise: Mutex<Answer>,
    received: watch::Sender<Vec<Received>>,
}

impl Raw {
    /// Starts serving; until told otherwise it answers 404.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: RawOptions) -> Result<Self> {
        let state = Arc::new(State {
            verifier: options.verifier,
            queue: Mutex::default(),
            otherwise: Mutex::new(Answer::status(404)),
            received: watch::Sender::new(Vec::new()),
        });
        let shared = Arc::clone(&state);
        let server =
            Server::accept(options.port, move |stream| connection(stream, Arc::clone(&shared))).await?;
        Ok(Self { server, state })
    }

    /// The endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/mcp", self.server.origin())
    }

    /// Answers one request with this, after those pushed earlier.
    pub fn push(&self, answer: Answer) {
        lock(&self.state.queue).push_back(answer);
    }

    /// Answers with this whenever nothing pushed is left.
    pub fn always(&self, answer: Answer) {
        *lock(&self.state.otherwise) = answer;
    }

    /// Every request so far, in order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.received.borrow().clone()
    }

    /// Forgets the requests received so far. For long runs, between requests.
    pub fn forget(&self) {
        self.state.received.send_modify(Vec::clear);
    }

    /// Waits until the requests received satisfy a condition, and returns them.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub async fn wait_for(
        &self,
        condition: impl Fn(&[Received]) -> bool,
        timeout: Duration,
    ) -> Result<Vec<Received>> {
        let mut received = self.state.received.subscribe();
        let waited = tokio::time::timeout(timeout, received.wait_for(|all| condition(all))).await;
        match waited {
            Ok(Ok(all)) => Ok(all.clone()),
            _ => Err(Error::Timeout("a request at the raw upstream")),
        }
    }
}

async fn connection(stream: TcpStream, state: Arc<State>) {
    let mut wire = Wire::new(stream);
    while let Some(request) = wire.read_request().await {
        let (index, answer) = state.take(request).await;
        if play(&mut wire, &answer, || state.disconnected(index)).await.is_err() {
            return;
        }
    }
}

impl State {
    async fn take(&self, request: RawRequest) -> (usize, Answer) {
        let (identity, rejection) = match (&self.verifier, request.to_http()) {
            (None, _) => (None, None),
            (Some(verifier), Some(request)) => match verifier.verify(&request).await {
                Ok(identity) => (Some(identity), None),
                Err(rejection) => (None, Some((rejection.status, rejection.error_type))),
            },
            (Some(_), None) => (None, Some((StatusCode::BAD_REQUEST, "MalformedRequest".into()))),
        };
        let answer = match &rejection {
            Some((status, error_type)) => {
                Answer::json(status.as_u16(), format!(r#"{{"message":"{error_type}"}}"#))
                    .header("x-amzn-errortype", error_type)
            }
            None => lock(&self.queue).pop_front().unwrap_or_else(|| lock(&self.otherwise).clone()),
        };
        let RawRequest { method, target, headers, body } = request;
        let received = Received {
            method,
            target,
            headers,
            body,
            identity,
            rejected: rejection.map(|(_, error_type)| error_type),
            at: Some(Instant::now()),
            disconnected_at: None,
        };
        let mut index = 0;
        self.received.send_modify(|all| {
            index = all.len();
            all.push(received);
        });
        (index, answer)
    }

    fn disconnected(&self, index: usize) {
        self.received.send_modify(|all| {
            if let Some(received) = all.get_mut(index) {
                received.disconnected_at = Some(Instant::now());
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
