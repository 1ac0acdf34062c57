//! A token's SHA-256: recognises a token that was here before. Caches hold this, never the token.

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

/// Equal for equal tokens only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; SHA256_OUTPUT_LEN]);

impl TokenDigest {
    /// The digest of this token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }
}
