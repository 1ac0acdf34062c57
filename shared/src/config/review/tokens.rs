//! What STS sees in a token that passes here, and what clients learn of it.

use std::net::IpAddr;

use url::{Host, Url};

use super::Review;
use crate::exchange::ExchangeMode;

/// Minutes of clock skew are a broken clock somewhere; a token is accepted that much longer.
const USUAL_CLOCK_SKEW_SECONDS: u64 = 120;

pub(super) fn review(review: &mut Review<'_>) {
    if review.config.oidc.clock_skew.as_secs() > USUAL_CLOCK_SKEW_SECONDS {
        review.warn(
            "clock-skew-large",
            "oidc.clockSkewSeconds",
            "accepts tokens for minutes after they expire",
            format!("write {USUAL_CLOCK_SKEW_SECONDS} or less, and set the issuer's clock"),
        );
    }
    unannounced_scopes(review);
    if review.config.aws_sts.exchange == ExchangeMode::WebIdentity {
        authorized_party(review);
        several_audiences(review);
        issuer_reachable(review);
        keys_elsewhere(review);
    }
}

fn unannounced_scopes(review: &mut Review<'_>) {
    let oidc = &review.config.oidc;
    if oidc.scopes_supported.is_empty() {
        return;
    }
    for (index, scope) in oidc.required_scopes.iter().enumerate() {
        if !oidc.scopes_supported.contains(scope) {
            review.warn(
                "scope-not-announced",
                &format!("oidc.requiredScopes[{index}]"),
                "is required of tokens and not in scopesSupported, so clients that read the metadata do not ask for it",
                "add it to scopesSupported, or remove that list",
            );
        }
    }
}

/// STS compares `azp`, where a token has it, with the provider's client ids and the trust policy's `aud`.
fn authorized_party(review: &mut Review<'_>) {
    let oidc = &review.config.oidc;
    let remedy = "register the client ids with the IAM OIDC provider, and write them in the trust policies' aud \
                  condition";
    let foreign = oidc.allowed_clients.iter().any(|client| !oidc.audience.contains(client));
    if foreign {
        review.warn(
            "audience-seen-as-azp",
            "oidc.allowedClients",
            "names clients that are no audience: a token that says its client in azp is judged by that at STS, in \
             place of aud",
            remedy,
        );
    } else if oidc.allowed_clients.is_empty()
        && let Some(provider) = provider_with_azp(&oidc.issuer)
    {
        review.warn(
            "audience-seen-as-azp",
            "oidc.audience",
            format!(
                "may not be what STS looks at: access tokens of {provider} carry azp, which STS takes in place of aud \
                 (a guess by the issuer's address)"
            ),
            remedy,
        );
    }
}

/// By their documentation, whose access tokens carry `azp`.
fn provider_with_azp(issuer: &str) -> Option<&'static str> {
    let url = Url::parse(issuer).ok()?;
    let host = url.host_str()?;
    if url.path().contains("/realms/") {
        Some("Keycloak")
    } else if host.ends_with(".auth0.com") {
        Some("Auth0")
    } else if host == "login.microsoftonline.com" && url.path().trim_end_matches('/').ends_with("/v2.0") {
        Some("Entra ID")
    } else {
        None
    }
}

fn several_audiences(review: &mut Review<'_>) {
    let count = review.config.oidc.audience.len();
    if count > 1 {
        review.warn(
            "several-audiences",
            "oidc.audience",
            format!("accepts {count} audiences; STS takes none that its OIDC provider does not list"),
            "register each as a client id of the IAM OIDC provider and in the trust policies, or keep one",
        );
    }
}

fn issuer_reachable(review: &mut Review<'_>) {
    let Ok(url) = Url::parse(&review.config.oidc.issuer) else { return };
    let why = if url.scheme() == "http" {
        "is not https"
    } else if url.port().is_some() {
        "has a port, which an IAM OIDC provider cannot"
    } else if !is_public(&url) {
        "is no public address"
    } else {
        return;
    };
    review.warn(
        "issuer-not-public",
        "oidc.issuer",
        format!("{why}: AWS STS fetches its keys over the internet"),
        "use a public https issuer on port 443, or `exchange: assumeRole`",
    );
}

fn is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let private = [".local", ".internal", ".localhost", ".lan", ".home.arpa"];
            name.contains('.') && !private.iter().any(|suffix| name.ends_with(suffix))
        }
        Some(Host::Ipv4(address)) => {
            !(IpAddr::from(address).is_loopback() || address.is_private() || address.is_link_local())
        }
        Some(Host::Ipv6(address)) => !(address.is_loopback() || address.is_unique_local()),
        None => false,
    }
}

fn keys_elsewhere(review: &mut Review<'_>) {
    let oidc = &review.config.oidc;
    let Some(keys) = &oidc.jwks_url else { return };
    let Ok(issuer) = Url::parse(&oidc.issuer) else { return };
    if keys.origin() != issuer.origin() {
        review.warn(
            "keys-elsewhere",
            "oidc.jwksUrl",
            "is on another host than the issuer; STS finds the keys by the issuer's discovery document and may see others",
            "remove it, unless the discovery document names the same address",
        );
    }
}
