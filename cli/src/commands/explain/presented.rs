//! Who asks: the claims of a token, and how far they can be believed.

use std::{path::Path, sync::Arc};

use rolecall_core::{
    authenticate::{Claims, TokenError, UnverifiedToken},
    config::Config,
    exchange::TokenForm,
};
use rolecall_gateway::authenticate::Authenticator;
use serde_json::{Map, Value};

use crate::{failure::Failure, input, token};

/// What the user of the command holds in hand.
pub struct Presented {
    /// `None` where no claims can be read.
    pub claims: Option<Claims>,
    pub trust: Trust,
    /// `None` where only claims are given.
    pub form: Option<TokenForm>,
}

/// Whether the gateway would believe the claims.
pub enum Trust {
    /// Only claims were given.
    Assumed,
    /// It would.
    Verified,
    /// All but the signature is good, and nobody has the keys.
    KeysUnavailable,
    /// It would not.
    Refused(TokenError),
}

impl Presented {
    /// Claims alone, taken as if verified.
    pub fn claims(path: &Path) -> Result<Self, Failure> {
        let text = input::read(path)?;
        let claims: Map<String, Value> = serde_json::from_str(&text).map_err(|error| Failure::Unusable {
            path: path.to_owned(),
            problem: format!("not a JSON object at line {}, column {}", error.line(), error.column()),
            remedy:
                "write the claims of a token, for example {\"sub\": \"alice\", \"groups\": [\"readers\"]}"
                    .to_owned(),
        })?;
        let claims = Claims::new(claims);
        let trust = match claims.required_text("sub") {
            Ok(_) => Trust::Assumed,
            Err(error) => Trust::Refused(error),
        };
        Ok(Self { claims: Some(claims), trust, form: None })
    }

    /// A token, verified as the gateway would at `now`.
    pub fn token(path: &Path, config: &Arc<Config>, now: u64) -> Result<Self, Failure> {
        let token = token::read(path)?;
        if token.is_empty() {
            return Ok(Self::nothing());
        }
        let verified = verify(&token, config, now)?;
        let trust = match verified {
            Ok(()) => Trust::Verified,
            Err(TokenError::KeysUnavailable) => Trust::KeysUnavailable,
            Err(error) => Trust::Refused(error),
        };
        // A token that is too large is refused, and yet says what it says.
        let parsed = UnverifiedToken::parse(&token, usize::MAX).ok();
        let form = parsed.as_ref().map(|parsed| form(&token, parsed));
        Ok(Self { claims: parsed.map(|parsed| parsed.unverified_claims().clone()), trust, form })
    }

    /// No token at all.
    pub fn nothing() -> Self {
        Self { claims: None, trust: Trust::Refused(TokenError::Missing), form: None }
    }
}

fn form(token: &str, parsed: &UnverifiedToken<'_>) -> TokenForm {
    let algorithm = parsed.unverified_header().get("alg").and_then(Value::as_str).map(str::to_owned);
    TokenForm { algorithm: algorithm.unwrap_or_default(), length: token.chars().count() }
}

fn verify(token: &str, config: &Arc<Config>, now: u64) -> Result<Result<(), TokenError>, Failure> {
    let authenticator = Authenticator::standalone(Arc::clone(config))?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    Ok(runtime.block_on(authenticator.authenticate_at(token, now)).map(|_| ()))
}
