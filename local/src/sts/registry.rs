//! The credentials that STS has issued, as the services behind SigV4 look them up.
//! A secret key leaves this module only as a value for verifying a signature; `Debug` never shows one.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{Error, Result};

const KEY_ID_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Who a set of credentials stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub role_arn: String,
    /// The role's unique id, `AROA…`.
    pub role_id: String,
    /// The session name the credentials were issued for.
    pub session_name: String,
    /// The access key id, `ASIA…`.
    pub access_key_id: String,
}

/// Temporary credentials.
#[derive(Clone)]
pub struct Credentials {
    /// Who they stand for.
    pub identity: Identity,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: String,
    /// When they end.
    pub expires: SystemTime,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Why an access key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Never issued, revoked, or with another session token.
    Unknown,
    /// Issued, but past its end.
    Expired,
}

/// All credentials issued so far; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Registry(Arc<Mutex<HashMap<String, Credentials>>>);

impl Registry {
    /// Issues credentials that last `lifetime` from now.
    ///
    /// # Errors
    /// When the random number generator fails.
    pub fn issue(
        &self,
        role_arn: &str,
        role_id: &str,
        session_name: &str,
        lifetime: Duration,
    ) -> Result<Credentials> {
        let credentials = Credentials {
            identity: Identity {
                role_arn: role_arn.into(),
                role_id: role_id.into(),
                session_name: session_name.into(),
                access_key_id: format!("ASIA{}", key_id(&random::<16>()?)),
            },
            secret_access_key: STANDARD.encode(random::<30>()?),
            session_token: STANDARD.encode(random::<240>()?),
            expires: SystemTime::now() + lifetime,
        };
        self.with(|all| all.insert(credentials.identity.access_key_id.clone(), credentials.clone()));
        Ok(credentials)
    }

    /// Forgets an access key, so that services answer as if it had never been issued.
    pub fn revoke(&self, access_key_id: &str) {
        self.with(|all| all.remove(access_key_id));
    }

    /// Ends an access key now.
    pub fn expire(&self, access_key_id: &str) {
        self.with(|all| {
            if let Some(credentials) = all.get_mut(access_key_id) {
                credentials.expires = SystemTime::UNIX_EPOCH;
            }
        });
    }

    /// Ends every access key issued so far.
    pub fn expire_all(&self) {
        self.with(|all| all.values_mut().for_each(|one| one.expires = SystemTime::UNIX_EPOCH));
    }

    /// Everything issued and not revoked, for a test that looks for leaked secrets.
    #[must_use]
    pub fn issued(&self) -> Vec<Credentials> {
        self.with(|all| all.values().cloned().collect())
    }

    /// The credentials of an access key, if they are valid now and belong to this session token.
    ///
    /// # Errors
    /// Says why not.
    pub fn resolve(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> std::result::Result<Credentials, Refused> {
        let found = self.with(|all| all.get(access_key_id).cloned()).ok_or(Refused::Unknown)?;
        if session_token != Some(found.session_token.as_str()) {
            return Err(Refused::Unknown);
        }
        if found.expires <= SystemTime::now() {
            return Err(Refused::Expired);
        }
        Ok(found)
    }

    fn with<T>(&self, action: impl FnOnce(&mut HashMap<String, Credentials>) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::Crypto("random number generation"))?;
    Ok(bytes)
}

/// Bytes written in the alphabet of AWS's unique ids, one character each.
pub(super) fn key_id(bytes: &[u8]) -> String {
    bytes
        .iter()
        .filter_map(|byte| KEY_ID_ALPHABET.get(usize::from(byte & 31)))
        .map(|c| char::from(*c))
        .collect()
}
