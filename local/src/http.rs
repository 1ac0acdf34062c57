//! The HTTP client for loopback: whatever proxy the machine is set up with, it is not asked.

/// A client that connects directly and follows no redirect.
#[must_use]
pub fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    // Building fails only where TLS can't be set up, which loopback does without.
    builder.build().unwrap_or_default()
}
