//! What the stations read. Built only by [`super::load`].

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::{Map, Value};
use url::Url;

use crate::{
    audit::EventType,
    authenticate::Algorithm,
    authorize::Authorization,
    exchange::ExchangeMode,
    role::{RoleArn, RoleMapping},
};

/// The whole configuration.
#[derive(Debug)]
pub struct Config {
    /// The protected resource this gateway is.
    pub resource: Resource,
    /// Web origins besides the resource's own that may call the MCP endpoint, each in its ASCII serialisation.
    pub allowed_origins: Vec<String>,
    /// Whose tokens are accepted.
    pub oidc: Oidc,
    /// How claims become a role session.
    pub aws_sts: AwsSts,
    /// The MCP server behind the gateway.
    pub upstream: Upstream,
    /// The policies; without them the role alone decides.
    pub authorization: Option<Arc<Authorization>>,
    /// What the audit stream records.
    pub audit: Audit,
    /// Where metrics go, and how many requests are traced.
    pub telemetry: Telemetry,
    /// Sizes above which a request is refused.
    pub limits: Limits,
}

/// The protected resource (RFC 9728).
#[derive(Debug)]
pub struct Resource {
    /// `resourceUrl` exactly as written: clients compare it as a string.
    pub url: String,
    /// The origin of `url`, for example `https://mcp.example.com`.
    pub origin: String,
    /// The path of the MCP endpoint, without a trailing slash: the path of `url`, `/mcp` where it has none.
    pub mcp_path: String,
    /// `resource_name` of the metadata.
    pub name: Option<String>,
    /// `resource_documentation` of the metadata.
    pub documentation: Option<String>,
}

/// The OpenID provider and what its tokens must carry.
#[derive(Debug)]
pub struct Oidc {
    /// The exact `iss`.
    pub issuer: String,
    /// Accepted values of `aud`; at least one.
    pub audience: Vec<String>,
    /// Where the keys are; from the issuer's discovery document where absent.
    pub jwks_url: Option<Url>,
    /// Accepted signature algorithms; at least one.
    pub algorithms: Vec<Algorithm>,
    /// Scopes that every token must carry.
    pub required_scopes: Vec<String>,
    /// `scopes_supported` of the metadata.
    pub scopes_supported: Vec<String>,
    /// Client ids that may call; empty allows all.
    pub allowed_clients: Vec<String>,
    /// Tolerance on `exp`, `nbf` and `iat`.
    pub clock_skew: Duration,
}

/// The exchange of claims for a role session, and the names SigV4 signs for.
#[derive(Debug)]
pub struct AwsSts {
    /// Region of the STS endpoint and of the signature.
    pub region: String,
    /// SigV4 service name.
    pub service: String,
    /// How STS is asked.
    pub exchange: ExchangeMode,
    /// The claim whose elements `claim` mappings look at.
    pub role_claim: String,
    /// Splits a text claim into elements; `None` leaves the default of the claim's name.
    pub role_claim_separator: Option<String>,
    /// The claim that names the session.
    pub session_name_claim: String,
    /// Seconds, where the mapping has none of its own.
    pub session_duration: u32,
    /// The role when no mapping matches.
    pub fallback_role_arn: Option<RoleArn>,
    /// In priority order: the first that matches wins.
    pub role_mappings: Vec<RoleMapping>,
}

/// The MCP server.
#[derive(Debug)]
pub struct Upstream {
    /// Its endpoint; no `%` in the path, because SigV4 libraries disagree on encoding it twice.
    pub url: Url,
    /// Limit for TCP and TLS.
    pub connect_timeout: Duration,
    /// Limit for the response's headers.
    pub response_timeout: Duration,
    /// Merged into `params._meta` of requests whose `params` is an object.
    pub meta: Map<String, Value>,
}

impl Upstream {
    /// The `_meta` entries of one request: the configured ones, with the mapping's region above them.
    #[must_use]
    pub fn meta_for(&self, aws_region: Option<&str>) -> Map<String, Value> {
        let mut meta = self.meta.clone();
        if let Some(region) = aws_region {
            meta.insert("AWS_REGION".to_owned(), region.into());
        }
        meta
    }
}

/// The audit stream.
#[derive(Debug)]
pub struct Audit {
    /// `false` writes no line.
    pub enabled: bool,
    /// Event types to write; empty writes all.
    pub event_types: Vec<EventType>,
    /// Event types not to write; beats `event_types`.
    pub exclude_event_types: Vec<EventType>,
    /// Whether lines have the bodies of requests.
    pub include_request_data: bool,
    /// Whether lines have the bodies of answers.
    pub include_response_data: bool,
    /// Characters of each body in a line.
    pub max_data_chars: usize,
}

impl Audit {
    /// Whether a line of this event type is written.
    #[must_use]
    pub fn records(&self, event_type: EventType) -> bool {
        self.enabled
            && (self.event_types.is_empty() || self.event_types.contains(&event_type))
            && !self.exclude_event_types.contains(&event_type)
    }
}

/// Metrics and traces.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// Where metrics go; `None` leaves it to where the gateway runs.
    pub metrics: Option<Vec<MetricsFormat>>,
    /// Where the plain server listens for Prometheus; `None` where nothing is written.
    pub metrics_listen: Option<SocketAddr>,
    /// The share of requests that are traced where the caller's own trace does not decide it, from 0 to 1.
    pub trace_sample_ratio: f64,
}

/// A way for metrics to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsFormat {
    /// Lines in CloudWatch's embedded metric format on standard output.
    Emf,
    /// OTLP to the collector that the environment names.
    Otlp,
    /// Prometheus text, fetched from the plain server.
    Prometheus,
}

/// Sizes in bytes.
#[derive(Debug)]
pub struct Limits {
    /// Largest request body.
    pub max_request_bytes: usize,
    /// Largest bearer token.
    pub max_token_bytes: usize,
}
