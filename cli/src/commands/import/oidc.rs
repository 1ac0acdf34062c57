//! Whose tokens are accepted.

use rolecall_core::config::is_https_or_loopback;
use url::Url;

use super::{draft::Draft, fields::Fields};

/// Carries over what an inline provider, a shared one or a RunConfig says; what was said before stays.
pub(super) fn read(oidc: Fields<'_>, draft: &mut Draft) {
    let issuer = address(&oidc, "issuer", draft);
    let jwks_url = address(&oidc, "jwksUrl", draft);
    let resource_url = address(&oidc, "resourceUrl", draft);
    let audience = oidc.text("audience", draft);
    draft.issuer = draft.issuer.take().or(issuer);
    draft.jwks_url = draft.jwks_url.take().or(jwks_url);
    draft.resource_url = draft.resource_url.take().or(resource_url);
    draft.audience = draft.audience.take().or(audience);
    let scopes = oidc.texts("scopes");
    if draft.scopes.is_empty() {
        draft.scopes = scopes;
    }
    oidc.finish(draft);
}

/// An address that Rolecall would contact or announce.
pub(super) fn address(fields: &Fields<'_>, key: &str, draft: &mut Draft) -> Option<String> {
    let text = fields.text(key, draft)?;
    let url = Url::parse(&text).ok().filter(is_https_or_loopback);
    if url.is_some_and(|url| url.username().is_empty() && url.password().is_none()) {
        return Some(text);
    }
    draft.lose(fields.at(key), "is not an https URL without a password");
    None
}
