//! Tokens made by recipe: header, claims and signature, each as the recipe says and otherwise as it should be.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{
    DEFAULT_AUDIENCE, DEFAULT_LIFETIME,
    forgery::{self, Forgery, Signature},
    key_ring::KeyRing,
    keys::Key,
};
use crate::Result;

/// The token that a recipe makes, for this issuer.
pub(super) fn forge(keys: &KeyRing, issuer: &str, forgery: &Forgery) -> Result<String> {
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
