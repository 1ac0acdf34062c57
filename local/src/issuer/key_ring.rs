//! Which keys the issuer signs with and which it publishes.
//! Rotation replaces the former; whether the latter keep the old ones is the rotation's choice.

use serde_json::{Value, json};

use super::keys::Key;
use crate::{Error, Result};

const EC_ALGORITHMS: [&str; 3] = ["ES256", "ES384", "ES512"];

/// The keys of an issuer at one moment.
pub(super) struct KeyRing {
    generation: u32,
    current: Vec<Key>,
    retired: Vec<Key>,
    weak: Option<Key>,
    malformed: bool,
    nameless: bool,
}

impl KeyRing {
    pub(super) fn generate() -> Result<Self> {
        Ok(Self {
            generation: 1,
            current: generation(1)?,
            retired: Vec::new(),
            weak: None,
            malformed: false,
            nameless: false,
        })
    }

    /// New keys for every algorithm; the old public keys stay published if `keep_old`.
    pub(super) fn rotate(&mut self, keep_old: bool) -> Result<()> {
        let fresh = generation(self.generation + 1)?;
        self.generation += 1;
        let old = std::mem::replace(&mut self.current, fresh);
        if keep_old {
            self.retired.extend(old);
        } else {
            self.retired.clear();
        }
        Ok(())
    }

    pub(super) fn publish_weak(&mut self) {
        self.weak = Some(Key::weak_rsa("weak-rsa-1024".into()));
    }

    pub(super) fn publish_malformed(&mut self, on: bool) {
        self.malformed = on;
    }

    pub(super) fn publish_kids(&mut self, on: bool) {
        self.nameless = !on;
    }

    /// The key that signs `alg` now.
    pub(super) fn signer(&self, alg: &str) -> Result<&Key> {
        self.current.iter().find(|key| key.fits(alg)).ok_or(Error::Crypto("no key for this algorithm"))
    }

    pub(super) fn weak(&self) -> Result<&Key> {
        self.weak.as_ref().ok_or(Error::Crypto("the 1024-bit key is not published"))
    }

    /// The JWK set (RFC 7517 section 5).
    pub(super) fn jwks(&self) -> Value {
        let mut keys: Vec<Value> = Vec::new();
        if self.malformed {
            keys.push(json!({ "kty": "RSA", "use": "sig", "kid": "malformed", "n": "***", "e": 7 }));
            keys.push(json!({ "kty": "unheard-of", "kid": "unknown-type" }));
        }
        keys.extend(self.current.iter().chain(&self.retired).chain(&self.weak).map(Key::jwk));
        if self.nameless {
            keys.iter_mut().filter_map(Value::as_object_mut).for_each(|key| drop(key.remove("kid")));
        }
        json!({ "keys": keys })
    }
}

fn generation(number: u32) -> Result<Vec<Key>> {
    let mut keys = vec![Key::rsa(format!("rsa-{number}"))?];
    for alg in EC_ALGORITHMS {
        keys.push(Key::ec(format!("{}-{number}", alg.to_lowercase()), alg)?);
    }
    keys.push(Key::ed25519(format!("ed25519-{number}"))?);
    Ok(keys)
}
