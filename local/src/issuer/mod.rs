//! An OIDC issuer: discovery, JWKS, tokens for anybody, good ones and forged ones.
//! What it publishes is always the public half of what it signs with; every lie has to be switched on.

mod endpoints;
mod forgery;
mod key_ring;
mod keys;
mod mint;
mod weak_rsa;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use serde_json::Value;

pub use forgery::{Forgery, Signature};

use crate::{Result, faults::Faults, server::Server, users::User};
use endpoints::handle;
use key_ring::KeyRing;
use mint::forge;

/// The audience that tokens are for unless they say otherwise.
pub const DEFAULT_AUDIENCE: &str = "aws-mcp";
/// How long a token lasts unless it says otherwise, in seconds.
pub const DEFAULT_LIFETIME: u64 = 12 * 3600;

/// How to start an [`Issuer`].
#[derive(Debug, Clone, Default)]
pub struct IssuerOptions {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
}

/// A running issuer. It stops when dropped.
#[derive(Debug)]
pub struct Issuer {
    server: Server,
    keys: PublishedKeys,
    state: Arc<State>,
    faults: Faults,
}

/// The issuer's keys as others may hold them: readable, also while the issuer's server is down.
#[derive(Clone)]
pub struct PublishedKeys(Arc<Mutex<KeyRing>>);

#[derive(Debug, Default)]
struct State {
    origin: Mutex<String>,
    discovered_issuer: Mutex<Option<String>>,
    discovery_requests: AtomicU64,
    jwks_requests: AtomicU64,
}

impl Issuer {
    /// Generates keys and starts serving.
    ///
    /// # Errors
    /// When the port is taken or key generation fails.
    pub async fn start(options: IssuerOptions) -> Result<Self> {
        let keys = PublishedKeys(Arc::new(Mutex::new(KeyRing::generate()?)));
        let state = Arc::new(State::default());
        let faults = Faults::default();
        let (handler_keys, handler_state) = (keys.clone(), Arc::clone(&state));
        let server = Server::start(options.port, faults.clone(), move |request| {
            let response = handle(&request, &handler_keys, &handler_state);
            async move { response }
        })
        .await?;
        *lock(&state.origin) = server.origin();
        Ok(Self { server, keys, state, faults })
    }

    /// The issuer identifier: what `iss` says and where discovery starts.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.origin()
    }

    /// The keys it publishes, for a verifier in this process.
    #[must_use]
    pub fn keys(&self) -> PublishedKeys {
        self.keys.clone()
    }

    /// The fault switches of discovery and JWKS.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How often discovery was asked for.
    #[must_use]
    pub fn discovery_requests(&self) -> u64 {
        self.state.discovery_requests.load(Ordering::SeqCst)
    }

    /// How often the JWKS was asked for.
    #[must_use]
    pub fn jwks_requests(&self) -> u64 {
        self.state.jwks_requests.load(Ordering::SeqCst)
    }

    /// Makes discovery claim another issuer; `None` tells the truth again.
    pub fn claim_issuer(&self, issuer: Option<&str>) {
        *lock(&self.state.discovered_issuer) = issuer.map(Into::into);
    }

    /// New keys under new ids. The old public keys stay published if `keep_old`.
    ///
    /// # Errors
    /// When key generation fails; the old keys then stay in use.
    pub fn rotate(&self, keep_old: bool) -> Result<()> {
        self.keys.lock().rotate(keep_old)
    }

    /// Publishes malformed keys before the good ones, or stops doing so.
    pub fn publish_malformed_keys(&self, on: bool) {
        self.keys.lock().publish_malformed(on);
    }

    /// Publishes a 1024-bit RSA key, which [`Forgery::rsa_1024`] then signs with.
    pub fn publish_weak_key(&self) {
        self.keys.lock().publish_weak();
    }

    /// A good RS256 token: `claims` over the defaults `iss`, `aud`, `sub`, `iat` and `exp`.
    ///
    /// # Errors
    /// When signing fails.
    pub fn mint(&self, claims: Value) -> Result<String> {
        self.forge(&Forgery::new().claims(claims))
    }

    /// A good token of a sample user.
    ///
    /// # Errors
    /// When signing fails.
    pub fn token_for(&self, user: User) -> Result<String> {
        self.mint(user.claims())
    }

    /// A token made by a recipe.
    ///
    /// # Errors
    /// When a good signature is asked for with an algorithm that no key fits, or the weak key is not published.
    pub fn forge(&self, forgery: &Forgery) -> Result<String> {
        forge(&self.keys.lock(), &self.url(), forgery)
    }
}

impl PublishedKeys {
    /// The JWK set as served.
    #[must_use]
    pub fn jwks(&self) -> Value {
        self.lock().jwks()
    }

    fn lock(&self) -> MutexGuard<'_, KeyRing> {
        lock(&self.0)
    }
}

impl std::fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PublishedKeys")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
