//! Station *exchange*: credentials from the cache, or from one call to STS however many requests wait for it.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use quick_cache::sync::Cache;
use rolecall_core::exchange::{CredentialKey, Credentials, ExchangeRequest, Freshness, StsFailure};
use tokio::sync::Mutex;

use crate::{
    sts::{Exchanged, StsClient},
    token_digest::TokenDigest,
};

/// Role sessions kept at once; the least recently used goes first.
const CACHED_SESSIONS: usize = 1024;

/// Exchanges tokens for credentials and keeps those.
pub struct Exchanger {
    sts: StsClient,
    sessions: Cache<CredentialKey, Arc<Session>>,
}

/// Credentials and where they came from.
#[derive(Clone)]
pub struct Obtained {
    /// To sign with.
    pub credentials: Credentials,
    /// Whether this request waited for no call to STS of its own.
    pub cached: bool,
}

/// One key's credentials. Whoever holds `state` may call STS; the others wait and take what it brought.
#[derive(Default)]
struct Session {
    state: Mutex<State>,
    calls: AtomicU64,
}

#[derive(Default)]
struct State {
    credentials: Option<Credentials>,
    last_failure: Option<Failed>,
}

/// A call that brought nothing.
struct Failed {
    failure: StsFailure,
    token: TokenDigest,
}

impl Exchanger {
    /// An empty cache before this client.
    #[must_use]
    pub fn new(sts: StsClient) -> Self {
        Self { sts, sessions: Cache::new(CACHED_SESSIONS) }
    }

    /// Credentials for this exchange; `on_call` is told of a call that this request made.
    ///
    /// # Errors
    /// What STS's refusal means. Credentials that are due for renewal but still valid serve while STS is down.
    pub async fn credentials(
        &self,
        request: &ExchangeRequest,
        token: &str,
        on_call: impl FnOnce(&Exchanged),
    ) -> Result<Obtained, StsFailure> {
        let session = self.session(request.key());
        let calls_before = session.calls.load(Ordering::Acquire);
        let mut state = session.state.lock().await;
        if let Some((credentials, Freshness::Fresh)) = state.usable(SystemTime::now()) {
            return Ok(Obtained { credentials, cached: true });
        }
        let somebody_called_meanwhile = session.calls.load(Ordering::Acquire) != calls_before;
        let digest = TokenDigest::of(token);
        if somebody_called_meanwhile && let Some(failure) = state.failure_for(digest) {
            return state.serve_in_spite_of(failure);
        }
        let noted = NotedCall { on_call: Some(on_call), began: Instant::now() };
        let exchanged = self.sts.exchange(request, token).await;
        session.calls.fetch_add(1, Ordering::AcqRel);
        noted.ended(&exchanged);
        match exchanged.result {
            Ok(credentials) => {
                *state = State { credentials: Some(credentials.clone()), last_failure: None };
                Ok(Obtained { credentials, cached: false })
            }
            Err(failure) => {
                state.last_failure = Some(Failed { failure, token: digest });
                state.serve_in_spite_of(failure)
            }
        }
    }

    /// Drops credentials that AWS no longer takes, unless newer ones have replaced them already.
    pub async fn forget(&self, key: &CredentialKey, refused: &Credentials) {
        let session = self.session(key);
        let mut state = session.state.lock().await;
        if state.credentials.as_ref().is_some_and(|held| held.access_key_id() == refused.access_key_id()) {
            state.credentials = None;
        }
    }

    fn session(&self, key: &CredentialKey) -> Arc<Session> {
        let session: Result<_, Infallible> = self.sessions.get_or_insert_with(key, || Ok(Arc::default()));
        match session {
            Ok(session) => session,
        }
    }
}

/// Tells of a call to STS also where nobody waits for its answer any more: STS may have given credentials all the same.
struct NotedCall<F: FnOnce(&Exchanged)> {
    on_call: Option<F>,
    began: Instant,
}

impl<F: FnOnce(&Exchanged)> NotedCall<F> {
    fn ended(mut self, exchanged: &Exchanged) {
        if let Some(on_call) = self.on_call.take() {
            on_call(exchanged);
        }
    }
}

impl<F: FnOnce(&Exchanged)> Drop for NotedCall<F> {
    fn drop(&mut self) {
        if let Some(on_call) = self.on_call.take() {
            on_call(&Exchanged::abandoned(self.began.elapsed()));
        }
    }
}

impl State {
    /// What the last call says about this token: STS may refuse one of a user's tokens and take another.
    fn failure_for(&self, token: TokenDigest) -> Option<StsFailure> {
        let Failed { failure, token: refused } = self.last_failure.as_ref()?;
        (*failure == StsFailure::Unavailable || *refused == token).then_some(*failure)
    }

    /// While STS is down, credentials due for renewal serve; asked now, because the attempts may have outlasted them.
    fn serve_in_spite_of(&self, failure: StsFailure) -> Result<Obtained, StsFailure> {
        match self.usable(SystemTime::now()) {
            Some((credentials, _)) if failure == StsFailure::Unavailable => {
                Ok(Obtained { credentials, cached: true })
            }
            _ => Err(failure),
        }
    }

    fn usable(&self, now: SystemTime) -> Option<(Credentials, Freshness)> {
        let credentials = self.credentials.as_ref()?;
        match credentials.freshness(now) {
            Freshness::Ended => None,
            freshness => Some((credentials.clone(), freshness)),
        }
    }
}
