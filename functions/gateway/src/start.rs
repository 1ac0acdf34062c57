//! From process start to the first request: configuration, stations, front door.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    audit,
    config_source::{ConfigError, ConfigReader},
    deployment::{Deployment, Watch},
    environment::{self, Environment, EnvironmentError, ResponseMode},
    front_door::{
        lambda::{self, RuntimeApiError},
        plain,
    },
    http_client::ClientError,
    log,
    stations::{StationError, Stations},
};

/// Lambda kills a process 500 ms after it was told to stop.
const LAMBDA_SHUTDOWN: Duration = Duration::from_millis(300);
/// For the last spans and metrics; container platforms wait 30 s, and open requests may have taken 10 of them.
const PLAIN_SHUTDOWN: Duration = Duration::from_secs(3);

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
    Station(#[from] StationError),
    #[error("cannot listen on {address}: {reason}; set ROLECALL_LISTEN to a free address")]
    Listen { address: SocketAddr, reason: std::io::Error },
    #[error("cannot listen on {address}: {reason}; set telemetry.metricsListen to a free address")]
    MetricsListen { address: SocketAddr, reason: std::io::Error },
    #[error(transparent)]
    RuntimeApi(#[from] RuntimeApiError),
}

/// Runs until it is told to stop.
///
/// # Errors
/// [`StartError`], to be shown to the operator as it is.
pub async fn run() -> Result<(), StartError> {
    let (environment, deployment) = match prepare().await {
        Ok(prepared) => prepared,
        Err(error) => {
            if let Some(runtime_api) = environment::runtime_api() {
                lambda::report_failed_start(&runtime_api, &error.to_string()).await;
            }
            return Err(error);
        }
    };
    let gateway = deployment.gateway();
    tokio::spawn(async move { gateway.warm_up().await });
    match &environment.runtime_api {
        Some(runtime_api) => serve_lambda(runtime_api, environment.response_mode, deployment).await,
        None => serve_plain(environment.listen, deployment).await,
    }
}

async fn prepare() -> Result<(Environment, Arc<Deployment>), StartError> {
    let environment = Environment::read()?;
    log::start(environment.runtime_api.is_some());
    let deployment = Arc::new(deploy(&environment).await?);
    Ok((environment, deployment))
}

async fn deploy(environment: &Environment) -> Result<Deployment, StartError> {
    let mut stations = Stations::new(environment)?;
    let mut reader = ConfigReader::new(environment, stations.identity_client())?;
    let snapshot = reader.read().await?;
    let gateway = stations.gateway(snapshot.load().map_err(ConfigError::from)?)?;
    if !reader.can_change(&snapshot) {
        return Ok(Deployment::fixed(gateway));
    }
    tracing::info!(source = snapshot.source(), version = snapshot.version(), "configuration read");
    let watch = Watch::new(reader, stations, snapshot);
    Ok(Deployment::watched(gateway, watch, environment.config_refresh))
}

/// Lambda ends a process with SIGTERM only between events, and where an extension runs beside it.
async fn serve_lambda(
    runtime_api: &str,
    mode: ResponseMode,
    deployment: Arc<Deployment>,
) -> Result<(), StartError> {
    let stopped = tokio::select! {
        served = lambda::serve(runtime_api, mode, Arc::clone(&deployment)) => match served? {},
        () = stopping() => Ok(()),
    };
    deployment.gateway().telemetry().shut_down(LAMBDA_SHUTDOWN).await;
    stopped
}

async fn serve_plain(address: SocketAddr, deployment: Arc<Deployment>) -> Result<(), StartError> {
    let listening = TcpListener::bind(address).await;
    let listener = listening.map_err(|reason| StartError::Listen { address, reason })?;
    tracing::info!(listen = %address, resource = deployment.gateway().resource_url(), "ready");
    let limit = {
        let deployment = Arc::clone(&deployment);
        move || deployment.gateway().max_request_bytes()
    };
    let gateway = deployment.gateway();
    let telemetry = Arc::clone(gateway.telemetry());
    if let Some(scrapes) = telemetry.scrapes().cloned() {
        let address = scrapes.listen;
        let listening = TcpListener::bind(address).await;
        let listener = listening.map_err(|reason| StartError::MetricsListen { address, reason })?;
        tracing::info!(listen = %address, "metrics for Prometheus");
        tokio::spawn(scrapes.serve(listener, Arc::clone(gateway.config())));
    }
    drop(gateway);
    tokio::spawn(Arc::clone(&telemetry).send_regularly());
    tokio::select! {
        () = plain::serve(listener, limit, deployment, stopping()) => {}
        () = second_stop_signal() => tracing::warn!("told twice to stop; open requests are cut"),
    }
    telemetry.shut_down(PLAIN_SHUTDOWN).await;
    Ok(())
}

/// Requests that are open now either end by themselves or are cut by us: their lines tell which.
async fn stopping() {
    stop_signal().await;
    audit::gateway_stops();
}

async fn second_stop_signal() {
    stop_signal().await;
    stop_signal().await;
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
