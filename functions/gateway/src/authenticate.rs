//! Station *authenticate*: brings token, keys and clock together, and remembers what it has verified.

use std::sync::Arc;

use quick_cache::sync::Cache;
use rolecall_core::{
    authenticate::{KeySet, TokenError, UnverifiedToken, VerifiedClaims},
    config::Config,
};

use crate::{
    http_client::{self, ClientError, IDENTITY_CONNECT_TIMEOUT},
    jwks::{KeyStore, now},
    token_digest::TokenDigest,
};

/// Tokens remembered at once; more than a gateway instance has users.
const VERIFIED_TOKENS: usize = 2048;

/// Verifies bearer tokens.
pub struct Authenticator {
    config: Arc<Config>,
    keys: Arc<KeyStore>,
    verified: Cache<TokenDigest, Verified>,
}

#[derive(Clone)]
struct Verified {
    claims: Arc<VerifiedClaims>,
    /// With other keys the token is verified again: its key may have been withdrawn.
    keys: Arc<KeySet>,
}

impl Authenticator {
    /// An authenticator with these keys; where there are none yet, [`Self::warm_up`] or the first token fetches them.
    #[must_use]
    pub fn new(config: Arc<Config>, keys: Arc<KeyStore>) -> Self {
        Self { config, keys, verified: Cache::new(VERIFIED_TOKENS) }
    }

    /// An authenticator with a connection of its own, for a tool outside of a gateway.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn standalone(config: Arc<Config>) -> Result<Self, ClientError> {
        let client = http_client::client(http_client::tls()?, IDENTITY_CONNECT_TIMEOUT)?;
        let keys = Arc::new(KeyStore::new(client, &config.oidc, Arc::default()));
        Ok(Self::new(config, keys))
    }

    /// Fetches the keys ahead of the first token; a failure shows at that token.
    pub async fn warm_up(&self) {
        let _ = self.keys.keys().await;
    }

    /// Believes a token's claims, or says why not.
    ///
    /// # Errors
    /// Every [`TokenError`] but the ones of the header's form.
    pub async fn authenticate(&self, token: &str) -> Result<Arc<VerifiedClaims>, TokenError> {
        let digest = TokenDigest::of(token);
        if let Some(verified) = self.verified.get(&digest) {
            let skew = self.config.oidc.clock_skew.as_secs();
            let is_alive = now() < verified.claims.expires_at().saturating_add(skew);
            if is_alive && Arc::ptr_eq(&verified.keys, &self.keys.keys().await?) {
                return Ok(verified.claims);
            }
            self.verified.remove(&digest);
        }
        let verified = self.verify(token, now()).await?;
        self.verified.insert(digest, verified.clone());
        Ok(verified.claims)
    }

    /// What [`Self::authenticate`] would say at `now`, in seconds since the epoch.
    ///
    /// # Errors
    /// Those of [`Self::authenticate`].
    pub async fn authenticate_at(&self, token: &str, now: u64) -> Result<Arc<VerifiedClaims>, TokenError> {
        self.verify(token, now).await.map(|verified| verified.claims)
    }

    async fn verify(&self, token: &str, now: u64) -> Result<Verified, TokenError> {
        let token = UnverifiedToken::parse(token, self.config.limits.max_token_bytes)?
            .check(&self.config.oidc, now)?;
        let mut keys = self.keys.keys().await?;
        let mut verdict = token.verify(&keys);
        if verdict == Err(TokenError::UnknownKey) {
            keys = self.keys.newest_keys().await?;
            verdict = token.verify(&keys);
        }
        Ok(Verified { claims: Arc::new(verdict?), keys })
    }
}
