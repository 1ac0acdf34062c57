//! What it takes to ask AWS for a configuration: credentials, region, endpoints.

use reqwest::Client;
use rolecall_core::{
    config_source::{Endpoint, Service},
    region::is_region,
};

use super::error::Problem;
use crate::{
    aws_client::{AwsClient, CallFailure},
    environment::{Environment, SourceEndpoints},
};

/// The function's own access to AWS. What is missing is missed only when something has to be asked for.
pub(super) struct Access {
    client: Option<AwsClient>,
    region: Option<String>,
    endpoints: SourceEndpoints,
}

impl Access {
    pub(super) fn new(http: Client, environment: &Environment) -> Self {
        Self {
            client: environment.execution_role.clone().map(|role| AwsClient::new(http, role)),
            region: environment.region.clone(),
            endpoints: environment.source_endpoints.clone(),
        }
    }

    pub(super) fn client(&self) -> Result<&AwsClient, Problem> {
        self.client.as_ref().ok_or(Problem::NoCredentials)
    }

    /// The endpoint of a service; `region` where the thing itself names one.
    pub(super) fn endpoint(&self, service: Service, region: Option<&str>) -> Result<Endpoint, Problem> {
        let region = region.or(self.region.as_deref()).filter(|region| is_region(region));
        let url = match service {
            Service::SystemsManager => &self.endpoints.ssm,
            Service::S3 => &self.endpoints.s3,
            Service::AppConfig => &self.endpoints.appconfigdata,
        };
        Ok(Endpoint { service, region: region.ok_or(Problem::NoRegion)?.to_owned(), url: url.clone() })
    }
}

/// A failed call with its remedy.
pub(super) fn failed(endpoint: &Endpoint, failure: CallFailure) -> Problem {
    let remedy = match &failure {
        CallFailure::Refused(refusal) => refusal.remedy(endpoint.service),
        CallFailure::Unreachable | CallFailure::TimedOut => {
            "check the network: in a VPC the function needs an endpoint for this service or a NAT gateway"
        }
        CallFailure::TooLarge => "store the YAML document itself",
        CallFailure::Unreadable(_) | CallFailure::Unsigned => "check AWS_ENDPOINT_URL_* where one is set",
    };
    Problem::Call { service: endpoint.service, region: endpoint.region.clone(), failure, remedy }
}
