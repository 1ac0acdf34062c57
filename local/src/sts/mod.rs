//! An STS endpoint for AssumeRoleWithWebIdentity and AssumeRole: believes a token or a signature as AWS would, knows roles
//! and trust conditions.
//! It issues credentials only through [`Registry`], and records every call that reached it.

mod answer;
mod assume;
mod assume_role;
mod call;
mod identity_token;
mod jwt;
mod parameters;
mod refusal;
mod registry;
mod role;
mod session;
mod trust;
mod web_identity;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use call::StsCall;
pub use refusal::Refusal;
pub use registry::{Credentials, Identity, Refused, Registry};
pub use role::{Caller, Condition, KeySource, Provider, Role};
pub use trust::Tag;

use crate::{Result, faults::Faults, server::Server, verifier::Verifier};

/// How to start an [`Sts`].
#[derive(Debug, Clone, Default)]
pub struct StsOptions {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// The region that calls are signed for.
    pub region: String,
    /// The roles that exist.
    pub roles: Vec<Role>,
    /// The OIDC providers that exist.
    pub providers: Vec<Provider>,
    /// The roles that may call AssumeRole.
    pub callers: Vec<Caller>,
}

/// A running STS. It stops when dropped; its registry lives on.
#[derive(Debug)]
pub struct Sts {
    server: Server,
    state: Arc<State>,
    faults: Faults,
}

#[derive(Debug)]
struct State {
    roles: Mutex<Vec<Role>>,
    providers: Mutex<Vec<Provider>>,
    callers: Mutex<Vec<Caller>>,
    registry: Registry,
    verifier: Verifier,
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
        let registry = Registry::default();
        let state = Arc::new(State {
            roles: Mutex::new(options.roles),
            providers: Mutex::new(options.providers),
            callers: Mutex::new(options.callers),
            verifier: Verifier::new(registry.clone(), &options.region, "sts"),
            registry,
            calls: Mutex::default(),
            failures: Mutex::default(),
            lifetime: Mutex::default(),
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

    /// Adds a caller, or replaces the one with that ARN.
    pub fn put_caller(&self, caller: Caller) {
        let mut callers = lock(&self.state.callers);
        callers.retain(|one| one.role_arn != caller.role_arn);
        callers.push(caller);
    }

    /// Every call so far, refused ones included, in order of completion.
    #[must_use]
    pub fn calls(&self) -> Vec<StsCall> {
        lock(&self.state.calls).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
