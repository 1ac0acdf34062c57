//! STS through the AWS SDK, over the gateway's own HTTP client: AssumeRoleWithWebIdentity, which is never signed, or
//! AssumeRole, signed with the function's execution role.

mod answer;
mod connector;

use std::time::{Duration, Instant};

use aws_credential_types::{Credentials as ExecutionRole, provider::SharedCredentialsProvider};
use aws_sdk_sts::{
    config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig},
    error::SdkError,
    operation::{
        assume_role::{AssumeRoleError, AssumeRoleOutput},
        assume_role_with_web_identity::{AssumeRoleWithWebIdentityError, AssumeRoleWithWebIdentityOutput},
    },
    types::{PolicyDescriptorType, Tag},
};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use rolecall_core::{
    config::AwsSts,
    exchange::{ExchangeMode, ExchangeRequest, Operation, SessionTags},
};

pub use answer::Exchanged;

use answer::Answer;
use connector::Connector;

const ATTEMPTS: u32 = 3;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

/// A client for one region.
pub struct StsClient(aws_sdk_sts::Client);

/// AssumeRole is configured and there is nothing to sign it with.
#[derive(Debug, thiserror::Error)]
#[error(
    "awsSts.exchange is assumeRole, which is signed with the function's execution role, but AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set; Lambda sets both and AWS_SESSION_TOKEN, elsewhere set them, or write exchange: webIdentity"
)]
pub struct NoExecutionRole;

impl StsClient {
    /// A client of the regional endpoint, or of `endpoint` where one is given. Only AssumeRole gets `execution_role`.
    ///
    /// # Errors
    /// [`NoExecutionRole`].
    pub fn new(
        http: reqwest::Client,
        config: &AwsSts,
        endpoint: Option<&str>,
        execution_role: Option<&ExecutionRole>,
    ) -> Result<Self, NoExecutionRole> {
        let connector = SharedHttpConnector::new(Connector(http));
        let mut settings = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region.clone()))
            .retry_config(
                RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(INITIAL_BACKOFF),
            )
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
            .http_client(http_client_fn(move |_, _| connector.clone()));
        settings.set_endpoint_url(endpoint.map(str::to_owned));
        if matches!(config.exchange, ExchangeMode::AssumeRole { .. }) {
            let credentials = execution_role.ok_or(NoExecutionRole)?.clone();
            settings.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        }
        Ok(Self(aws_sdk_sts::Client::from_conf(settings.build())))
    }

    /// Obtains credentials of the requested role session for the user with this token.
    pub async fn exchange(&self, request: &ExchangeRequest, token: &str) -> Exchanged {
        let began = Instant::now();
        let first = self.call(request, token).await;
        let answer = if first.deserves_second_try() { self.call(request, token).await } else { first };
        answer.exchanged(request, token, began.elapsed())
    }

    /// Boxed: the SDK's futures are large and nested deeper than the compiler follows through the whole path.
    async fn call(&self, request: &ExchangeRequest, token: &str) -> Answer {
        match request.operation() {
            Operation::AssumeRoleWithWebIdentity => {
                Box::pin(self.assume_role_with_web_identity(request, token)).await.into()
            }
            Operation::AssumeRole(tags) => Box::pin(self.assume_role(request, tags)).await.into(),
        }
    }

    async fn assume_role_with_web_identity(
        &self,
        request: &ExchangeRequest,
        token: &str,
    ) -> Result<AssumeRoleWithWebIdentityOutput, SdkError<AssumeRoleWithWebIdentityError>> {
        self.0
            .assume_role_with_web_identity()
            .role_arn(request.role_arn().as_str())
            .role_session_name(request.session_name())
            .web_identity_token(token)
            .duration_seconds(duration_seconds(request))
            .set_policy_arns(policy_arns(request))
            .set_policy(request.policy().map(str::to_owned))
            .send()
            .await
    }

    async fn assume_role(
        &self,
        request: &ExchangeRequest,
        tags: &SessionTags,
    ) -> Result<AssumeRoleOutput, SdkError<AssumeRoleError>> {
        let sdk_tags: Vec<Tag> = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect::<Result<_, _>>()
            .map_err(SdkError::construction_failure)?;
        self.0
            .assume_role()
            .role_arn(request.role_arn().as_str())
            .role_session_name(request.session_name())
            .source_identity(request.source_identity())
            .duration_seconds(duration_seconds(request))
            .set_policy_arns(policy_arns(request))
            .set_policy(request.policy().map(str::to_owned))
            .set_tags(some(sdk_tags.into_iter()))
            .set_transitive_tag_keys(some(tags.transitive().map(str::to_owned)))
            .send()
            .await
    }
}

fn duration_seconds(request: &ExchangeRequest) -> i32 {
    i32::try_from(request.duration()).unwrap_or(i32::MAX)
}

fn policy_arns(request: &ExchangeRequest) -> Option<Vec<PolicyDescriptorType>> {
    some(request.policy_arns().iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()))
}

/// An empty list is not sent: an empty `Tags` would still ask for `sts:TagSession`.
fn some<T>(items: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let items: Vec<T> = items.collect();
    (!items.is_empty()).then_some(items)
}
