//! The `WWW-Authenticate` challenge (RFC 6750 section 3, RFC 9728 section 5.1). One line, `Bearer` first, and always a
//! valid header value whatever the texts hold.

use http::HeaderValue;
use url::Url;

use super::PROTECTED_RESOURCE;
use crate::config::Resource;

/// What a challenge says besides where the metadata is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Challenge<'a> {
    /// Scopes a token needs; empty leaves the parameter out.
    pub scopes: &'a [String],
    /// The error code of RFC 6750 section 3.1; none where no token was sent.
    pub error: Option<&'a str>,
    /// A sentence for the developer.
    pub error_description: Option<&'a str>,
}

/// The value of `WWW-Authenticate`.
#[must_use]
pub fn www_authenticate(resource: &Resource, challenge: &Challenge<'_>) -> HeaderValue {
    let scope = (!challenge.scopes.is_empty()).then(|| challenge.scopes.join(" "));
    let parameters = [
        ("resource_metadata", Some(metadata_url(resource))),
        ("scope", scope),
        ("error", challenge.error.map(str::to_owned)),
        ("error_description", challenge.error_description.map(str::to_owned)),
    ];
    let parameters: Vec<String> = parameters
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", quoted(&value?))))
        .collect();
    // `quoted` leaves printable ASCII only, so the value is always valid.
    HeaderValue::try_from(format!("Bearer {}", parameters.join(", ")))
        .unwrap_or(HeaderValue::from_static("Bearer"))
}

/// Where the metadata of this resource is: its path follows the well-known one; without a path, the root form.
#[must_use]
pub fn metadata_url(resource: &Resource) -> String {
    let has_path = Url::parse(&resource.url).is_ok_and(|url| url.path() != "/");
    let path = if has_path { resource.mcp_path.as_str() } else { "" };
    format!("{}{PROTECTED_RESOURCE}{path}", resource.origin)
}

/// A quoted-string (RFC 9110 section 5.6.4) of printable ASCII: control characters become spaces, others `?`.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => [Some('\\'), Some(c)],
            ' '..='~' => [Some(c), None],
            c if c.is_control() => [Some(' '), None],
            _ => [Some('?'), None],
        })
        .flatten()
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resource(url: &str, mcp_path: &str) -> Resource {
        let origin = Url::parse(url).unwrap().origin().ascii_serialization();
        Resource {
            url: url.to_owned(),
            origin,
            mcp_path: mcp_path.to_owned(),
            name: None,
            documentation: None,
        }
    }

    #[test]
    fn the_metadata_is_below_the_origin() {
        let table = [
            ("https://h.example/mcp", "/mcp", "https://h.example/.well-known/oauth-protected-resource/mcp"),
            ("https://h.example/a/b/", "/a/b", "https://h.example/.well-known/oauth-protected-resource/a/b"),
            ("https://h.example", "/mcp", "https://h.example/.well-known/oauth-protected-resource"),
            ("https://h.example/", "/mcp", "https://h.example/.well-known/oauth-protected-resource"),
            (
                "http://127.0.0.1:9000/mcp",
                "/mcp",
                "http://127.0.0.1:9000/.well-known/oauth-protected-resource/mcp",
            ),
        ];
        for (url, mcp_path, expected) in table {
            assert_eq!(metadata_url(&resource(url, mcp_path)), expected, "{url}");
        }
    }

    #[test]
    fn says_metadata_scope_error_and_description_in_this_order() {
        let scopes = ["openid".to_owned(), "aws".to_owned()];
        let resource = resource("https://h.example/mcp", "/mcp");
        let value = |challenge| www_authenticate(&resource, &challenge).to_str().unwrap().to_owned();
        insta::assert_snapshot!(value(Challenge::default()), @r#"Bearer resource_metadata="https://h.example/.well-known/oauth-protected-resource/mcp""#);
        insta::assert_snapshot!(value(Challenge {
            scopes: &scopes,
            error: Some("invalid_token"),
            error_description: Some("the \"iss\" is C:\\x\r\nSet-Cookie: é"),
        }), @r#"Bearer resource_metadata="https://h.example/.well-known/oauth-protected-resource/mcp", scope="openid aws", error="invalid_token", error_description="the \"iss\" is C:\\x  Set-Cookie: ?""#);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_whole_challenge(description: String, scope: String) {
            let scopes = [scope];
            let challenge =
                Challenge { scopes: &scopes, error: Some("e"), error_description: Some(&description) };
            let value = www_authenticate(&resource("https://h.example", "/mcp"), &challenge);
            let text = value.to_str().unwrap();
            prop_assert!(text.contains(", error=\"e\", error_description=\"") && text.ends_with('"'));
        }
    }
}
