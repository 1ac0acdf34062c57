//! The issuer's signing keys, generated afresh at every start, and their public halves as JWKs (RFC 7517, RFC 7518).
//! A private key never leaves this module.

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::weak_rsa::WeakRsa;
use crate::{Error, Result};

/// A key pair with the name it is published under.
pub(super) struct Key {
    pub(super) kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair, Curve),
    Ed25519(Ed25519KeyPair),
    WeakRsa(WeakRsa),
}

#[derive(Clone, Copy)]
struct Curve {
    name: &'static str,
    alg: &'static str,
}

impl Key {
    /// RSA, 2048 bits.
    pub(super) fn rsa(kid: String) -> Result<Self> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Crypto("RSA key generation"))?;
        Ok(Self { kid, pair: Pair::Rsa(Box::new(pair)) })
    }

    /// RSA, 1024 bits: too short for anybody to accept.
    pub(super) fn weak_rsa(kid: String) -> Self {
        Self { kid, pair: Pair::WeakRsa(WeakRsa) }
    }

    /// The elliptic curve that `alg` (ES256, ES384 or ES512) names.
    pub(super) fn ec(kid: String, alg: &str) -> Result<Self> {
        let (curve, algorithm): (_, &'static EcdsaSigningAlgorithm) = match alg {
            "ES256" => (Curve { name: "P-256", alg: "ES256" }, &ECDSA_P256_SHA256_FIXED_SIGNING),
            "ES384" => (Curve { name: "P-384", alg: "ES384" }, &ECDSA_P384_SHA384_FIXED_SIGNING),
            "ES512" => (Curve { name: "P-521", alg: "ES512" }, &ECDSA_P521_SHA512_FIXED_SIGNING),
            _ => return Err(Error::Crypto("no elliptic curve for this algorithm")),
        };
        let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| Error::Crypto("EC key generation"))?;
        Ok(Self { kid, pair: Pair::Ec(pair, curve) })
    }

    /// Ed25519.
    pub(super) fn ed25519(kid: String) -> Result<Self> {
        let pair = Ed25519KeyPair::generate().map_err(|_| Error::Crypto("Ed25519 key generation"))?;
        Ok(Self { kid, pair: Pair::Ed25519(pair) })
    }

    /// Whether this key can sign `alg`.
    pub(super) fn fits(&self, alg: &str) -> bool {
        match &self.pair {
            Pair::Rsa(_) => matches!(alg, "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512"),
            Pair::Ec(_, curve) => curve.alg == alg,
            Pair::Ed25519(_) => alg == "EdDSA",
            Pair::WeakRsa(_) => false,
        }
    }

    /// The JWS signature of `message` (RFC 7518 section 3); `alg` must fit the key.
    pub(super) fn sign(&self, alg: &str, message: &[u8]) -> Result<Vec<u8>> {
        let rng = SystemRandom::new();
        let failed = |_| Error::Crypto("signing");
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding = match alg {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => return Err(Error::Crypto("algorithm does not fit an RSA key")),
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &rng, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Ec(pair, _) => Ok(pair.sign(&rng, message).map_err(failed)?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::WeakRsa(key) => Ok(key.sign_rs256(message)),
        }
    }

    /// The public key as a JWK with `use` and `kid`; `alg` only where a key has exactly one.
    pub(super) fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let (n, e) = rsa_components(pair.public_key().as_ref()).unwrap_or_default();
                rsa_jwk(&self.kid, n, e)
            }
            Pair::WeakRsa(key) => rsa_jwk(&self.kid, &key.modulus(), &[1, 0, 1]),
            Pair::Ed25519(pair) => json!({
                "kty": "OKP", "use": "sig", "kid": self.kid, "alg": "EdDSA", "crv": "Ed25519",
                "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
            }),
            Pair::Ec(pair, curve) => {
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({
                    "kty": "EC", "use": "sig", "kid": self.kid, "alg": curve.alg, "crv": curve.name,
                    "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
                })
            }
        }
    }

    /// The public RSA key as a PEM file, the text that an algorithm-confusion attack uses as an HMAC secret.
    pub(super) fn public_pem(&self) -> Result<String> {
        let Pair::Rsa(pair) = &self.pair else { return Err(Error::Crypto("not an RSA key")) };
        let der = pair.public_key().as_der().map_err(|_| Error::Crypto("encoding a public key"))?;
        let base64 = STANDARD.encode(der.as_ref());
        let lines: Vec<String> =
            base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
    }
}

fn rsa_jwk(kid: &str, n: &[u8], e: &[u8]) -> Value {
    json!({
        "kty": "RSA", "use": "sig", "kid": kid,
        "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e),
    })
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017 appendix A.1.1), without leading zeros.
fn rsa_components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = der_value(der, 0x30)?;
    let (modulus, rest) = der_value(sequence, 0x02)?;
    let (exponent, _) = der_value(rest, 0x02)?;
    Some((unsigned(modulus), unsigned(exponent)))
}

fn unsigned(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}
