//! Tokens an issuer should never see accepted: every header, claim and signature can be set apart from the rest.
//! A [`Forgery`] starts as a good token; each call spoils one thing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signature {
    /// With the issuer's current key for the header's algorithm.
    #[default]
    Good,
    /// With a key of the right kind that the issuer never published.
    ForeignKey,
    /// HMAC-SHA256, keyed with the PEM text of the issuer's public RSA key.
    HmacWithPublicKey,
    /// With a correct signature of the issuer's published 1024-bit key (see `Issuer::publish_weak_key`).
    WeakRsa,
    /// Right at first, then one bit is turned.
    Tampered,
    /// Nothing after the second dot.
    Missing,
}

/// A recipe for a token.
#[derive(Debug, Clone, Default)]
pub struct Forgery {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    pub(super) removed: Vec<String>,
    pub(super) payload: Option<Vec<u8>>,
    pub(super) signature: Signature,
}

impl Forgery {
    /// A good RS256 token so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Algorithm confusion: `alg: HS256`, keyed with the public key.
    #[must_use]
    pub fn hs256_with_public_key() -> Self {
        Self::new().alg("HS256").signature(Signature::HmacWithPublicKey)
    }

    /// `alg: none` and no signature (RFC 7519 section 6).
    #[must_use]
    pub fn alg_none() -> Self {
        Self::new().alg("none").signature(Signature::Missing)
    }

    /// Signed with a published key of 1024 bits.
    #[must_use]
    pub fn rsa_1024() -> Self {
        Self::new().signature(Signature::WeakRsa)
    }

    /// Sets the header's `alg`; a good signature follows it where the issuer has a fitting key.
    #[must_use]
    pub fn alg(self, alg: &str) -> Self {
        self.header("alg", alg)
    }

    /// Sets the header's `kid`.
    #[must_use]
    pub fn kid(self, kid: &str) -> Self {
        self.header("kid", kid)
    }

    /// Leaves `kid` out of the header.
    #[must_use]
    pub fn without_kid(self) -> Self {
        self.header("kid", Value::Null)
    }

    /// Sets a header parameter; null removes it.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Marks an extension as critical (RFC 7515 section 4.1.11).
    #[must_use]
    pub fn crit(self, extension: &str) -> Self {
        self.header("crit", json!([extension])).header(extension, true)
    }

    /// Sets a claim, null included.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Sets every claim of an object.
    #[must_use]
    pub fn claims(mut self, claims: Value) -> Self {
        if let Value::Object(claims) = claims {
            self.claims.extend(claims);
        }
        self
    }

    /// Leaves a default claim out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.removed.push(name.into());
        self
    }

    /// Replaces the whole payload with these bytes, JSON or not.
    #[must_use]
    pub fn payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload = Some(bytes.into());
        self
    }

    /// Chooses how the token is signed.
    #[must_use]
    pub fn signature(mut self, signature: Signature) -> Self {
        self.signature = signature;
        self
    }
}

/// `header.payload`, both base64url: what a signature covers.
pub(super) fn signing_input(header: &Map<String, Value>, payload: &[u8]) -> String {
    let header = Value::Object(header.clone()).to_string();
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}
