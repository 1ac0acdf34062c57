//! Tokens at an exact `now` and against hand-made key sets: what no running issuer would produce.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a broken table must fail the test, and reads better with plain values"
)]

use std::time::Duration;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use proptest::prelude::*;
use rolecall_core::{
    authenticate::{Algorithm, KeySet, KeySetError, TokenError, UnverifiedToken},
    config::Oidc,
};
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://issuer.example";
const MAX_BYTES: usize = 16_384;

fn oidc(skew: u64) -> Oidc {
    Oidc {
        issuer: ISSUER.to_owned(),
        audience: vec!["aws-mcp".to_owned()],
        jwks_url: None,
        algorithms: Algorithm::ALL.to_vec(),
        required_scopes: Vec::new(),
        scopes_supported: Vec::new(),
        allowed_clients: Vec::new(),
        clock_skew: Duration::from_secs(skew),
    }
}

/// A P-256 key and its public half as a JWK.
struct Signer(EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self, others: Value) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let mut jwk = json!({"kty": "EC", "crv": "P-256", "x": BASE64.encode(x), "y": BASE64.encode(y)});
        jwk.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
        jwk
    }

    fn sign(&self, header: &Value, claims: &str) -> String {
        let input = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", BASE64.encode(signature.as_ref()))
    }
}

fn claims(others: Value) -> String {
    let mut claims = json!({"iss": ISSUER, "aud": "aws-mcp", "sub": "ann", "exp": NOW + 3600});
    claims.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    claims.to_string()
}

fn check(token: &str, skew: u64) -> Result<(), TokenError> {
    UnverifiedToken::parse(token, MAX_BYTES)?.check(&oidc(skew), NOW).map(|_| ())
}

fn verify(token: &str, keys: &KeySet) -> Result<String, TokenError> {
    let oidc = oidc(60);
    let claims = UnverifiedToken::parse(token, MAX_BYTES)?.check(&oidc, NOW)?.verify(keys)?;
    Ok(claims.subject().to_owned())
}

fn key_set(keys: &[Value]) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({"keys": keys}).to_string().as_bytes())
}

#[test]
fn times_are_held_to_the_second() {
    let signer = Signer::new();
    let malformed = |claim| TokenError::Claim { claim, problem: "not a whole number of seconds since 1970" };
    let cases = [
        (60, json!({"exp": NOW}), Ok(())),
        (60, json!({"exp": NOW - 59}), Ok(())),
        (60, json!({"exp": NOW - 60}), Err(TokenError::Expired)),
        (60, json!({"exp": 0}), Err(TokenError::Expired)),
        (60, json!({"exp": u64::MAX}), Ok(())),
        (0, json!({"exp": NOW + 1}), Ok(())),
        (0, json!({"exp": NOW}), Err(TokenError::Expired)),
        (60, json!({"nbf": NOW + 60}), Ok(())),
        (60, json!({"nbf": NOW + 61}), Err(TokenError::NotYetValid)),
        (60, json!({"nbf": u64::MAX}), Err(TokenError::NotYetValid)),
        (0, json!({"nbf": NOW}), Ok(())),
        (0, json!({"nbf": NOW + 1}), Err(TokenError::NotYetValid)),
        (60, json!({"iat": NOW + 60}), Ok(())),
        (60, json!({"iat": NOW + 61}), Err(TokenError::IssuedInFuture)),
        (0, json!({"iat": NOW, "nbf": NOW, "exp": NOW + 1}), Ok(())),
        (60, json!({"exp": (NOW + 60) as f64}), Err(malformed("exp"))),
        (60, json!({"exp": 1e30}), Err(malformed("exp"))),
        (60, json!({"nbf": NOW as f64 - 0.5}), Err(malformed("nbf"))),
        (60, json!({"iat": [NOW]}), Err(malformed("iat"))),
        (u64::MAX, json!({"exp": 1, "nbf": u64::MAX, "iat": u64::MAX}), Ok(())),
    ];
    for (skew, times, expected) in cases {
        let token = signer.sign(&json!({"alg": "ES256"}), &claims(times.clone()));
        assert_eq!(check(&token, skew), expected, "{times} with a skew of {skew}");
    }
}

#[test]
fn a_key_is_found_by_its_name_or_tried_where_a_name_is_missing() {
    let (signer, other) = (Signer::new(), Signer::new());
    let signed = |key: &Signer, kid: Value| {
        let header =
            if kid.is_null() { json!({"alg": "ES256"}) } else { json!({"alg": "ES256", "kid": kid}) };
        key.sign(&header, &claims(json!({})))
    };
    let named = |key: &Signer, kid: &str| key.jwk(json!({"kid": kid}));
    let nameless = |key: &Signer| key.jwk(json!({}));
    let ok = || Ok("ann".to_owned());
    let cases = [
        ("same name", json!("a"), vec![named(&signer, "a")], ok()),
        ("another name", json!("b"), vec![named(&signer, "a")], Err(TokenError::UnknownKey)),
        ("a name and a nameless key", json!("a"), vec![nameless(&signer)], ok()),
        ("no name and a named key", json!(null), vec![named(&signer, "a")], ok()),
        ("the second of two nameless keys", json!(null), vec![nameless(&other), nameless(&signer)], ok()),
        (
            "the second of two keys of one name",
            json!("a"),
            vec![named(&other, "a"), named(&signer, "a")],
            ok(),
        ),
        (
            "that name's other key",
            json!("a"),
            vec![named(&other, "a"), named(&signer, "b")],
            Err(TokenError::BadSignature),
        ),
        (
            "a name, and a nameless key did not sign",
            json!("a"),
            vec![nameless(&other)],
            Err(TokenError::UnknownKey),
        ),
        ("no name, and no key signed", json!(null), vec![named(&other, "a")], Err(TokenError::UnknownKey)),
        ("a name that is no text", json!(7), vec![named(&signer, "7")], Err(TokenError::NotAJwt)),
    ];
    for (name, kid, keys, expected) in cases {
        assert_eq!(verify(&signed(&signer, kid), &key_set(&keys).unwrap()), expected, "{name}");
    }
}

#[test]
fn a_key_for_another_purpose_is_left_out() {
    let (signer, other) = (Signer::new(), Signer::new());
    let cases = [
        (json!({"use": "sig"}), true),
        (json!({"key_ops": ["verify"]}), true),
        (json!({"alg": "ES256"}), true),
        (json!({"x5c": ["AAAA"], "x5t": "b", "unheard": {"of": []}}), true),
        (json!({"use": "enc"}), false),
        (json!({"key_ops": ["sign"]}), false),
        (json!({"key_ops": []}), false),
        (json!({"alg": "ES384"}), false),
        (json!({"crv": "P-384"}), false),
        (json!({"crv": "secp256k1"}), false),
        (json!({"kty": "OKP"}), false),
        (json!({"kty": "oct", "k": "c2VjcmV0"}), false),
        (json!({"kid": 7}), false),
        (json!({"x": "AA"}), false),
        (json!({"y": 1}), false),
    ];
    let token = signer.sign(&json!({"alg": "ES256"}), &claims(json!({})));
    for (member, usable) in cases {
        let keys = key_set(&[signer.jwk(member.clone()), other.jwk(json!({"kid": "good"}))]).unwrap();
        assert_eq!(verify(&token, &keys).is_ok(), usable, "{member}");
    }
}

#[test]
fn a_document_without_a_usable_key_is_no_key_set() {
    let cases = [
        ("", KeySetError::NotAKeySet),
        ("[]", KeySetError::NotAKeySet),
        ("{}", KeySetError::NotAKeySet),
        (r#"{"keys":{}}"#, KeySetError::NotAKeySet),
        (r#"{"keys":[]}"#, KeySetError::NoUsableKey),
        (r#"{"keys":[7,null,{}]}"#, KeySetError::NoUsableKey),
        (r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#, KeySetError::NoUsableKey),
        (r#"{"keys":[{"kty":"RSA","n":"","e":"AQAB"}]}"#, KeySetError::NoUsableKey),
        (r#"{"keys":[{"kty":"RSA","n":"AAAA","e":"AQAB"}]}"#, KeySetError::NoUsableKey),
        (r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}"#, KeySetError::NoUsableKey),
        (r#"{"keys":[{"kty":"OKP","crv":"Ed25519"}]}"#, KeySetError::NoUsableKey),
        (
            r#"{"keys":[{"kty":"OKP","crv":"X25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#,
            KeySetError::NoUsableKey,
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(KeySet::parse(document.as_bytes()).unwrap_err(), expected, "{document}");
    }
}

#[test]
fn no_character_of_a_token_can_be_changed() {
    let signer = Signer::new();
    let keys = key_set(&[signer.jwk(json!({"kid": "a"}))]).unwrap();
    let token = signer.sign(&json!({"alg": "ES256", "kid": "a"}), &claims(json!({})));
    assert!(verify(&token, &keys).is_ok());
    for position in 0..token.len() {
        for replacement in ["A", "B", "_", ".", "=", ""] {
            let mut changed = token.clone();
            changed.replace_range(position..=position, replacement);
            assert!(changed == token || verify(&changed, &keys).is_err(), "{position}: {changed}");
        }
    }
}

proptest! {
    #[test]
    fn anything_can_be_taken_for_a_token(token in ".{0,200}", header in "\\PC{0,50}", payload in "\\PC{0,50}") {
        let _ = check(&token, 60);
        let encoded = format!("{}.{}.{token}", BASE64.encode(header), BASE64.encode(payload));
        prop_assert!(check(&encoded, 60).is_err());
    }

    #[test]
    fn anything_can_be_taken_for_a_key_set(members in prop::collection::hash_map("kty|crv|x|y|n|e|kid|alg|use", "RSA|EC|OKP|P-256|Ed25519|[A-Za-z0-9_-]{0,90}", 0..9)) {
        let document = json!({"keys": [members]}).to_string();
        if let Ok(keys) = KeySet::parse(document.as_bytes()) {
            let token = Signer::new().sign(&json!({"alg": "ES256"}), &claims(json!({})));
            prop_assert!(verify(&token, &keys).is_err());
        }
    }
}
