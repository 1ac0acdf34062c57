//! What STS will look at in a token and a role, beyond what the gateway checks: said before the call, because its answers
//! name neither the claim nor the statement.

use std::fmt;

use serde_json::Value;

use super::{ExchangeMode, Operation, SessionRequest, TagError, token_tags::token_tags};
use crate::{
    authenticate::{AWS_NAMESPACE, Algorithm, Claims},
    config::AwsSts,
};

/// Longest `WebIdentityToken` (STS API reference, AssumeRoleWithWebIdentity), in characters.
const MAX_STS_TOKEN: usize = 20_000;

/// Something STS will look at, or will refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// `azp` is there: STS compares it, not `aud`.
    AzpReplacesAudience(String),
    /// The one audience.
    Audience(String),
    /// More than one, and no `azp`.
    SeveralAudiences,
    /// A claim that STS requires is absent.
    MissingClaim(&'static str),
    /// `alg`, which STS does not take.
    Algorithm(String),
    /// The token has more characters than STS takes.
    TokenTooLong(usize),
    /// Session tags of these keys: the trust policy needs `sts:TagSession`.
    TagSession(Vec<String>),
    /// Tags in a form that STS does not take.
    UnusableTags(TagError),
    /// A source identity: the trust policy needs `sts:SetSourceIdentity`.
    SetSourceIdentity,
    /// The roles claim, which has the role.
    RolesClaim,
    /// Seconds that the token outlasts, while the session was asked for longer.
    EndsWithToken {
        /// Until `exp`.
        left: u64,
        /// Asked for.
        duration: u32,
    },
}

/// A token besides its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenForm {
    /// `alg` of its header.
    pub algorithm: String,
    /// In characters.
    pub length: usize,
}

/// What awaits this request with a token of these claims, in this form where there is a token: claims alone may be a part
/// of its claims. `now` is in seconds since the epoch.
#[must_use]
pub fn outlook(
    claims: &Claims,
    form: Option<&TokenForm>,
    request: &SessionRequest,
    sts: &AwsSts,
    now: u64,
) -> Vec<Outlook> {
    let mut outlook = match (&sts.exchange, request.operation()) {
        (ExchangeMode::WebIdentity, _) => of_token(claims, form),
        (ExchangeMode::AssumeRole { .. }, Operation::AssumeRole(tags)) if !tags.is_empty() => {
            let keys = tags.iter().map(|(key, _)| key.to_owned()).collect();
            vec![Outlook::TagSession(keys), Outlook::SetSourceIdentity]
        }
        (ExchangeMode::AssumeRole { .. }, _) => vec![Outlook::SetSourceIdentity],
    };
    if claims.get(&format!("{AWS_NAMESPACE}roles")).is_some() {
        outlook.push(Outlook::RolesClaim);
    }
    let left = claims.get("exp").and_then(Value::as_u64).map(|exp| exp.saturating_sub(now));
    if let Some(left) = left.filter(|left| *left > 0 && *left < u64::from(request.duration())) {
        outlook.push(Outlook::EndsWithToken { left, duration: request.duration() });
    }
    outlook
}

/// AssumeRoleWithWebIdentity: STS judges the token.
fn of_token(claims: &Claims, form: Option<&TokenForm>) -> Vec<Outlook> {
    let mut outlook: Vec<Outlook> = audience(claims).into_iter().collect();
    if let Some(form) = form {
        outlook.extend(of_form(claims, form));
    }
    match token_tags(claims) {
        Ok(tags) if tags.is_empty() => {}
        Ok(tags) => outlook.push(Outlook::TagSession(tags.iter().map(|(key, _)| key.to_owned()).collect())),
        Err(error) => outlook.push(Outlook::UnusableTags(error)),
    }
    if claims.get(&format!("{AWS_NAMESPACE}source_identity")).is_some() {
        outlook.push(Outlook::SetSourceIdentity);
    }
    outlook
}

fn of_form(claims: &Claims, form: &TokenForm) -> Vec<Outlook> {
    let is_missing = |claim: &&'static str| claims.get(claim).is_none_or(Value::is_null);
    let missing = ["iss", "sub", "aud", "iat", "exp"].into_iter().filter(is_missing);
    let mut outlook: Vec<Outlook> = missing.map(Outlook::MissingClaim).collect();
    if !Algorithm::OF_STS.iter().any(|algorithm| algorithm.as_str() == form.algorithm) {
        outlook.push(Outlook::Algorithm(form.algorithm.clone()));
    }
    if form.length > MAX_STS_TOKEN {
        outlook.push(Outlook::TokenTooLong(form.length));
    }
    outlook
}

fn audience(claims: &Claims) -> Option<Outlook> {
    if let Some(azp) = claims.text("azp") {
        return Some(Outlook::AzpReplacesAudience(azp.to_owned()));
    }
    match claims.get("aud")? {
        Value::String(aud) => Some(Outlook::Audience(aud.clone())),
        Value::Array(values) => match values.as_slice() {
            [Value::String(aud)] => Some(Outlook::Audience(aud.clone())),
            [_, _, ..] => Some(Outlook::SeveralAudiences),
            _ => None,
        },
        _ => None,
    }
}

impl Outlook {
    /// Whether STS will refuse for this.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::SeveralAudiences
                | Self::MissingClaim(_)
                | Self::Algorithm(_)
                | Self::TokenTooLong(_)
                | Self::UnusableTags(_)
        )
    }
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AzpReplacesAudience(azp) => write!(
                f,
                "the token has azp, so STS compares \"{azp}\" in place of aud: it has to be a client id of the OIDC \
                 provider in the role's account, and what the trust policy expects as <issuer>:aud"
            ),
            Self::Audience(aud) => write!(
                f,
                "\"{aud}\" has to be a client id of the OIDC provider in the role's account, and what the trust policy \
                 expects as <issuer>:aud"
            ),
            Self::SeveralAudiences => f.write_str(
                "STS refuses a token with several audiences and no azp; have the provider issue it for one",
            ),
            Self::MissingClaim(claim) => write!(f, "STS refuses a token without {claim}"),
            Self::Algorithm(alg) => write!(
                f,
                "STS refuses a token signed with {alg}; have the provider sign with RS256 or ES256, or write \
                 exchange: assumeRole"
            ),
            Self::TokenTooLong(length) => {
                write!(f, "STS refuses a token of {length} characters; it takes {MAX_STS_TOKEN}")
            }
            Self::TagSession(keys) => write!(
                f,
                "the session is tagged ({}): the role's trust policy has to allow sts:TagSession too, or STS denies \
                 the whole call",
                keys.join(", ")
            ),
            Self::UnusableTags(error) => write!(f, "STS refuses the session tags: {error}"),
            Self::SetSourceIdentity => f.write_str(
                "the session has a source identity: the role's trust policy has to allow sts:SetSourceIdentity too",
            ),
            Self::RolesClaim => f.write_str(
                "the claim https://aws.amazon.com/roles lists the role; STS checks that before the trust policy",
            ),
            Self::EndsWithToken { left, duration } => write!(
                f,
                "the session is asked for {duration} s, but the gateway uses it only until the token expires, {left} s \
                 from now"
            ),
        }
    }
}

#[cfg(test)]
#[path = "outlook_tests.rs"]
mod tests;
