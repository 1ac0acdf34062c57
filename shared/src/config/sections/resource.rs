//! `resourceUrl` and its metadata: the one public identity of the gateway.
//!
//! The URL is kept as written, because clients compare it as a string; origin and path are derived once, here.

use crate::config::{section::Section, types::Resource, urls};

/// The endpoint's path where `resourceUrl` has none.
const DEFAULT_PATH: &str = "/mcp";

/// Reads the resource keys of the top level.
pub(super) fn read(root: &Section<'_>) -> Option<Resource> {
    let address = address(root);
    let name = root.text("resourceName").map(str::to_owned);
    let documentation = root.get("resourceDocumentation").and_then(|field| urls::web(&field));
    let (url, origin, mcp_path) = address?;
    Some(Resource {
        url,
        origin,
        mcp_path,
        name,
        documentation: documentation.map(|(text, _)| text.to_owned()),
    })
}

fn address(root: &Section<'_>) -> Option<(String, String, String)> {
    let field = root.required(
        "resourceUrl",
        "write the public URL of the MCP endpoint, for example https://mcp.example.com/mcp",
    )?;
    let (text, url) = urls::endpoint(&field)?;
    let path = match url.path().trim_end_matches('/') {
        "" => DEFAULT_PATH,
        path => path,
    };
    if path == "/healthz" || path == "/.well-known" || path.starts_with("/.well-known/") {
        field.refuse("has a path that the gateway answers itself", "write another path, for example /mcp");
        return None;
    }
    Some((text.to_owned(), url.origin().ascii_serialization(), path.to_owned()))
}
