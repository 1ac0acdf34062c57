//! Callers as the gateway knows them: verified claims and a role chosen from them. Nothing but a signed token makes one.

use std::time::Duration;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use rolecall_core::{
    authenticate::{Algorithm, KeySet, UnverifiedToken, VerifiedClaims},
    config::{AwsSts, Oidc},
    exchange::ExchangeMode,
    role::{Condition, RoleChoice, RoleMapping, SessionOptions, choose},
};
use serde_json::{Map, Value, json};

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://issuer.example";
const MAX_TOKEN_BYTES: usize = 16_384;

/// The claims as a token of the issuer says them.
pub fn verified(claims: &Map<String, Value>) -> VerifiedClaims {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let (x, y) = key.public_key().as_ref().get(1..).unwrap().split_at(32);
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": BASE64.encode(x), "y": BASE64.encode(y)});
    let keys = KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();

    let mut payload =
        json!({"iss": ISSUER, "aud": "aws-mcp", "exp": NOW + 3600}).as_object().unwrap().clone();
    payload.extend(claims.clone());
    let header = BASE64.encode(r#"{"alg":"ES256"}"#);
    let input = format!("{header}.{}", BASE64.encode(Value::Object(payload).to_string()));
    let signature = key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    let token = format!("{input}.{}", BASE64.encode(signature.as_ref()));
    UnverifiedToken::parse(&token, MAX_TOKEN_BYTES)
        .unwrap()
        .check(&oidc(), NOW)
        .unwrap()
        .verify(&keys)
        .unwrap()
}

/// The only role there is, with the session policies that its mapping may have.
pub fn choice(claims: &VerifiedClaims, role_arn: &str, session: SessionOptions) -> RoleChoice {
    let everybody = RoleMapping {
        index: 0,
        condition: Condition::Claim("everybody".to_owned()),
        role_arn: role_arn.parse().unwrap(),
        priority: None,
        session,
    };
    let config = AwsSts {
        region: "us-east-1".to_owned(),
        service: "aws-mcp".to_owned(),
        exchange: ExchangeMode::WebIdentity,
        role_claim: "role".to_owned(),
        role_claim_separator: None,
        session_name_claim: "sub".to_owned(),
        session_duration: 3600,
        fallback_role_arn: None,
        role_mappings: vec![everybody],
    };
    choose(claims, &config, &mut |_, _| {}).unwrap()
}

fn oidc() -> Oidc {
    Oidc {
        issuer: ISSUER.to_owned(),
        audience: vec!["aws-mcp".to_owned()],
        jwks_url: None,
        algorithms: Algorithm::ALL.to_vec(),
        required_scopes: Vec::new(),
        scopes_supported: Vec::new(),
        allowed_clients: Vec::new(),
        clock_skew: Duration::from_secs(60),
    }
}
