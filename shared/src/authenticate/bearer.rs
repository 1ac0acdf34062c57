//! The `Authorization` header (RFC 6750 section 2.1). A token anywhere else in a request is never looked at.

use http::{HeaderMap, header::AUTHORIZATION};

use super::TokenError;

/// The token of `Authorization: Bearer <token>`; the scheme is case-insensitive.
///
/// # Errors
/// [`TokenError::Missing`] without the header or with another scheme, [`TokenError::Repeated`] where two
/// headers could mean two users, [`TokenError::NotAJwt`] where the value is not visible ASCII.
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, TokenError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(TokenError::Missing)?;
    if values.next().is_some() {
        return Err(TokenError::Repeated);
    }
    let (scheme, rest) = split_scheme(value.as_bytes());
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(TokenError::Missing);
    }
    let token = str::from_utf8(rest).map_err(|_| TokenError::NotAJwt)?.trim_matches(' ');
    if token.is_empty() { Err(TokenError::Missing) } else { Ok(token) }
}

fn split_scheme(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|&byte| byte == b' ').unwrap_or(value.len());
    value.split_at(end)
}
