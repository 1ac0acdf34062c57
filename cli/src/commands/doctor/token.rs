//! The token: what can be told before it is sent. It is shown nowhere.

use std::time::UNIX_EPOCH;

use http::HeaderValue;
use rolecall_core::authenticate::{Claims, UnverifiedToken};
use serde_json::Value;

use super::findings::Hop;
use crate::failure::Failure;

const NAME: &str = "token";
/// What STS takes (STS API reference, `WebIdentityToken`).
const MAX_BYTES: usize = 20_000;

/// An access token.
pub(super) struct Token {
    secret: String,
    header: HeaderValue,
}

impl Token {
    /// The token in `text`; `source` names it in the error.
    pub(super) fn new(text: &str, source: &str) -> Result<Self, Failure> {
        let secret = text.trim();
        let header = HeaderValue::try_from(format!("Bearer {secret}")).ok();
        match header.filter(|_| !secret.is_empty() && !secret.contains(char::is_whitespace)) {
            Some(mut header) => {
                header.set_sensitive(true);
                Ok(Self { secret: secret.to_owned(), header })
            }
            None => Err(Failure::NotAToken(source.to_owned())),
        }
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    pub(super) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// Form, issuer and times. The gateway judges the rest.
    pub(super) fn examine(&self, issuer: Option<&str>) -> Hop {
        let token = match UnverifiedToken::parse(&self.secret, MAX_BYTES) {
            Ok(token) => token,
            Err(error) => {
                return Hop::failed(
                    NAME,
                    error.to_string(),
                    "ask the identity provider for an access token of this gateway's audience",
                );
            }
        };
        let claims = token.unverified_claims();
        let named = claims.text("iss");
        if let (Some(named), Some(issuer)) = (named, issuer)
            && named != issuer
        {
            let facts = format!("is of {named:?}, and the gateway trusts {issuer:?}");
            return Hop::failed(NAME, facts, "sign in at that issuer, or correct oidc.issuer");
        }
        times(claims, now())
    }
}

fn times(claims: &Claims, now: i64) -> Hop {
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).map(f64::round);
    let from_now = |name: &str| time(name).map(|seconds| seconds - now as f64);
    match (from_now("exp"), from_now("nbf")) {
        (None, _) => Hop::failed(
            NAME,
            "has no exp",
            "ask the identity provider for a token that expires: STS takes no other",
        ),
        (Some(left), _) if left <= 0.0 => Hop::failed(
            NAME,
            format!("has expired {} ago", in_words(-left)),
            "sign in again and pass the new token",
        ),
        (_, Some(until)) if until > 0.0 => Hop::odd(
            NAME,
            format!("is valid only in {}", in_words(until)),
            "wait, or set the clock that is wrong",
        ),
        (Some(left), _) => Hop::passed(NAME, format!("a JWT that expires in {}", in_words(left))),
    }
}

fn in_words(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else if seconds < 7_200.0 {
        format!("{:.0} min", seconds / 60.0)
    } else if seconds < 172_800.0 {
        format!("{:.0} h", seconds / 3_600.0)
    } else {
        format!("{:.0} days", seconds / 86_400.0)
    }
}

fn now() -> i64 {
    UNIX_EPOCH.elapsed().map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}
