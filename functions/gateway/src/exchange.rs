//! Station *exchange*: credentials from the cache, or from one call to STS however many requests wait for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use quick_cache::sync::Cache;
use rolecall_core::exchange::{CredentialKey, Credentials, ExchangeRequest, Freshness, StsFailure};
use tokio::sync::Mutex;

use crate::sts::{Exchanged, StsClient};

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
    last_failure: Option<StsFailure>,
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
        let held = state.usable(SystemTime::now());
        if let Some((credentials, Freshness::Fresh)) = held {
            return Ok(Obtained { credentials, cached: true });
        }
        let somebody_called_meanwhile = session.calls.load(Ordering::Acquire) != calls_before;
        if somebody_called_meanwhile && let Some(failure) = state.last_failure {
            return serve_held(held, failure);
        }
        let exchanged = self.sts.exchange(request, token).await;
        session.calls.fetch_add(1, Ordering::AcqRel);
        on_call(&exchanged);
        match exchanged.result {
            Ok(credentials) => {
                *state = State { credentials: Some(credentials.clone()), last_failure: None };
                Ok(Obtained { credentials, cached: false })
            }
            Err(failure) => {
                state.last_failure = Some(failure);
                serve_held(held, failure)
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
        self.sessions.get(key).unwrap_or_else(|| {
            let inserted: Result<_, std::convert::Infallible> =
                self.sessions.get_or_insert_with(key, || Ok(Arc::default()));
            match inserted {
                Ok(session) => session,
            }
        })
    }
}

impl State {
    fn usable(&self, now: SystemTime) -> Option<(Credentials, Freshness)> {
        let credentials = self.credentials.as_ref()?;
        match credentials.freshness(now) {
            Freshness::Ended => None,
            freshness => Some((credentials.clone(), freshness)),
        }
    }
}

fn serve_held(held: Option<(Credentials, Freshness)>, failure: StsFailure) -> Result<Obtained, StsFailure> {
    match held {
        Some((credentials, _)) if failure == StsFailure::Unavailable => {
            Ok(Obtained { credentials, cached: true })
        }
        _ => Err(failure),
    }
}
