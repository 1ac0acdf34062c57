//! Real tokens of a key made for this run, and the JWKS that verifies them: claims become verified ones in no other way.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rolecall_core::{
    authenticate::{KeySet, UnverifiedToken, VerifiedClaims},
    config::Oidc,
};
use serde_json::{Value, json};

/// The clock of all benchmarks, in seconds since the epoch.
pub const NOW: u64 = 1_800_000_000;

/// A token and the keys of its issuer.
pub struct Token {
    pub text: String,
    pub keys: KeySet,
}

impl Token {
    /// RSA with 2048 bits.
    pub fn rs256() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        // An RSAPublicKey (RFC 8017 appendix A.1.1) of 2048 bits has its modulus at this place.
        let modulus = &pair.public_key().as_ref()[9..265];
        let jwk = json!({"kty": "RSA", "n": encode(modulus), "e": "AQAB"});
        Self::new("RS256", &jwk, |input| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature).unwrap();
            signature
        })
    }

    /// ECDSA over P-256.
    pub fn es256() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)});
        Self::new("ES256", &jwk, |input| pair.sign(&SystemRandom::new(), input).unwrap().as_ref().to_vec())
    }

    fn new(algorithm: &str, jwk: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let header = json!({"alg": algorithm, "typ": "JWT"});
        let input = format!("{}.{}", encode(header.to_string()), encode(claims().to_string()));
        let text = format!("{input}.{}", encode(sign(input.as_bytes())));
        Self { text, keys: KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap() }
    }

    /// The whole of station *authenticate* but for its cache.
    pub fn verify(&self, oidc: &Oidc) -> VerifiedClaims {
        let token = UnverifiedToken::parse(&self.text, 16 * 1024).unwrap();
        token.check(oidc, NOW).unwrap().verify(&self.keys).unwrap()
    }
}

/// What an access token of a larger company holds.
fn claims() -> Value {
    let groups: Vec<_> =
        (0..20).map(|number| format!("department-{number}")).chain(["s3-readers".into()]).collect();
    json!({
        "iss": "https://dev-1.okta.com/oauth2/default", "aud": "aws-mcp", "sub": "alice@example.com",
        "iat": NOW - 60, "exp": NOW + 3600, "jti": "AT.7f6d1c0e-5c3b-4f0a-9d0e-2f1b", "cid": "0oa1b2c3d4e5f6g7h8i9",
        "name": "Alice Example", "email": "alice@example.com", "org": "engineering", "groups": groups,
    })
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
