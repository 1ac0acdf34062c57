//! What the three have in common: a server, a look at the signature, a record, and ways to fail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};

use crate::{
    Result,
    faults::Faults,
    server::{Body, Server},
    verifier::{Rejection, Verifier},
};

/// One running service. It stops when dropped.
#[derive(Debug)]
pub struct Service {
    server: Server,
    faults: Faults,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: Mutex<Vec<String>>,
    refusal: Mutex<Option<Rejection>>,
}

impl Service {
    /// Starts a service that answers signed requests with `answer`, and refusals in the form of `error`.
    pub(super) async fn start<A>(
        verifier: Verifier,
        error: fn(&Rejection) -> Response<Body>,
        answer: A,
    ) -> Result<Self>
    where
        A: Fn(&Request<Bytes>) -> std::result::Result<Response<Body>, Rejection> + Send + Sync + 'static,
    {
        let faults = Faults::default();
        let state = Arc::new(State::default());
        let (answer, shared) = (Arc::new(answer), Arc::clone(&state));
        let server = Server::start(0, faults.clone(), move |request| {
            let (verifier, answer, state) = (verifier.clone(), Arc::clone(&answer), Arc::clone(&shared));
            async move {
                let verified = verifier.verify(&request).await.map(drop);
                let refused = lock(&state.refusal).clone();
                let allowed = verified.and_then(|()| refused.map_or(Ok(()), Err));
                let answer =
                    allowed.and_then(|()| answer(&request)).unwrap_or_else(|rejection| error(&rejection));
                let (method, uri, status) = (request.method(), request.uri(), answer.status().as_u16());
                lock(&state.calls).push(format!("{method} {uri} {status}"));
                answer
            }
        })
        .await?;
        Ok(Self { server, faults, state })
    }

    /// The endpoint, as for `AWS_ENDPOINT_URL_…`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.origin()
    }

    /// The fault switches.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Refuses every request from now on with this, as for a permission that is lacking; `None` stops that.
    pub fn refuse(&self, refusal: Option<Rejection>) {
        *lock(&self.state.refusal) = refusal;
    }

    /// Method, target and status of every request so far, refused ones included.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        lock(&self.state.calls).clone()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
