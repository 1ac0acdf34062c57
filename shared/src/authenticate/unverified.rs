//! A token as it arrived: well formed, and nothing more. Its claims are hearsay until [`super::CheckedToken::verify`].

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Claims, TokenError};

/// A JWS in compact serialisation (RFC 7515 section 7.1) whose header and payload are JSON objects.
pub struct UnverifiedToken<'a> {
    /// `BASE64URL(header) "." BASE64URL(payload)`: what the signature covers.
    pub(super) signing_input: &'a str,
    pub(super) signature: &'a str,
    pub(super) header: Header,
    pub(super) unverified_claims: Claims,
}

/// The part of the JOSE header that is looked at; `jku`, `jwk`, `x5u` and `x5c` never are.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    /// `Some` also for `"crit": null`: any mention is refused.
    #[serde(default, deserialize_with = "present")]
    pub(super) crit: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a compact JWS apart.
    ///
    /// # Errors
    /// [`TokenError::TooLarge`] above `max_bytes`, else [`TokenError::NotAJwt`].
    pub fn parse(token: &'a str, max_bytes: usize) -> Result<Self, TokenError> {
        if token.len() > max_bytes {
            return Err(TokenError::TooLarge { limit: max_bytes });
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(TokenError::NotAJwt)?;
        let (header, payload) = signing_input.split_once('.').ok_or(TokenError::NotAJwt)?;
        let payload: Map<String, Value> = decode(payload)?;
        Ok(Self {
            signing_input,
            signature,
            header: decode(header)?,
            unverified_claims: Claims::new(payload),
        })
    }
}

impl UnverifiedToken<'_> {
    /// The whole JOSE header.
    #[must_use]
    pub fn unverified_header(&self) -> Map<String, Value> {
        let header = self.signing_input.split_once('.').map(|(header, _)| decode(header));
        header.and_then(Result::ok).unwrap_or_default()
    }

    /// The claims, which anybody could have written.
    #[must_use]
    pub fn unverified_claims(&self) -> &Claims {
        &self.unverified_claims
    }
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, TokenError> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::NotAJwt)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::NotAJwt)
}
