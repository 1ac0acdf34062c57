//! The services that a configuration may come from: Parameter Store, S3 and AppConfig Data, as far as the gateway
//! asks them. Each believes only signed requests of the one execution role, and answers like the real one, refusals
//! included.

mod appconfig;
mod s3;
mod service;
mod ssm;

use std::time::Duration;

pub use appconfig::AppConfigData;
pub use s3::ObjectStore;
pub use service::Service;
pub use ssm::ParameterStore;

use crate::{
    Result,
    stack::REGION,
    sts::{Credentials, Registry},
    verifier::Verifier,
};

const ROLE: &str = "arn:aws:iam::111122223333:role/RolecallExecutionRole";
const LIFETIME: Duration = Duration::from_secs(3600);

/// All three, and the role that may ask them.
#[derive(Debug)]
pub struct ConfigSources {
    /// Parameter Store.
    pub ssm: ParameterStore,
    /// S3.
    pub s3: ObjectStore,
    /// AppConfig Data.
    pub appconfig: AppConfigData,
    /// The credentials of the execution role.
    pub credentials: Credentials,
}

impl ConfigSources {
    /// Starts all three on free ports, empty.
    ///
    /// # Errors
    /// When a port can't be bound.
    pub async fn start() -> Result<Self> {
        let registry = Registry::default();
        let credentials = registry.issue(ROLE, "AROAEXECUTIONROLE", "rolecall", LIFETIME)?;
        let verifier = |service| Verifier::new(registry.clone(), REGION, service);
        Ok(Self {
            ssm: ParameterStore::start(verifier("ssm")).await?,
            s3: ObjectStore::start(verifier("s3")).await?,
            appconfig: AppConfigData::start(verifier("appconfig")).await?,
            credentials,
        })
    }

    /// What the gateway's environment needs to ask them.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let Credentials { identity, secret_access_key, session_token, .. } = &self.credentials;
        vec![
            ("AWS_REGION", REGION.into()),
            ("AWS_ACCESS_KEY_ID", identity.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key.clone()),
            ("AWS_SESSION_TOKEN", session_token.clone()),
            ("AWS_ENDPOINT_URL_SSM", self.ssm.service().url()),
            ("AWS_ENDPOINT_URL_S3", self.s3.service().url()),
            ("AWS_ENDPOINT_URL_APPCONFIGDATA", self.appconfig.service().url()),
        ]
    }
}
