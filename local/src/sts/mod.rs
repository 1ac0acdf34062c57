//! An STS endpoint for AssumeRoleWithWebIdentity: believes a token as AWS would, knows roles and trust conditions.
//! It issues credentials only through [`Registry`], and records every call that reached it.

mod answer;
mod identity_token;
mod jwt;
mod parameters;
mod refusal;
mod registry;
mod role;
mod trust;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};

pub use refusal::Refusal;
pub use registry::{Credentials, Identity, Refused, Registry};
pub use role::{Condition, KeySource, Provider, Role};
pub use trust::Tag;

use crate::{
    Result,
    faults::Faults,
    server::{Body, Server},
};
use answer::Success;
use parameters::Parameters;

/// How to start an [`Sts`].
#[derive(Debug, Clone, Default)]
pub struct StsOptions {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// The roles that exist.
    pub roles: Vec<Role>,
    /// The OIDC providers that exist.
    pub providers: Vec<Provider>,
}

/// A call to STS, as it arrived and as it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsCall {
    /// The `Action` parameter.
    pub action: String,
    /// The `RoleArn` parameter.
    pub role_arn: String,
    /// The `RoleSessionName` parameter.
    pub session_name: String,
    /// The `DurationSeconds` parameter, where sent.
    pub duration: Option<String>,
    /// The `Policy` parameter, where sent.
    pub policy: Option<String>,
    /// The `PolicyArns` members.
    pub policy_arns: Vec<String>,
    /// The token's `sub`, once it was believed.
    pub subject: Option<String>,
    /// The session tags taken from the token.
    pub tags: Vec<Tag>,
    /// Whether the request carried an `Authorization` header.
    pub signed: bool,
    /// The access key id issued, or the error code answered.
    pub outcome: std::result::Result<String, String>,
    /// The request id answered.
    pub request_id: String,
}

/// A running STS. It stops when dropped; its registry lives on.
#[derive(Debug)]
pub struct Sts {
    server: Server,
    state: Arc<State>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct State {
    roles: Mutex<Vec<Role>>,
    providers: Mutex<Vec<Provider>>,
    registry: Registry,
    calls: Mutex<Vec<StsCall>>,
    failures: Mutex<VecDeque<Refusal>>,
    lifetime: Mutex<Option<Duration>>,
}

impl Sts {
    /// Starts serving.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: StsOptions) -> Result<Self> {
        let state = Arc::new(State {
            roles: Mutex::new(options.roles),
            providers: Mutex::new(options.providers),
            ..State::default()
        });
        let faults = Faults::default();
        let handler_state = Arc::clone(&state);
        let server = Server::start(options.port, faults.clone(), move |request| {
            let state = Arc::clone(&handler_state);
            async move { state.answer(request).await }
        })
        .await?;
        Ok(Self { server, state, faults })
    }

    /// The endpoint, as for `AWS_ENDPOINT_URL_STS`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.origin()
    }

    /// The fault switches.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The credentials issued so far.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.state.registry
    }

    /// Makes services reject an access key from now on.
    pub fn revoke(&self, access_key_id: &str) {
        self.state.registry.revoke(access_key_id);
    }

    /// Answers the next `count` calls with an error, whatever they ask.
    pub fn fail_next(&self, count: usize, refusal: &Refusal) {
        lock(&self.state.failures).extend(std::iter::repeat_n(refusal.clone(), count));
    }

    /// Lets credentials last this long whatever was asked for; `None` goes back to what was asked for.
    pub fn set_credentials_lifetime(&self, lifetime: Option<Duration>) {
        *lock(&self.state.lifetime) = lifetime;
    }

    /// Adds a role, or replaces the one with that ARN.
    pub fn put_role(&self, role: Role) {
        let mut roles = lock(&self.state.roles);
        roles.retain(|one| one.arn != role.arn);
        roles.push(role);
    }

    /// Registers a provider, or replaces the one of that issuer.
    pub fn put_provider(&self, provider: Provider) {
        let mut providers = lock(&self.state.providers);
        providers.retain(|one| one.issuer != provider.issuer);
        providers.push(provider);
    }

    /// Every call so far, refused ones included, in order of completion.
    #[must_use]
    pub fn calls(&self) -> Vec<StsCall> {
        lock(&self.state.calls).clone()
    }
}

impl State {
    async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(request.body()).into_owned().collect();
        let get = |name: &str| form.get(name).cloned();
        let mut call = StsCall {
            action: get("Action").unwrap_or_default(),
            role_arn: get("RoleArn").unwrap_or_default(),
            session_name: get("RoleSessionName").unwrap_or_default(),
            duration: get("DurationSeconds"),
            policy: get("Policy"),
            policy_arns: Vec::new(),
            subject: None,
            tags: Vec::new(),
            signed: request.headers().contains_key(header::AUTHORIZATION),
            outcome: Err(String::new()),
            request_id: request_id(),
        };
        let outcome = self.assume(request.method(), &form, &mut call).await;
        let (outcome, response) = match outcome {
            Ok((access_key_id, response)) => (Ok(access_key_id), response),
            Err(refusal) => (Err(refusal.code.clone()), answer::error(&refusal, &call.request_id)),
        };
        call.outcome = outcome;
        lock(&self.calls).push(call);
        response
    }

    async fn assume(
        &self,
        method: &Method,
        form: &HashMap<String, String>,
        call: &mut StsCall,
    ) -> std::result::Result<(String, Response<Body>), Refusal> {
        if let Some(refusal) = lock(&self.failures).pop_front() {
            return Err(refusal);
        }
        check_operation(method, form, call)?;
        let parameters = Parameters::read(form)?;
        call.policy_arns.clone_from(&parameters.policy_arns);
        let role = lock(&self.roles).iter().find(|role| role.arn == parameters.role_arn).cloned();
        let role = role.ok_or_else(Refusal::access_denied)?;
        let providers = lock(&self.providers).clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let token = identity_token::verify(&parameters.token, role.account(), &providers, now).await?;
        call.subject = Some(token.subject.clone());
        call.tags = trust::permit(&role, &token)?;
        parameters.check_duration(&role)?;
        let packed_size = parameters.packed_size(&call.tags)?;
        let lifetime = (*lock(&self.lifetime)).unwrap_or(Duration::from_secs(parameters.duration.into()));
        let credentials = self
            .registry
            .issue(&role.arn, &role.id(), &parameters.session_name, lifetime)
            .map_err(|_| Refusal::internal())?;
        let (account, name) = (role.account(), role.name());
        let host = token.issuer.split_once("://").map_or("", |(_, host)| host);
        let success = Success {
            credentials: &credentials,
            assumed_role_arn: format!(
                "arn:aws:sts::{account}:assumed-role/{name}/{}",
                parameters.session_name
            ),
            subject: &token.subject,
            audience: &token.audience,
            provider: format!("arn:aws:iam::{account}:oidc-provider/{host}"),
            packed_size: (packed_size > 0).then_some(packed_size),
        };
        let response = answer::success(&success, &call.request_id);
        Ok((credentials.identity.access_key_id, response))
    }
}

fn check_operation(
    method: &Method,
    form: &HashMap<String, String>,
    call: &StsCall,
) -> std::result::Result<(), Refusal> {
    if call.signed {
        // The operation is unsigned; a signature can only be one that STS can't verify here.
        let message = "The security token included in the request is invalid";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "InvalidClientTokenId", message));
    }
    let version = form.get("Version").map_or("", String::as_str);
    if method != Method::POST || version != "2011-06-15" || call.action != "AssumeRoleWithWebIdentity" {
        let message = format!("Could not find operation {} for version {version}", call.action);
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidAction", &message));
    }
    Ok(())
}

fn request_id() -> String {
    let bytes = registry::random::<16>().unwrap_or_default();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let group = |range| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", group(0..8), group(8..12), group(12..16), group(16..20), group(20..32))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
