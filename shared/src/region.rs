//! Names of AWS regions, and the domain that their endpoints are in.

/// A region name such as `eu-central-1`, `us-gov-west-1` or `eusc-de-east-1`.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, names @ .., number] = parts.as_slice() else { return false };
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_digit = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_word(area) && !names.is_empty() && names.iter().all(|name| is_word(name)) && is_digit
}

/// The DNS suffix of a region's endpoints: that of its partition ("AWS service endpoints", AWS General Reference).
#[must_use]
pub fn dns_suffix(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}
