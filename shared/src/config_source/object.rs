//! Buckets and keys of S3.

use super::InvalidSource;

const BUCKET_LENGTH: std::ops::RangeInclusive<usize> = 3..=63;
const MAX_KEY: usize = 1024;

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Bucket name; safe in a host name and in a path.
    pub(super) bucket: String,
    /// Key, not encoded.
    pub(super) key: String,
}

impl Object {
    /// Reads `BUCKET/KEY`. The key is taken to the letter: `%`, `?` and `#` are characters like any other.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidSource> {
        let (bucket, key) = text.split_once('/').unwrap_or((text, ""));
        if !is_bucket(bucket) {
            return Err(InvalidSource::Bucket);
        }
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(InvalidSource::Key);
        }
        if key.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(InvalidSource::AmbiguousKey);
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

/// "General purpose bucket naming rules", Amazon S3 User Guide.
fn is_bucket(text: &str) -> bool {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    BUCKET_LENGTH.contains(&text.len())
        && text.bytes().all(|byte| is_end(byte) || byte == b'-' || byte == b'.')
        && text.split('.').all(label)
}
