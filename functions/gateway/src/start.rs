//! From process start to the first request: configuration, stations, front door.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rolecall_core::config::Config;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    authenticate::Authenticator,
    config_source::{self, ConfigError},
    environment::{self, Environment, EnvironmentError},
    exchange::Exchanger,
    front_door::{
        lambda::{self, RuntimeApiError},
        plain,
    },
    handler::Gateway,
    http_client::{self, ClientError},
    jwks::KeyStore,
    log,
    sts::{NoExecutionRole, StsClient},
    upstream::Upstream,
};

/// Connecting to the issuer and to STS.
const IDENTITY_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the gateway does not start, or why it stopped.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant is the error of the module it names")]
pub enum StartError {
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Sts(#[from] NoExecutionRole),
    #[error("cannot listen on {address}: {reason}; set ROLECALL_LISTEN to a free address")]
    Listen { address: SocketAddr, reason: std::io::Error },
    #[error(transparent)]
    RuntimeApi(#[from] RuntimeApiError),
}

/// Runs until it is told to stop.
///
/// # Errors
/// [`StartError`], to be shown to the operator as it is.
pub async fn run() -> Result<(), StartError> {
    let (environment, config, gateway) = match prepare() {
        Ok(prepared) => prepared,
        Err(error) => {
            if let Some(runtime_api) = environment::runtime_api() {
                lambda::report_failed_start(&runtime_api, &error.to_string()).await;
            }
            return Err(error);
        }
    };
    gateway.warm_up();
    match &environment.runtime_api {
        Some(runtime_api) => match lambda::serve(runtime_api, environment.response_mode, gateway).await? {},
        None => serve_plain(environment.listen, &config, gateway).await,
    }
}

fn prepare() -> Result<(Environment, Arc<Config>, Arc<Gateway>), StartError> {
    let environment = Environment::read()?;
    log::start(environment.runtime_api.is_some());
    let config = Arc::new(config_source::read()?);
    let gateway = Arc::new(gateway(&config, &environment)?);
    Ok((environment, config, gateway))
}

fn gateway(config: &Arc<Config>, environment: &Environment) -> Result<Gateway, StartError> {
    let tls = http_client::tls()?;
    let identity = http_client::client(tls.clone(), IDENTITY_CONNECT_TIMEOUT)?;
    let upstream = http_client::client(tls, config.upstream.connect_timeout)?;
    let sts = StsClient::new(
        identity.clone(),
        &config.aws_sts,
        environment.sts_endpoint.as_deref(),
        environment.execution_role.as_ref(),
    )?;
    Ok(Gateway::new(
        Arc::clone(config),
        Authenticator::new(Arc::clone(config), KeyStore::new(identity, &config.oidc)),
        Exchanger::new(sts),
        Upstream::new(upstream, config.upstream.response_timeout),
        environment.keep_alive,
    ))
}

async fn serve_plain(address: SocketAddr, config: &Config, gateway: Arc<Gateway>) -> Result<(), StartError> {
    let listening = TcpListener::bind(address).await;
    let listener = listening.map_err(|reason| StartError::Listen { address, reason })?;
    tracing::info!(listen = %address, resource = config.resource.url, "ready");
    plain::serve(listener, config.limits.max_request_bytes, gateway, stop_signal()).await;
    Ok(())
}

/// SIGTERM or SIGINT; never, where the platform lets us listen to neither.
async fn stop_signal() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}
