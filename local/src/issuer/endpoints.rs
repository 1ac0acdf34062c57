//! What the issuer serves: discovery, the JWK set, and tokens for developers.
//! Discovery and JWKS are counted, so that a test can tell a cache from a fetch.

use std::{collections::HashMap, sync::atomic::Ordering};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{Forgery, PublishedKeys, State, lock, mint::forge};
use crate::{
    Error, Result,
    server::{Body, json as json_response, text},
    users,
};

pub(super) fn handle(request: &Request<Bytes>, keys: &PublishedKeys, state: &State) -> Response<Body> {
    match request.uri().path() {
        "/.well-known/openid-configuration" => {
            state.discovery_requests.fetch_add(1, Ordering::SeqCst);
            json_response(StatusCode::OK, &discovery(state))
        }
        "/jwks" => {
            state.jwks_requests.fetch_add(1, Ordering::SeqCst);
            json_response(StatusCode::OK, &keys.jwks())
        }
        "/token" => match developer_token(request.uri().query().unwrap_or_default(), keys, state) {
            Ok(token) => text(StatusCode::OK, "text/plain", token + "\n"),
            Err(error) => text(StatusCode::BAD_REQUEST, "text/plain", format!("{error}\n")),
        },
        _ => text(StatusCode::NOT_FOUND, "text/plain", "not found\n"),
    }
}

/// The required members of OpenID Connect Discovery 1.0 section 3, as far as a resource server reads them.
fn discovery(state: &State) -> Value {
    let origin = lock(&state.origin).clone();
    let issuer = lock(&state.discovered_issuer).clone().unwrap_or_else(|| origin.clone());
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"],
    })
}

/// A token for `?user=alice`, so that a shell can fetch one.
fn developer_token(query: &str, keys: &PublishedKeys, state: &State) -> Result<String> {
    let parameters: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let name = parameters.get("user").map_or("", AsRef::as_ref);
    let user = users::find(name).ok_or_else(|| Error::NoSuchUser(name.into()))?;
    let origin = lock(&state.origin).clone();
    forge(&keys.lock(), &origin, &Forgery::new().claims(user.claims()))
}
