//! `limits`: sizes above which a request is refused.

use crate::config::{section::Section, types::Limits};

/// What Lambda accepts as a request (Lambda quotas, synchronous payload).
const LAMBDA_REQUEST_BYTES: i64 = 6_291_456;
/// What STS accepts as a token (STS API reference, `WebIdentityToken`).
const STS_TOKEN_BYTES: i64 = 20_000;

/// Reads the section.
pub(super) fn read(limits: &Section<'_>) -> Limits {
    Limits {
        max_request_bytes: limits.integer_or("maxRequestBytes", 6_291_456, 1..=LAMBDA_REQUEST_BYTES),
        max_token_bytes: limits.integer_or("maxTokenBytes", 16_384, 1..=STS_TOKEN_BYTES),
    }
}
