//! JWS verification the way STS is documented to do it: RS and ES with SHA-2, keys from the provider's JWK set.
//! Written against AWS-LC alone, so that it shares no opinion with the library the gateway uses.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// A token taken apart, its claims not yet believed.
pub(super) struct UnverifiedJwt<'a> {
    header: Map<String, Value>,
    pub(super) unverified_claims: Map<String, Value>,
    signing_input: &'a str,
    signature: Vec<u8>,
}

enum Algorithm {
    Rsa(&'static RsaParameters),
    Ec { algorithm: &'static EcdsaVerificationAlgorithm, curve: &'static str },
}

impl<'a> UnverifiedJwt<'a> {
    /// Takes a compact JWS with a JSON object inside apart.
    pub(super) fn parse(token: &'a str) -> Option<Self> {
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, payload) = signing_input.split_once('.')?;
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        Some(Self {
            header: object(header)?,
            unverified_claims: object(payload)?,
            signing_input,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether one of the keys that the header names made the signature; `None` if there is no such key.
    pub(super) fn verify(&self, jwks: &Value) -> Option<bool> {
        let algorithm = algorithm(self.header.get("alg")?.as_str()?)?;
        let kid = self.header.get("kid");
        let keys = jwks.get("keys").and_then(Value::as_array)?;
        let mut candidates = keys
            .iter()
            .filter(|key| kid.is_none() || key.get("kid") == kid)
            .filter(|key| usable(key))
            .filter_map(|key| self.verify_with(&algorithm, key))
            .peekable();
        candidates.peek()?;
        Some(candidates.any(|verified| verified))
    }

    fn verify_with(&self, algorithm: &Algorithm, key: &Value) -> Option<bool> {
        let field = |name: &str| -> Option<Vec<u8>> { URL_SAFE_NO_PAD.decode(key.get(name)?.as_str()?).ok() };
        let message = self.signing_input.as_bytes();
        match algorithm {
            Algorithm::Rsa(parameters) => {
                let public = RsaPublicKeyComponents { n: field("n")?, e: field("e")? };
                Some(public.verify(parameters, message, &self.signature).is_ok())
            }
            Algorithm::Ec { algorithm, curve } => {
                if key.get("crv").and_then(Value::as_str) != Some(curve) {
                    return None;
                }
                let point = [vec![4], field("x")?, field("y")?].concat();
                Some(UnparsedPublicKey::new(*algorithm, point).verify(message, &self.signature).is_ok())
            }
        }
    }
}

fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        "ES256" => Algorithm::Ec { algorithm: &ECDSA_P256_SHA256_FIXED, curve: "P-256" },
        "ES384" => Algorithm::Ec { algorithm: &ECDSA_P384_SHA384_FIXED, curve: "P-384" },
        "ES512" => Algorithm::Ec { algorithm: &ECDSA_P521_SHA512_FIXED, curve: "P-521" },
        _ => return None,
    })
}

/// STS passes over keys for encryption and keys with any `key_ops`.
fn usable(key: &Value) -> bool {
    key.get("use").is_none_or(|usage| usage == "sig") && key.get("key_ops").is_none()
}
