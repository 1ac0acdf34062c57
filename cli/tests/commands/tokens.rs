//! Tokens that nobody signed.

use serde_json::{Value, json};

/// `claims` over those of a good token at 1 800 000 000.
pub fn claims(claims: &Value) -> Value {
    let mut all = json!({
        "iss": "https://idp.example.com", "sub": "alice@example.com", "aud": "aws-mcp",
        "iat": 1_799_998_000, "exp": 1_800_003_600, "azp": "assistant", "scope": "openid aws",
    });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    if all["aud"].is_array() {
        all["iss"] = json!("http://127.0.0.1:9");
    }
    all
}

/// A JWT whose signature is none.
pub fn token(header: &Value, claims: &Value) -> String {
    format!("{}.{}.c2lnbmF0dXJl", base64url(&header.to_string()), base64url(&claims.to_string()))
}

/// RFC 4648 section 5, without padding.
fn base64url(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = text.as_bytes().chunks(3).flat_map(|chunk| {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).map(move |digit| ALPHABET[(bits >> (18 - 6 * digit) & 63) as usize] as char)
    });
    digits.collect()
}
