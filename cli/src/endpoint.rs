//! The URL of a gateway, as an argument.

use rolecall_core::config::is_https_or_loopback;
use url::Url;

/// The text of a URL that a client could be given.
///
/// # Errors
/// What to write instead.
pub fn endpoint(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| "write an absolute URL: https://<host>/<path>")?;
    if !is_https_or_loopback(&url) {
        return Err("write a URL that starts with https:// (http is for this machine alone)".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("remove what stands before the @".to_owned());
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err("remove white space".to_owned());
    }
    Ok(text.to_owned())
}
