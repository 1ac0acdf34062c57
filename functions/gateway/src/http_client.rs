//! The one HTTP client behind every outbound call: no redirects, no proxies from the environment, no
//! decompression, the Mozilla root certificates built in (reading the system's costs a cold start 3 ms).

use std::{sync::Arc, time::Duration};

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// Connecting to the issuer, to STS and to where the configuration is.
pub const IDENTITY_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Idle connections are closed before the usual 60 s of load balancers, so that a request rarely meets a
/// connection the other side has just given up.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct ClientError(String);

/// TLS settings, shared by the clients.
///
/// # Errors
/// [`ClientError`] where the cryptographic provider lacks a protocol version.
pub fn tls() -> Result<ClientConfig, ClientError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// A client whose connections must stand within `connect_timeout`.
///
/// # Errors
/// [`ClientError`] where the library refuses the settings.
pub fn client(tls: ClientConfig, connect_timeout: Duration) -> Result<Client, ClientError> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .build()
        .map_err(|error| ClientError(error.to_string()))
}
