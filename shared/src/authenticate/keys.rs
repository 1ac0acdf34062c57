//! The issuer's public keys (RFC 7517), parsed one by one: a malformed or foreign key never spoils the others.

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, crypto};
use serde::Deserialize;
use serde_json::Value;

use super::Algorithm;

/// Keys considered per set; a provider publishes a handful.
const MAX_KEYS: usize = 100;

/// The usable signature keys of a JWKS document.
#[derive(Debug)]
pub struct KeySet(Vec<PublicKey>);

/// The document is not a JWKS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a JSON object with a `keys` array.
    #[error("the JWKS is not a JSON object with a \"keys\" array")]
    NotAKeySet,
    /// No key in it can verify a signature of a known algorithm.
    #[error("the JWKS has no RSA, EC or Ed25519 signature key")]
    NoUsableKey,
}

#[derive(Debug)]
pub(super) struct PublicKey {
    kid: Option<String>,
    alg: Option<String>,
    material: Material,
}

enum Material {
    Rsa(DecodingKey),
    WeakRsa,
    P256(DecodingKey),
    P384(DecodingKey),
    /// An uncompressed point: `jsonwebtoken` has no ES512.
    P521(Vec<u8>),
    Ed25519(DecodingKey),
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rsa(_) => "RSA",
            Self::WeakRsa => "RSA under 2048 bits",
            Self::P256(_) => "P-256",
            Self::P384(_) => "P-384",
            Self::P521(_) => "P-521",
            Self::Ed25519(_) => "Ed25519",
        })
    }
}

/// What a key says of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Valid,
    Invalid,
    Weak,
}

impl KeySet {
    /// Reads a JWKS document.
    ///
    /// Symmetric keys, encryption keys, unknown curves and malformed entries are left out.
    ///
    /// # Errors
    /// [`KeySetError`] where nothing usable remains.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(document).map_err(|_| KeySetError::NotAKeySet)?;
        let keys: Vec<_> = document.keys.into_iter().take(MAX_KEYS).filter_map(parse_key).collect();
        if keys.is_empty() { Err(KeySetError::NoUsableKey) } else { Ok(Self(keys)) }
    }

    /// The keys that may have made a signature: those of this `kid`, or all of them where either side names
    /// none, as far as they fit the algorithm.
    pub(super) fn candidates<'a>(
        &'a self,
        kid: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a PublicKey> {
        self.0.iter().filter(move |key| key.may_be(kid) && key.fits(algorithm))
    }
}

impl PublicKey {
    fn may_be(&self, kid: Option<&str>) -> bool {
        match (&self.kid, kid) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        }
    }

    pub(super) fn is_named(&self) -> bool {
        self.kid.is_some()
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        self.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str())
            && matches!(
                (&self.material, algorithm),
                (
                    Material::Rsa(_) | Material::WeakRsa,
                    Algorithm::Rs256
                        | Algorithm::Rs384
                        | Algorithm::Rs512
                        | Algorithm::Ps256
                        | Algorithm::Ps384
                        | Algorithm::Ps512
                ) | (Material::P256(_), Algorithm::Es256)
                    | (Material::P384(_), Algorithm::Es384)
                    | (Material::P521(_), Algorithm::Es512)
                    | (Material::Ed25519(_), Algorithm::EdDsa)
            )
    }

    /// Checks a base64url signature over `message`.
    pub(super) fn check(&self, algorithm: Algorithm, message: &str, signature: &str) -> Verdict {
        let valid = match &self.material {
            Material::WeakRsa => return Verdict::Weak,
            Material::Rsa(key) | Material::P256(key) | Material::P384(key) | Material::Ed25519(key) => {
                library_name(algorithm).is_some_and(|name| {
                    crypto::verify(signature, message.as_bytes(), key, name).unwrap_or(false)
                })
            }
            Material::P521(point) => BASE64_URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| {
                UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point)
                    .verify(message.as_bytes(), &signature)
                    .is_ok()
            }),
        };
        if valid { Verdict::Valid } else { Verdict::Invalid }
    }
}

fn library_name(algorithm: Algorithm) -> Option<jsonwebtoken::Algorithm> {
    match algorithm {
        Algorithm::Rs256 => Some(jsonwebtoken::Algorithm::RS256),
        Algorithm::Rs384 => Some(jsonwebtoken::Algorithm::RS384),
        Algorithm::Rs512 => Some(jsonwebtoken::Algorithm::RS512),
        Algorithm::Es256 => Some(jsonwebtoken::Algorithm::ES256),
        Algorithm::Es384 => Some(jsonwebtoken::Algorithm::ES384),
        Algorithm::Es512 => None,
        Algorithm::Ps256 => Some(jsonwebtoken::Algorithm::PS256),
        Algorithm::Ps384 => Some(jsonwebtoken::Algorithm::PS384),
        Algorithm::Ps512 => Some(jsonwebtoken::Algorithm::PS512),
        Algorithm::EdDsa => Some(jsonwebtoken::Algorithm::EdDSA),
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    public_key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    fn is_for_signatures(&self) -> bool {
        self.public_key_use.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|op| op == "verify"))
    }
}

fn parse_key(value: Value) -> Option<PublicKey> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if !jwk.is_for_signatures() {
        return None;
    }
    let material = match jwk.kty.as_str() {
        "RSA" => rsa(jwk.n.as_deref()?, jwk.e.as_deref()?)?,
        "EC" => ec(jwk.crv.as_deref()?, jwk.x.as_deref()?, jwk.y.as_deref()?)?,
        "OKP" => okp(jwk.crv.as_deref()?, jwk.x.as_deref()?)?,
        _ => return None,
    };
    Some(PublicKey { kid: jwk.kid, alg: jwk.alg, material })
}

fn rsa(n: &str, e: &str) -> Option<Material> {
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(n).ok()?;
    let exponent = BASE64_URL_SAFE_NO_PAD.decode(e).ok()?;
    let modulus = modulus.get(modulus.iter().position(|&byte| byte != 0)?..)?;
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    if bits < 2048 {
        return Some(Material::WeakRsa);
    }
    Some(Material::Rsa(DecodingKey::from_rsa_raw_components(modulus, &exponent)))
}

/// RFC 8037 section 2; the other curves of the type are for key agreement, or are not EdDSA's usual one.
fn okp(curve: &str, x: &str) -> Option<Material> {
    let point = BASE64_URL_SAFE_NO_PAD.decode(x).ok()?;
    (curve == "Ed25519" && point.len() == 32).then(|| Material::Ed25519(DecodingKey::from_ed_der(&point)))
}

fn ec(curve: &str, x: &str, y: &str) -> Option<Material> {
    let size = match curve {
        "P-256" => 32,
        "P-384" => 48,
        "P-521" => 66,
        _ => return None,
    };
    let mut point = vec![0x04];
    for coordinate in [x, y] {
        let coordinate = BASE64_URL_SAFE_NO_PAD.decode(coordinate).ok()?;
        if coordinate.len() != size {
            return None;
        }
        point.extend(coordinate);
    }
    Some(match curve {
        "P-256" => Material::P256(DecodingKey::from_ec_der(&point)),
        "P-384" => Material::P384(DecodingKey::from_ec_der(&point)),
        _ => Material::P521(point),
    })
}
