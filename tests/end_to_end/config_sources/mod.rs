//! The configuration comes from Parameter Store, S3 or AppConfig: read at start, replaced while requests come, and
//! never replaced by something worse.

mod lambda;
mod refresh;
mod refused;
mod survivors;
mod variables;

use std::time::{Duration, Instant};

use rolecall_local::{
    config_sources::{ConfigSources, Service},
    raw::Raw,
    stack::{STS_ENDPOINT_VARIABLE, Stack},
    verifier::Rejection,
};

use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, World, binary, client, ponging_upstream};

/// One of the ways to keep a configuration away from the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Parameter,
    Object,
    Profile,
}

const KINDS: [Kind; 3] = [Kind::Parameter, Kind::Object, Kind::Profile];
/// A bucket that cannot be part of a host name, and a key whose every character matters to SigV4.
const BUCKET: &str = "config.example.com";
const KEY: &str = "a b/ü+&=%41%?#;,:@!$'()*[]~\\//gateway.yaml";
const PROFILE: [&str; 3] = ["rolecall", "production", "gateway config"];
const PARAMETER: &str = "/rolecall/gateway";
/// As short as a user could wish.
const EACH_SECOND: (&str, &str) = ("ROLECALL_CONFIG_REFRESH_SECONDS", "1");

impl Kind {
    fn name(self) -> String {
        match self {
            Self::Parameter => format!("ssm:{PARAMETER}"),
            Self::Object => format!("s3://{BUCKET}/{KEY}"),
            Self::Profile => format!("appconfig://{}", PROFILE.join("/")),
        }
    }

    fn put(self, sources: &ConfigSources, yaml: &str) {
        match self {
            Self::Parameter => sources.ssm.put(PARAMETER, yaml),
            Self::Object => sources.s3.put(BUCKET, KEY, yaml.to_owned()),
            Self::Profile => sources.appconfig.deploy(PROFILE, yaml),
        }
    }

    fn service(self, sources: &ConfigSources) -> &Service {
        match self {
            Self::Parameter => sources.ssm.service(),
            Self::Object => sources.s3.service(),
            Self::Profile => sources.appconfig.service(),
        }
    }

    fn access_denied(self) -> Rejection {
        match self {
            Self::Parameter => rolecall_local::config_sources::ParameterStore::access_denied(),
            Self::Object => rolecall_local::config_sources::ObjectStore::access_denied(),
            Self::Profile => rolecall_local::config_sources::AppConfigData::access_denied(),
        }
    }
}

/// Runs a test for all kinds at once: most of it is waiting.
async fn each_kind<F: Future<Output = ()>>(test: impl Fn(Kind) -> F) {
    futures_util::future::join_all(KINDS.map(test)).await;
}

/// A gateway whose configuration is somewhere else, before an upstream that answers pings.
struct Sourced {
    kind: Kind,
    world: World,
    sources: ConfigSources,
    raw: Raw,
}

impl Sourced {
    async fn start(kind: Kind) -> Self {
        let sources = ConfigSources::start().await.unwrap();
        let stack = Stack::start().await.unwrap();
        let raw = ponging_upstream(&stack).await;
        let name = kind.name();
        let environment = environment(&sources, &stack, &[("ROLECALL_CONFIG", &name), EACH_SECOND]);
        let yaml = |port| {
            kind.put(&sources, &stack.gateway_yaml_for(port, &raw.url()));
            String::new()
        };
        let gateway = GatewayProcess::start(binary(), yaml, &borrowed(&environment)).await.unwrap();
        Self { kind, world: World { stack, gateway, http: client() }, sources, raw }
    }

    /// The configuration that it started with.
    fn yaml(&self) -> String {
        let port = self.world.gateway.origin().rsplit(':').next().unwrap().parse().unwrap();
        self.world.stack.gateway_yaml_for(port, &self.raw.url())
    }

    fn put(&self, yaml: &str) {
        self.kind.put(&self.sources, yaml);
    }

    /// Requests go on until the log has a line with all of these in it.
    async fn ping_until_logged(&self, parts: &[&str]) -> String {
        let began = Instant::now();
        loop {
            assert_eq!(self.world.ping().await.status(), 200, "a request failed while the gateway looked");
            if let Some(line) =
                self.log().into_iter().find(|line| parts.iter().all(|part| line.contains(part)))
            {
                return line;
            }
            assert!(began.elapsed() < PATIENCE, "{parts:?} is not in {}", self.log().join("\n"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Requests go on while the gateway looks `times` times.
    async fn ping_through_looks(&self, times: usize) {
        let service = self.kind.service(&self.sources);
        let enough = service.calls().len() + times;
        let began = Instant::now();
        while service.calls().len() < enough {
            assert_eq!(self.world.ping().await.status(), 200);
            assert!(began.elapsed() < PATIENCE, "the gateway does not look");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn log(&self) -> Vec<String> {
        self.world.gateway.stderr().lines()
    }

    fn logged(&self, part: &str) -> usize {
        self.log().iter().filter(|line| line.contains(part)).count()
    }

    fn assert_silent(&self) {
        assert_no_credentials(&self.sources, &self.world.gateway);
    }
}

/// The environment of a gateway with this role and these sources.
fn environment(
    sources: &ConfigSources,
    stack: &Stack,
    more: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    let mut environment = sources.environment();
    environment.push((STS_ENDPOINT_VARIABLE, stack.sts.url()));
    environment.push(("RUST_LOG", "debug".into()));
    for (name, value) in more {
        environment.retain(|(known, _)| known != name);
        environment.push((name, (*value).to_owned()));
    }
    environment
}

fn borrowed<'a>(environment: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// The role's secrets are on neither stream.
fn assert_no_credentials(sources: &ConfigSources, gateway: &GatewayProcess) {
    for text in [gateway.stdout().text(), gateway.stderr().text()] {
        for secret in [&sources.credentials.secret_access_key, &sources.credentials.session_token] {
            assert!(!text.contains(secret.as_str()), "a credential in {text}");
        }
    }
}
