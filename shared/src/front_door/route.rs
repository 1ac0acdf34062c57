//! Which request is which, by method and path alone. What is not in the table is 404 or 405 and never relayed.

use http::Method;

use crate::config::Resource;

/// Where RFC 9728 section 3 puts the metadata.
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";

/// The health check.
pub const HEALTH: &str = "/healthz";
const ENDPOINT_ALLOW: &str = "GET, POST, DELETE, OPTIONS";
const METADATA_ALLOW: &str = "GET, HEAD, OPTIONS";
const HEALTH_ALLOW: &str = "GET, HEAD";

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The relay: `GET`, `POST` or `DELETE` on the endpoint.
    Mcp,
    /// `OPTIONS`: answered without authentication, never relayed.
    Preflight(Preflight),
    /// The protected resource metadata; `HEAD` gets its headers.
    Metadata,
    /// The health check; `HEAD` gets its headers.
    Health,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed {
        /// The value of `Allow`.
        allow: &'static str,
        /// Whether the path is the MCP endpoint's.
        on_endpoint: bool,
    },
}

/// What a preflight asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// The MCP endpoint.
    Mcp,
    /// The metadata, open to every origin.
    Metadata,
}

/// `path` is the request's path as it came, without the query; it is compared literally, one trailing slash aside.
#[must_use]
pub fn route(method: &Method, path: &str, resource: &Resource) -> Route {
    let place = path.strip_suffix('/').unwrap_or(path);
    if is_metadata(place, resource) {
        match *method {
            Method::GET | Method::HEAD => Route::Metadata,
            Method::OPTIONS => Route::Preflight(Preflight::Metadata),
            _ => Route::MethodNotAllowed { allow: METADATA_ALLOW, on_endpoint: false },
        }
    } else if place == resource.mcp_path {
        match *method {
            Method::GET | Method::POST | Method::DELETE => Route::Mcp,
            Method::OPTIONS => Route::Preflight(Preflight::Mcp),
            _ => Route::MethodNotAllowed { allow: ENDPOINT_ALLOW, on_endpoint: true },
        }
    } else if path == HEALTH {
        match *method {
            Method::GET | Method::HEAD => Route::Health,
            _ => Route::MethodNotAllowed { allow: HEALTH_ALLOW, on_endpoint: false },
        }
    } else {
        Route::NotFound
    }
}

/// Both forms are served whatever the path of the resource: clients look for either (MCP 2025-11-25, authorization).
fn is_metadata(place: &str, resource: &Resource) -> bool {
    place.strip_prefix(PROTECTED_RESOURCE).is_some_and(|rest| rest.is_empty() || rest == resource.mcp_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MCP: Route = Route::Mcp;
    const NOT_FOUND: Route = Route::NotFound;

    fn resource(mcp_path: &str) -> Resource {
        Resource {
            url: format!("https://mcp.example.com{mcp_path}"),
            origin: "https://mcp.example.com".to_owned(),
            mcp_path: mcp_path.to_owned(),
            name: None,
            documentation: None,
        }
    }

    #[test]
    fn every_row_of_the_table() {
        let not_allowed =
            |allow: &'static str| Route::MethodNotAllowed { allow, on_endpoint: allow.contains("DELETE") };
        let table: &[(&str, &str, Route)] = &[
            ("POST", "/mcp", MCP),
            ("GET", "/mcp", MCP),
            ("DELETE", "/mcp", MCP),
            ("POST", "/mcp/", MCP),
            ("OPTIONS", "/mcp", Route::Preflight(Preflight::Mcp)),
            ("HEAD", "/mcp", not_allowed("GET, POST, DELETE, OPTIONS")),
            ("PUT", "/mcp/", not_allowed("GET, POST, DELETE, OPTIONS")),
            ("CONNECT", "/mcp", not_allowed("GET, POST, DELETE, OPTIONS")),
            ("post", "/mcp", not_allowed("GET, POST, DELETE, OPTIONS")),
            ("POST", "/mcp//", NOT_FOUND),
            ("POST", "//mcp", NOT_FOUND),
            ("POST", "/MCP", NOT_FOUND),
            ("POST", "/%6dcp", NOT_FOUND),
            ("POST", "/mcp/x", NOT_FOUND),
            ("POST", "/mcpx", NOT_FOUND),
            ("GET", "/.well-known/oauth-protected-resource", Route::Metadata),
            ("HEAD", "/.well-known/oauth-protected-resource/", Route::Metadata),
            ("GET", "/.well-known/oauth-protected-resource/mcp", Route::Metadata),
            ("GET", "/.well-known/oauth-protected-resource/mcp/", Route::Metadata),
            ("OPTIONS", "/.well-known/oauth-protected-resource/mcp", Route::Preflight(Preflight::Metadata)),
            ("POST", "/.well-known/oauth-protected-resource", not_allowed("GET, HEAD, OPTIONS")),
            ("GET", "/.well-known/oauth-protected-resource/other", NOT_FOUND),
            ("GET", "/.well-known/oauth-protected-resourcemcp", NOT_FOUND),
            ("GET", "/.well-known/oauth-authorization-server", NOT_FOUND),
            ("OPTIONS", "/.well-known/openid-configuration", NOT_FOUND),
            ("GET", "/mcp/.well-known/oauth-protected-resource", NOT_FOUND),
            ("GET", "/healthz", Route::Health),
            ("HEAD", "/healthz", Route::Health),
            ("POST", "/healthz", not_allowed("GET, HEAD")),
            ("OPTIONS", "/healthz", not_allowed("GET, HEAD")),
            ("GET", "/healthz/", NOT_FOUND),
            ("GET", "/", NOT_FOUND),
            ("OPTIONS", "*", NOT_FOUND),
            ("GET", "", NOT_FOUND),
        ];
        for (method, path, expected) in table {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(route(&method, path, &resource("/mcp")), *expected, "{method} {path}");
        }
    }

    #[test]
    fn the_endpoint_is_where_the_resource_is() {
        let table: &[(&str, Route)] = &[
            ("/a/b%20c", MCP),
            ("/a/b%20c/", MCP),
            ("/a", NOT_FOUND),
            ("/mcp", NOT_FOUND),
            ("/.well-known/oauth-protected-resource/a/b%20c", Route::Metadata),
            ("/.well-known/oauth-protected-resource/mcp", NOT_FOUND),
        ];
        for (path, expected) in table {
            assert_eq!(route(&Method::GET, path, &resource("/a/b%20c")), *expected, "{path}");
        }
    }
}
