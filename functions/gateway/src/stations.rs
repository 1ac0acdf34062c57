//! Builds gateways, the first and every later one, and decides what one leaves to the next: connections always, the
//! issuer's keys and the role sessions where the new configuration means the same ones.

use std::{sync::Arc, time::Duration};

use aws_credential_types::Credentials;
use reqwest::Client;
use rolecall_core::config::{AwsSts, Config, Oidc};
use rustls::ClientConfig;

use crate::{
    authenticate::Authenticator,
    environment::Environment,
    exchange::Exchanger,
    handler::Gateway,
    http_client::{self, ClientError, IDENTITY_CONNECT_TIMEOUT},
    jwks::KeyStore,
    sts::{NoExecutionRole, StsClient},
    telemetry::Telemetry,
    upstream::Upstream,
};

/// What gateways are made of besides their configuration.
pub struct Stations {
    tls: ClientConfig,
    identity: Client,
    sts_endpoint: Option<String>,
    execution_role: Option<Credentials>,
    keep_alive: Duration,
    on_lambda: bool,
    last: Option<Kept>,
}

/// The parts of the last gateway that may serve in the next.
struct Kept {
    config: Arc<Config>,
    keys: Arc<KeyStore>,
    exchanger: Arc<Exchanger>,
    upstream: Client,
    /// Where metrics go is decided once.
    telemetry: Arc<Telemetry>,
}

/// A part of a gateway that its configuration asks for cannot be made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant is the error of the module it names")]
pub enum StationError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Sts(#[from] NoExecutionRole),
}

impl Stations {
    /// The clients, connected to nothing yet.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(environment: &Environment) -> Result<Self, ClientError> {
        let tls = http_client::tls()?;
        Ok(Self {
            identity: http_client::client(tls.clone(), IDENTITY_CONNECT_TIMEOUT)?,
            tls,
            sts_endpoint: environment.sts_endpoint.clone(),
            execution_role: environment.execution_role.clone(),
            keep_alive: environment.keep_alive,
            on_lambda: environment.runtime_api.is_some(),
            last: None,
        })
    }

    /// The client for everything but the MCP server.
    #[must_use]
    pub fn identity_client(&self) -> Client {
        self.identity.clone()
    }

    /// A gateway with this configuration.
    ///
    /// # Errors
    /// [`StationError`].
    pub fn gateway(&mut self, config: Config) -> Result<Gateway, StationError> {
        let config = Arc::new(config);
        for doubt in config.authorization.iter().flat_map(|policies| policies.doubts()) {
            tracing::warn!("{doubt}");
        }
        let kept = self.kept(Arc::clone(&config))?;
        let gateway = Gateway::new(
            Arc::clone(&config),
            Authenticator::new(config, Arc::clone(&kept.keys)),
            Arc::clone(&kept.exchanger),
            Upstream::new(kept.upstream.clone(), kept.config.upstream.response_timeout),
            self.keep_alive,
            Arc::clone(&kept.telemetry),
        );
        self.last = Some(kept);
        Ok(gateway)
    }

    fn kept(&self, config: Arc<Config>) -> Result<Kept, StationError> {
        let last_where = |is_same: fn(&Config, &Config) -> bool| {
            self.last.as_ref().filter(|last| is_same(&last.config, &config))
        };
        let telemetry = match &self.last {
            Some(last) => Arc::clone(&last.telemetry),
            None => Arc::new(Telemetry::start(&config.telemetry, self.on_lambda, self.identity.clone())),
        };
        let keys = match last_where(|last, next| has_same_keys(&last.oidc, &next.oidc)) {
            Some(last) => Arc::clone(&last.keys),
            None => Arc::new(KeyStore::new(self.identity.clone(), &config.oidc, Arc::clone(&telemetry))),
        };
        let exchanger = match last_where(|last, next| has_same_sessions(&last.aws_sts, &next.aws_sts)) {
            Some(last) => Arc::clone(&last.exchanger),
            None => Arc::new(Exchanger::new(self.sts_client(&config.aws_sts)?)),
        };
        let upstream =
            match last_where(|last, next| last.upstream.connect_timeout == next.upstream.connect_timeout) {
                Some(last) => last.upstream.clone(),
                None => http_client::client(self.tls.clone(), config.upstream.connect_timeout)?,
            };
        Ok(Kept { config, keys, exchanger, upstream, telemetry })
    }

    fn sts_client(&self, sts: &AwsSts) -> Result<StsClient, NoExecutionRole> {
        let endpoint = self.sts_endpoint.as_deref();
        StsClient::new(self.identity.clone(), sts, endpoint, self.execution_role.as_ref())
    }
}

/// The last good keys must not get lost while their issuer is down.
fn has_same_keys(last: &Oidc, next: &Oidc) -> bool {
    last.issuer == next.issuer && last.jwks_url == next.jwks_url
}

/// Everything else that makes a session is in its cache key.
fn has_same_sessions(last: &AwsSts, next: &AwsSts) -> bool {
    last.region == next.region && last.exchange == next.exchange
}
