//! The issuer's keys over the network: discovery, download, and one fetch at a time however many ask.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use reqwest::Client;
use rolecall_core::{
    authenticate::{Due, KeySchedule, KeySet, KeySetError, TokenError},
    config::{Oidc, is_https_or_loopback},
    telemetry::Measurement,
};
use serde::Deserialize;
use url::Url;

use crate::telemetry::Telemetry;

/// Limit for each of the two documents: a cold start waits for both, and clients probe for 10 s only.
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);
/// Largest accepted document.
const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// Fetches and keeps the keys of one issuer.
pub struct KeyStore {
    client: Client,
    issuer: String,
    jwks_url: Option<Url>,
    state: Mutex<State>,
    fetching: tokio::sync::Mutex<()>,
    telemetry: Arc<Telemetry>,
}

#[derive(Default)]
struct State {
    schedule: KeySchedule,
    keys: Option<Arc<KeySet>>,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("cannot be reached")]
    Unreachable,
    #[error("answered {0}")]
    Status(u16),
    #[error("is larger than {MAX_DOCUMENT_BYTES} bytes")]
    TooLarge,
    #[error("is not a discovery document")]
    NotDiscovery,
    #[error("names another issuer than oidc.issuer")]
    OtherIssuer,
    #[error("names a jwks_uri that is not an https URL")]
    InsecureJwksUri,
    #[error("{0}")]
    KeySet(#[from] KeySetError),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl KeyStore {
    /// An empty store; nothing is fetched yet.
    #[must_use]
    pub fn new(client: Client, oidc: &Oidc, telemetry: Arc<Telemetry>) -> Self {
        Self {
            client,
            issuer: oidc.issuer.clone(),
            jwks_url: oidc.jwks_url.clone(),
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
            telemetry,
        }
    }

    /// The keys to check a token with; fetches where there are none.
    ///
    /// # Errors
    /// [`TokenError::KeysUnavailable`].
    pub async fn keys(self: &Arc<Self>) -> Result<Arc<KeySet>, TokenError> {
        match self.due(KeySchedule::before_check) {
            Due::Nothing => {}
            Due::Background => {
                let store = Arc::clone(self);
                tokio::spawn(async move { store.fetch_if_due(KeySchedule::before_check).await });
            }
            Due::Fetch => self.fetch_if_due(KeySchedule::before_check).await,
            Due::Unavailable => return Err(TokenError::KeysUnavailable),
        }
        match self.due(KeySchedule::before_check) {
            Due::Nothing | Due::Background => self.current(),
            Due::Fetch | Due::Unavailable => Err(TokenError::KeysUnavailable),
        }
    }

    /// The keys after one of them turned out to be unknown; fetches as often as the schedule allows.
    ///
    /// # Errors
    /// [`TokenError::KeysUnavailable`] where newer ones could not be fetched.
    pub async fn newest_keys(&self) -> Result<Arc<KeySet>, TokenError> {
        if self.due(KeySchedule::on_unknown_key) == Due::Fetch {
            self.fetch_if_due(KeySchedule::on_unknown_key).await;
        }
        match self.due(KeySchedule::on_unknown_key) {
            Due::Unavailable => Err(TokenError::KeysUnavailable),
            _ => self.current(),
        }
    }

    fn current(&self) -> Result<Arc<KeySet>, TokenError> {
        self.state().keys.clone().ok_or(TokenError::KeysUnavailable)
    }

    fn due(&self, question: impl Fn(&KeySchedule, u64) -> Due) -> Due {
        question(&self.state().schedule, now())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever waited for another's fetch asks again whether one is due.
    async fn fetch_if_due(&self, question: impl Fn(&KeySchedule, u64) -> Due) {
        let _one_at_a_time = self.fetching.lock().await;
        if !matches!(self.due(question), Due::Fetch | Due::Background) {
            return;
        }
        let began = now();
        let fetched = self.fetch().await;
        self.telemetry.count(Measurement::jwks_fetch(fetched.is_ok()));
        let mut state = self.state();
        state.schedule.record(began, fetched.is_ok());
        match fetched {
            Ok(keys) => state.keys = Some(Arc::new(keys)),
            Err((document, error)) => {
                tracing::warn!(document, reason = %error, "the issuer's keys cannot be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, (&'static str, FetchError)> {
        let jwks_url = match &self.jwks_url {
            Some(url) => url.clone(),
            None => self.discover().await.map_err(|error| ("discovery", error))?,
        };
        let document = self.get(jwks_url).await.map_err(|error| ("jwks", error))?;
        KeySet::parse(&document).map_err(|error| ("jwks", error.into()))
    }

    /// OpenID Connect Discovery 1.0, section 4.
    async fn discover(&self) -> Result<Url, FetchError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| FetchError::NotDiscovery)?;
        let document = self.get(url).await?;
        let discovery: Discovery = serde_json::from_slice(&document).map_err(|_| FetchError::NotDiscovery)?;
        if discovery.issuer != self.issuer {
            return Err(FetchError::OtherIssuer);
        }
        Url::parse(&discovery.jwks_uri).ok().filter(is_https_or_loopback).ok_or(FetchError::InsecureJwksUri)
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let request =
            self.client.get(url).header(http::header::ACCEPT, "application/json").timeout(FETCH_TIMEOUT);
        let mut response = request.send().await.map_err(|_| FetchError::Unreachable)?;
        if response.status() != http::StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Unreachable)? {
            if document.len() + chunk.len() > MAX_DOCUMENT_BYTES {
                return Err(FetchError::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document)
    }
}

/// Seconds since the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
