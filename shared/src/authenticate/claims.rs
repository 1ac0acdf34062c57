//! A token's claims: as text anybody could have written, and as statements the issuer signed.

use std::ops::Deref;

use serde_json::{Map, Value};

use super::TokenError;

/// Namespace of the claims that STS reads as session tags, source identity and role list.
pub const AWS_NAMESPACE: &str = "https://aws.amazon.com/";
/// The claim that STS reads session tags from (IAM User Guide, "Pass session tags"); flat forms lie below it.
pub const SESSION_TAGS_CLAIM: &str = "https://aws.amazon.com/tags";

/// Claims that name the OAuth client, in the order they are looked for: the standard one, then those of
/// RFC 9068, Okta and Entra ID.
const CLIENT_CLAIMS: [&str; 4] = ["azp", "client_id", "cid", "appid"];

/// The payload of a token. Says nothing about who wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Wraps a decoded payload.
    #[must_use]
    pub fn new(payload: Map<String, Value>) -> Self {
        Self(payload)
    }

    /// The claim of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The claim of exactly this name where it is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The text of a claim that every token must have.
    ///
    /// # Errors
    /// [`TokenError::Claim`] where it is absent, empty or no string.
    pub fn required_text(&self, claim: &'static str) -> Result<&str, TokenError> {
        let problem = match self.get(claim) {
            None | Some(Value::Null) => "missing",
            Some(Value::String(text)) if text.is_empty() => "empty",
            Some(Value::String(text)) => return Ok(text),
            Some(_) => "not a string",
        };
        Err(TokenError::Claim { claim, problem })
    }

    /// The OAuth client that obtained the token: the first of `azp`, `client_id`, `cid` and `appid` that is
    /// there, where it is a string.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        CLIENT_CLAIMS.iter().find_map(|name| self.get(name))?.as_str()
    }

    /// Names and values, in the token's order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

/// Claims whose signature, issuer, audience, times and subject have been checked. Only this station makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedClaims {
    claims: Claims,
    subject: String,
    expires_at: u64,
}

impl VerifiedClaims {
    pub(super) fn new(claims: Claims, subject: String, expires_at: u64) -> Self {
        Self { claims, subject, expires_at }
    }

    /// `sub`, never empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// `exp`, in seconds since the epoch.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }
}

impl Deref for VerifiedClaims {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}
