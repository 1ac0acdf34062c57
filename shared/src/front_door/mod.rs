//! The HTTP surface before any station: which request is which, who may call from a browser, and what an OAuth client
//! learns about this resource. Everything a client is told comes from configuration, never from `Host`.

mod challenge;
mod cors;
mod metadata;
mod origin;
mod route;

pub use challenge::{Challenge, metadata_url, www_authenticate};
pub use cors::{
    endpoint_cors_headers, endpoint_preflight_headers, metadata_cors_headers, metadata_preflight_headers,
};
pub use metadata::metadata_document;
pub use origin::{HostRefused, OriginRefused, check_host, check_origin};
pub use route::{HEALTH, PROTECTED_RESOURCE, Preflight, Route, route};
