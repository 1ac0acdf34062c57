//! The protected resource metadata (RFC 9728): how a client learns where to sign in. Only configuration is in it.

use serde::Serialize;

use crate::config::Config;

#[derive(Serialize)]
struct Document<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    bearer_methods_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scopes_supported: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_documentation: Option<&'a str>,
}

/// The document of RFC 9728 section 2 as JSON. Without configured `scopesSupported` it names the required scopes, which a
/// client could otherwise only learn by failing.
///
/// # Errors
/// None for a [`Config`]: texts and lists always serialise.
pub fn metadata_document(config: &Config) -> Result<Vec<u8>, serde_json::Error> {
    let oidc = &config.oidc;
    let scopes =
        if oidc.scopes_supported.is_empty() { &oidc.required_scopes } else { &oidc.scopes_supported };
    serde_json::to_vec(&Document {
        resource: &config.resource.url,
        authorization_servers: [&oidc.issuer],
        bearer_methods_supported: ["header"],
        scopes_supported: scopes,
        resource_name: config.resource.name.as_deref(),
        resource_documentation: config.resource.documentation.as_deref(),
    })
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
