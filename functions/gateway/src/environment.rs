//! The process environment, read once at start.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use aws_credential_types::Credentials;
use rolecall_core::config::is_https_or_loopback;
use url::Url;

/// Settings that come from the environment rather than from `gateway.yaml`.
#[derive(Debug)]
pub struct Environment {
    /// `AWS_LAMBDA_RUNTIME_API`: host and port; present only where a Lambda runtime is.
    pub runtime_api: Option<String>,
    /// `ROLECALL_RESPONSE_MODE`.
    pub response_mode: ResponseMode,
    /// `ROLECALL_LISTEN`: where the plain server listens.
    pub listen: SocketAddr,
    /// `ROLECALL_KEEP_ALIVE_SECONDS`: silence after which an event stream gets a comment.
    pub keep_alive: Duration,
    /// `ROLECALL_CONFIG_REFRESH_SECONDS`: pause between looks at a configuration that is no file.
    pub config_refresh: Duration,
    /// `AWS_REGION`: where Lambda runs, and where sources of the configuration are looked for.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_STS`: another STS endpoint than the region's.
    pub sts_endpoint: Option<String>,
    /// Other endpoints of the services that a configuration may come from.
    pub source_endpoints: SourceEndpoints,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`: the function's execution role. Lambda
    /// sets them and replaces the whole environment before they end.
    pub execution_role: Option<Credentials>,
}

/// Endpoints that stand in for a region's own.
#[derive(Clone, Debug, Default)]
pub struct SourceEndpoints {
    /// `AWS_ENDPOINT_URL_SSM`.
    pub ssm: Option<Url>,
    /// `AWS_ENDPOINT_URL_S3`.
    pub s3: Option<Url>,
    /// `AWS_ENDPOINT_URL_APPCONFIGDATA`.
    pub appconfigdata: Option<Url>,
}

/// How Lambda is given the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// `RESPONSE_STREAM`: function URL and REST API.
    Streaming,
    /// One JSON document: HTTP API, ALB and buffered function URL.
    Buffered,
}

/// A variable that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// `ROLECALL_LISTEN`.
    #[error("ROLECALL_LISTEN is not an address and port; write for example 127.0.0.1:9000")]
    Listen,
    /// `ROLECALL_RESPONSE_MODE`.
    #[error("ROLECALL_RESPONSE_MODE is neither `streaming` nor `buffered`")]
    ResponseMode,
    /// `ROLECALL_KEEP_ALIVE_SECONDS`.
    #[error("ROLECALL_KEEP_ALIVE_SECONDS is not a whole number from 1 to 60")]
    KeepAlive,
    /// `ROLECALL_CONFIG_REFRESH_SECONDS`.
    #[error("ROLECALL_CONFIG_REFRESH_SECONDS is not a whole number from 1 to 86400")]
    ConfigRefresh,
    /// `AWS_ENDPOINT_URL_STS` and its like.
    #[error("{0} is not an https URL without a query (http is accepted on loopback only)")]
    Endpoint(&'static str),
}

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9000);

/// Below the idle time of the proxies that a client may stand behind; most close after 30 s or more.
const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A changed role map is in force a minute later; oftener would cost each function instance a call per request.
const DEFAULT_CONFIG_REFRESH: Duration = Duration::from_secs(60);

impl Environment {
    /// Reads the variables.
    ///
    /// # Errors
    /// The first one that cannot be used.
    pub fn read() -> Result<Self, EnvironmentError> {
        let listen = match variable("ROLECALL_LISTEN") {
            None => DEFAULT_LISTEN,
            Some(text) => text.parse().map_err(|_| EnvironmentError::Listen)?,
        };
        let response_mode = match variable("ROLECALL_RESPONSE_MODE").as_deref() {
            None | Some("streaming") => ResponseMode::Streaming,
            Some("buffered") => ResponseMode::Buffered,
            Some(_) => return Err(EnvironmentError::ResponseMode),
        };
        let keep_alive = match variable("ROLECALL_KEEP_ALIVE_SECONDS").map(|text| text.parse()) {
            None => DEFAULT_KEEP_ALIVE,
            Some(Ok(seconds @ 1..=60)) => Duration::from_secs(seconds),
            Some(_) => return Err(EnvironmentError::KeepAlive),
        };
        let config_refresh = match variable("ROLECALL_CONFIG_REFRESH_SECONDS").map(|text| text.parse()) {
            None => DEFAULT_CONFIG_REFRESH,
            Some(Ok(seconds @ 1..=86_400)) => Duration::from_secs(seconds),
            Some(_) => return Err(EnvironmentError::ConfigRefresh),
        };
        Ok(Self {
            runtime_api: runtime_api(),
            response_mode,
            listen,
            keep_alive,
            config_refresh,
            region: variable("AWS_REGION"),
            sts_endpoint: endpoint("AWS_ENDPOINT_URL_STS")?
                .map(|url| url.as_str().trim_end_matches('/').to_owned()),
            source_endpoints: SourceEndpoints {
                ssm: endpoint("AWS_ENDPOINT_URL_SSM")?,
                s3: endpoint("AWS_ENDPOINT_URL_S3")?,
                appconfigdata: endpoint("AWS_ENDPOINT_URL_APPCONFIGDATA")?,
            },
            execution_role: execution_role(),
        })
    }
}

fn execution_role() -> Option<Credentials> {
    let access_key_id = variable("AWS_ACCESS_KEY_ID")?;
    let secret_access_key = variable("AWS_SECRET_ACCESS_KEY")?;
    let session_token = variable("AWS_SESSION_TOKEN");
    Some(Credentials::new(access_key_id, secret_access_key, session_token, None, "environment"))
}

/// `AWS_LAMBDA_RUNTIME_API`, readable even where the rest of the environment is not.
#[must_use]
pub fn runtime_api() -> Option<String> {
    variable("AWS_LAMBDA_RUNTIME_API")
}

/// The value of a variable; an empty one counts as absent, as SAM parameters with an empty default arrive.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn endpoint(name: &'static str) -> Result<Option<Url>, EnvironmentError> {
    let Some(text) = variable(name) else { return Ok(None) };
    let url = Url::parse(&text).ok().filter(|url| is_https_or_loopback(url) && url.query().is_none());
    url.map(Some).ok_or(EnvironmentError::Endpoint(name))
}
