//! A 1024-bit RSA key, published on purpose, for tokens that are signed correctly but with too short a key.
//! AWS-LC refuses to sign with such a key, so the signature is computed here; nothing secret depends on it.

use aws_lc_rs::digest::{SHA256, digest};
use num_bigint::BigUint;

const MODULUS: &str = "a8239d8403bdd5a02ea7fa218a15d702867de892a8e83d6173d759069c935077\
     93d0b7740115d789aa19643d0ee57e352fec4847fc2057a0d4c5c807cc993285\
     334f3bd44cd076af84fe1971d148676176df2fe37bdda8044dd138654f095e6e\
     9a4fedd80ba6d05d2f60e7f201080c5151508aa7b3e0d6a046bbf5e250a6f457";
const PRIVATE_EXPONENT: &str = "83e9d555d27da85190e936e4036b191221243d487afe21d2084966ce3a1f959d\
     0b3a5003d22a29bd16d7eefdbc672eba59cbddf5a40857d795b74a355c3ec113\
     dc58f4188f8f42cd2b9c51296facbd307c1093d18b4478eca78ad78af02e974a\
     a001d83123cf38b13a6de3c692ec19d8279084bc5f05975b0307cf55d909bf79";
/// The `DigestInfo` prefix of SHA-256 (RFC 8017 section 9.2, note 1).
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];
const KEY_BYTES: usize = 128;

pub(super) struct WeakRsa;

impl WeakRsa {
    pub(super) fn modulus(&self) -> Vec<u8> {
        number(MODULUS).to_bytes_be()
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.1).
    pub(super) fn sign_rs256(&self, message: &[u8]) -> Vec<u8> {
        let digest = digest(&SHA256, message);
        let padding = KEY_BYTES - 3 - SHA256_PREFIX.len() - digest.as_ref().len();
        let mut encoded = vec![0x00, 0x01];
        encoded.resize(2 + padding, 0xff);
        encoded.push(0x00);
        encoded.extend_from_slice(&SHA256_PREFIX);
        encoded.extend_from_slice(digest.as_ref());
        let signature = BigUint::from_bytes_be(&encoded).modpow(&number(PRIVATE_EXPONENT), &number(MODULUS));
        let bytes = signature.to_bytes_be();
        let mut padded = vec![0; KEY_BYTES.saturating_sub(bytes.len())];
        padded.extend_from_slice(&bytes);
        padded
    }
}

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap_or_default()
}
