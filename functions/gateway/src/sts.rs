//! AssumeRoleWithWebIdentity through the AWS SDK, unsigned, over the gateway's own HTTP client.

use std::{
    fmt,
    time::{Duration, Instant},
};

use aws_sdk_sts::{
    config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        RequestId,
        assume_role_with_web_identity::{AssumeRoleWithWebIdentityError, AssumeRoleWithWebIdentityOutput},
    },
    types::PolicyDescriptorType,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use rolecall_core::{
    config::AwsSts,
    exchange::{Credentials, ExchangeRequest, StsAnswer, StsFailure},
};

const ATTEMPTS: u32 = 3;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

/// What one exchange came to.
pub struct Exchanged {
    /// The credentials, or what the refusal means.
    pub result: Result<Credentials, StsFailure>,
    /// STS's request id.
    pub request_id: Option<String>,
    /// STS's error code.
    pub code: Option<String>,
    /// With all attempts.
    pub took: Duration,
}

/// A client for one region.
pub struct StsClient(aws_sdk_sts::Client);

impl StsClient {
    /// A client of the regional endpoint, or of `endpoint` where one is given.
    #[must_use]
    pub fn new(http: reqwest::Client, config: &AwsSts, endpoint: Option<&str>) -> Self {
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
        Self(aws_sdk_sts::Client::from_conf(settings.build()))
    }

    /// Exchanges a token for credentials of the requested role session.
    pub async fn exchange(&self, request: &ExchangeRequest, token: &str) -> Exchanged {
        let began = Instant::now();
        let first = self.call(request, token).await;
        let answer = match first {
            Err(error) if sts_answer(&error).deserves_second_try() => self.call(request, token).await,
            answer => answer,
        };
        let exchanged = match answer {
            Ok(output) => accepted(output, request),
            Err(error) => refused(&error),
        };
        Exchanged { took: began.elapsed(), ..exchanged }
    }

    async fn call(
        &self,
        request: &ExchangeRequest,
        token: &str,
    ) -> Result<AssumeRoleWithWebIdentityOutput, SdkError<AssumeRoleWithWebIdentityError>> {
        let policy_arns =
            request.policy_arns().iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build());
        self.0
            .assume_role_with_web_identity()
            .role_arn(request.role_arn().as_str())
            .role_session_name(request.session_name())
            .web_identity_token(token)
            .duration_seconds(i32::try_from(request.duration()).unwrap_or(i32::MAX))
            .set_policy_arns((policy_arns.len() > 0).then(|| policy_arns.collect()))
            .set_policy(request.policy().map(str::to_owned))
            .send()
            .await
    }
}

fn accepted(output: AssumeRoleWithWebIdentityOutput, request: &ExchangeRequest) -> Exchanged {
    let request_id = output.request_id().map(str::to_owned);
    let arn = output.assumed_role_user.map(|user| user.arn).unwrap_or_default();
    let result = output
        .credentials
        .and_then(|keys| {
            let expires_at = keys.expiration.try_into().ok()?;
            let keys = aws_sdk_sts::config::Credentials::new(
                keys.access_key_id,
                keys.secret_access_key,
                Some(keys.session_token),
                None,
                "sts",
            );
            let token_end = request.token_expires_at();
            Some(Credentials::new(keys, arn, request_id.clone(), expires_at, token_end))
        })
        .ok_or(StsFailure::Unavailable);
    Exchanged { result, request_id, code: None, took: Duration::ZERO }
}

fn refused(error: &SdkError<AssumeRoleWithWebIdentityError>) -> Exchanged {
    let failure = sts_answer(error).failure();
    let code = error.code().map(str::to_owned);
    tracing::warn!(
        code = code.as_deref().unwrap_or("no answer"),
        message = error.message().unwrap_or_default().chars().take(300).collect::<String>(),
        meaning = ?failure,
        "STS refused the exchange"
    );
    let request_id = error.request_id().map(str::to_owned);
    Exchanged { result: Err(failure), request_id, code, took: Duration::ZERO }
}

/// What STS said, as far as it said anything.
fn sts_answer(error: &SdkError<AssumeRoleWithWebIdentityError>) -> StsAnswer<'_> {
    match error.raw_response() {
        Some(response) => StsAnswer::Error {
            status: response.status().as_u16(),
            code: error.code().unwrap_or_default(),
            message: error.message().unwrap_or_default(),
        },
        None => StsAnswer::None,
    }
}

/// Lets the SDK use the client that everything else uses: one TLS stack in the binary instead of two.
#[derive(Clone)]
struct Connector(reqwest::Client);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { send(client, request).await })
    }
}

async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(<[u8]>::to_vec).unwrap_or_default();
    let answer = client
        .request(parts.method, parts.uri.to_string())
        .headers(parts.headers)
        .body(body)
        .send()
        .await
        .map_err(connector_error)?;
    let mut response = http::Response::new(SdkBody::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = SdkBody::from(bounded_body(answer).await?);
    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}

/// An answer of STS has a few kilobytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

async fn bounded_body(mut answer: reqwest::Response) -> Result<Vec<u8>, ConnectorError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(connector_error)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(ConnectorError::other("the answer of STS is too large".into(), None));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn connector_error(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
