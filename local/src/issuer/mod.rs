//! An OIDC issuer: discovery, JWKS, tokens for anybody, good ones and forged ones.
//! What it publishes is always the public half of what it signs with; every lie has to be switched on.

mod forgery;
mod key_ring;
mod keys;
mod weak_rsa;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};

pub use forgery::{Forgery, Signature};

use crate::{
    Error, Result,
    faults::Faults,
    server::{Body, Server, json as json_response, text},
    users::{self, User},
};
use key_ring::KeyRing;
use keys::Key;

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

fn forge(keys: &KeyRing, issuer: &str, forgery: &Forgery) -> Result<String> {
    let alg = forgery.header.get("alg").and_then(Value::as_str).unwrap_or("RS256");
    let signer = match forgery.signature {
        Signature::WeakRsa => keys.weak()?,
        _ => keys.signer(alg).or_else(|_| keys.signer("RS256"))?,
    };
    let mut header = Map::from_iter([
        ("alg".to_owned(), json!("RS256")),
        ("typ".to_owned(), json!("JWT")),
        ("kid".to_owned(), json!(signer.kid)),
    ]);
    header.extend(forgery.header.clone());
    header.retain(|_, value| !value.is_null());
    let payload = forgery.payload.clone().unwrap_or_else(|| claims(issuer, forgery).to_string().into_bytes());
    let input = forgery::signing_input(&header, &payload);
    let signature = sign(keys, signer, alg, forgery.signature, input.as_bytes())?;
    Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn claims(issuer: &str, forgery: &Forgery) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut claims = Map::from_iter([
        ("iss".to_owned(), json!(issuer)),
        ("aud".to_owned(), json!(DEFAULT_AUDIENCE)),
        ("sub".to_owned(), json!("somebody@example.com")),
        ("iat".to_owned(), json!(now)),
        ("exp".to_owned(), json!(now + DEFAULT_LIFETIME)),
    ]);
    claims.extend(forgery.claims.clone());
    claims.retain(|name, _| !forgery.removed.contains(name));
    Value::Object(claims)
}

fn sign(keys: &KeyRing, signer: &Key, alg: &str, how: Signature, input: &[u8]) -> Result<Vec<u8>> {
    match how {
        Signature::Good => signer.sign(alg, input),
        Signature::WeakRsa => signer.sign("RS256", input),
        Signature::Missing => Ok(Vec::new()),
        Signature::ForeignKey if alg.starts_with("ES") => Key::ec("foreign".into(), alg)?.sign(alg, input),
        Signature::ForeignKey => Key::rsa("foreign".into())?.sign(alg, input),
        Signature::Tampered => {
            let mut signature = signer.sign(alg, input)?;
            if let Some(byte) = signature.last_mut() {
                *byte ^= 1;
            }
            Ok(signature)
        }
        Signature::HmacWithPublicKey => {
            let pem = keys.signer("RS256")?.public_pem()?;
            let key = hmac::Key::new(hmac::HMAC_SHA256, pem.as_bytes());
            Ok(hmac::sign(&key, input).as_ref().to_vec())
        }
    }
}

fn handle(request: &Request<Bytes>, keys: &PublishedKeys, state: &State) -> Response<Body> {
    match request.uri().path() {
        "/.well-known/openid-configuration" => {
            state.discovery_requests.fetch_add(1, Ordering::SeqCst);
            json_response(StatusCode::OK, &discovery(state))
        }
        "/jwks" => {
            state.jwks_requests.fetch_add(1, Ordering::SeqCst);
            json_response(StatusCode::OK, &keys.jwks())
        }
        "/token" => match developer_token(request.uri().query().unwrap_or_default(), keys, state) {
            Ok(token) => text(StatusCode::OK, "text/plain", token + "\n"),
            Err(error) => text(StatusCode::BAD_REQUEST, "text/plain", format!("{error}\n")),
        },
        _ => text(StatusCode::NOT_FOUND, "text/plain", "not found\n"),
    }
}

/// The required members of OpenID Connect Discovery 1.0 section 3, as far as a resource server reads them.
fn discovery(state: &State) -> Value {
    let origin = lock(&state.origin).clone();
    let issuer = lock(&state.discovered_issuer).clone().unwrap_or_else(|| origin.clone());
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"],
    })
}

/// A token for `?user=alice`, so that a shell can fetch one.
fn developer_token(query: &str, keys: &PublishedKeys, state: &State) -> Result<String> {
    let parameters: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let name = parameters.get("user").map_or("", AsRef::as_ref);
    let user = users::find(name).ok_or_else(|| Error::NoSuchUser(name.into()))?;
    let origin = lock(&state.origin).clone();
    forge(&keys.lock(), &origin, &Forgery::new().claims(user.claims()))
}
