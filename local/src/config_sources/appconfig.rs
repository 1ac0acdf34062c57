//! AppConfig Data: sessions whose tokens are good for one poll each, and not before their time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::service::{Service, lock};
use crate::{
    Result,
    server::{Body, json as json_response, text},
    verifier::{Rejection, Verifier},
};

/// A running AppConfig Data.
#[derive(Debug)]
pub struct AppConfigData {
    service: Service,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Application, environment and profile → the versions deployed there.
    deployed: HashMap<[String; 3], Vec<String>>,
    /// Unused tokens.
    sessions: HashMap<String, Session>,
    tokens: u32,
    interval: Duration,
}

#[derive(Debug)]
struct Session {
    profile: [String; 3],
    /// The version that this session has.
    version: usize,
    not_before: Instant,
}

impl AppConfigData {
    pub(super) async fn start(verifier: Verifier) -> Result<Self> {
        let state = Arc::new(Mutex::new(State { interval: Duration::from_secs(1), ..State::default() }));
        let shared = Arc::clone(&state);
        let answer = move |request: &Request<Bytes>| lock(&shared).answer(request);
        Ok(Self { service: Service::start(verifier, Rejection::response, answer).await?, state })
    }

    /// The server.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Deploys a version.
    pub fn deploy(&self, profile: [&str; 3], configuration: impl Into<String>) {
        let versions = &mut lock(&self.state).deployed;
        versions.entry(profile.map(str::to_owned)).or_default().push(configuration.into());
    }

    /// How long sessions must wait between polls, in whole seconds.
    pub fn set_poll_interval(&self, interval: Duration) {
        lock(&self.state).interval = interval;
    }

    /// Ends every session, as 24 hours do.
    pub fn end_sessions(&self) {
        lock(&self.state).sessions.clear();
    }

    /// What AppConfig answers where a permission is lacking.
    #[must_use]
    pub fn access_denied() -> Rejection {
        refusal(StatusCode::FORBIDDEN, "AccessDeniedException")
    }
}

impl State {
    fn answer(&mut self, request: &Request<Bytes>) -> std::result::Result<Response<Body>, Rejection> {
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/configurationsessions") => self.start_session(request.body()),
            (&Method::GET, "/configuration") => {
                let query = request.uri().query().unwrap_or_default();
                let token = url::form_urlencoded::parse(query.as_bytes())
                    .find_map(|(name, value)| (name == "configuration_token").then(|| value.into_owned()));
                self.latest_configuration(&token.unwrap_or_default())
            }
            _ => Err(refusal(StatusCode::NOT_FOUND, "UnknownOperationException")),
        }
    }

    fn start_session(&mut self, body: &[u8]) -> std::result::Result<Response<Body>, Rejection> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let names = ["ApplicationIdentifier", "EnvironmentIdentifier", "ConfigurationProfileIdentifier"];
        let profile = names.map(|name| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned());
        if !self.deployed.contains_key(&profile) {
            return Err(refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException"));
        }
        let token = self.keep(Session { profile, version: 0, not_before: Instant::now() });
        Ok(json_response(StatusCode::CREATED, &json!({"InitialConfigurationToken": token})))
    }

    fn latest_configuration(&mut self, token: &str) -> std::result::Result<Response<Body>, Rejection> {
        let bad_token = || refusal(StatusCode::BAD_REQUEST, "BadRequestException");
        let session = self.sessions.remove(token).ok_or_else(bad_token)?;
        if Instant::now() < session.not_before {
            return Err(bad_token());
        }
        let versions = self.deployed.get(&session.profile).ok_or_else(bad_token)?;
        let version = versions.len();
        let latest = versions.last().filter(|_| version != session.version).cloned().unwrap_or_default();
        let label = format!("v{version}");
        let token = self.keep(Session { version, not_before: Instant::now() + self.interval, ..session });
        let mut response = text(StatusCode::OK, "application/octet-stream", latest);
        let headers = [
            ("next-poll-configuration-token", token),
            ("next-poll-interval-in-seconds", self.interval.as_secs().to_string()),
            ("version-label", label),
        ];
        for (name, value) in headers {
            response.headers_mut().insert(name, HeaderValue::from_str(&value).map_err(|_| bad_token())?);
        }
        Ok(response)
    }

    /// A token as odd as real ones are: base64 with all its characters.
    fn keep(&mut self, session: Session) -> String {
        self.tokens += 1;
        let token = format!("AYADeB+/{}==", self.tokens);
        self.sessions.insert(token.clone(), session);
        token
    }
}

fn refusal(status: StatusCode, error_type: &str) -> Rejection {
    Rejection { status, error_type: error_type.into(), message: String::new() }
}
