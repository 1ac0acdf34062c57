//! One call, and what policies say to it.

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use rolecall_core::{
    authenticate::Claims,
    authorize::{
        Authorization, CallFacts, Caller, Connection, Denial, Facts, Incoming, InvalidRequest, ListFilter,
        Need, PolicyFailure, Ruling,
    },
    config::Config,
    mcp::{Message, MetaError, inject_meta, loggable},
    rejection::Rejection,
    role::RoleSession,
};

/// A message as a client would send it.
pub struct Asked {
    body: String,
    headers: HeaderMap,
    source_ip: Option<IpAddr>,
}

/// What comes of it.
pub struct Judged {
    /// The method and what it acts on.
    pub target: String,
    pub decided: Decided,
    /// What policies saw, where they were asked.
    pub facts: Option<Facts>,
}

/// Where policies leave a message.
pub enum Decided {
    /// There are no policies: the role alone decides.
    WithoutPolicies,
    /// It is refused before they are asked.
    Invalid(InvalidRequest),
    Passes(Ruling),
    Denied(Denial),
}

impl Asked {
    /// A POST with this body.
    pub fn new(body: String, headers: &[(HeaderName, HeaderValue)], source_ip: Option<IpAddr>) -> Self {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(name, value.clone());
        }
        all.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        Self { body, headers: all, source_ip }
    }

    /// Refused before anybody looks at the token.
    pub fn too_large(&self, config: &Config) -> Option<Rejection> {
        let limit = config.limits.max_request_bytes;
        (self.body.len() > limit).then_some(Rejection::PayloadTooLarge { limit })
    }

    /// Whether the configured `_meta` can be injected.
    pub fn unspliceable(&self, config: &Config, session: &RoleSession) -> Option<MetaError> {
        inject_meta(self.body.as_bytes(), &config.upstream.meta_for(session.aws_region())).err()
    }

    /// Puts it to the policies.
    pub fn judge(
        &self,
        config: &Config,
        (claims, subject): (&Claims, &str),
        session: &RoleSession,
    ) -> Judged {
        let message = Message::peek(self.body.as_bytes());
        let server = config.upstream.url.host_str().unwrap_or_default();
        let connection = Connection::new(server, self.source_ip, &self.headers, &message);
        let caller = Caller { subject, claims, role: session.role_arn() };
        let (decided, facts) = match &config.authorization {
            None => (Decided::WithoutPolicies, None),
            Some(authorization) => self.decide(authorization, &caller, session, connection),
        };
        Judged { target: target(&message), decided, facts }
    }

    fn decide(
        &self,
        authorization: &Arc<Authorization>,
        caller: &Caller<'_>,
        session: &RoleSession,
        connection: Connection<'_>,
    ) -> (Decided, Option<Facts>) {
        let incoming = match Incoming::read(&Method::POST, &self.headers, self.body.as_bytes()) {
            Ok(incoming) => incoming,
            Err(error) => return (Decided::Invalid(error), None),
        };
        let ruled = authorization.rule(caller, session.session_policies(), &incoming, None, connection);
        // A list that cannot be filtered is not asked for.
        let ruled = ruled.and_then(|ruling| match ruling.list() {
            Some(list) => ListFilter::new(authorization, caller, &connection, Some(list)).map(|_| ruling),
            None => Ok(ruling),
        });
        let decided = match ruled {
            Ok(ruling) => Decided::Passes(ruling),
            Err(denial) => Decided::Denied(denial),
        };
        let facts = match &incoming {
            Incoming::Call(call) if Need::of(call.method()) == Need::Permit => {
                authorization.facts(caller, &CallFacts::new(call, None, connection))
            }
            _ => None,
        };
        (decided, facts)
    }
}

fn target(message: &Message<'_>) -> String {
    match message {
        Message::Request(request) => match &request.target {
            Some(target) => format!("{} {}", loggable(&request.method), loggable(target.as_str())),
            None => loggable(&request.method).to_owned(),
        },
        Message::Notification { method } => loggable(method).to_owned(),
        Message::Response => "a response".to_owned(),
        Message::Batch => "a batch".to_owned(),
        Message::Other => "no JSON-RPC message".to_owned(),
    }
}

impl Decided {
    /// As in the audit line; `None` where policies had no say.
    pub fn decision(&self) -> Option<&'static str> {
        match self {
            Self::WithoutPolicies | Self::Invalid(_) => None,
            Self::Passes(ruling) if ruling.policies().is_empty() => None,
            Self::Passes(_) => Some("allow"),
            Self::Denied(_) => Some("deny"),
        }
    }

    /// Ids of the policies that determined the decision.
    pub fn policies(&self) -> &[String] {
        match self {
            Self::WithoutPolicies | Self::Invalid(_) => &[],
            Self::Passes(ruling) => ruling.policies(),
            Self::Denied(denial) => denial.policies(),
        }
    }

    /// Policies that could not be evaluated.
    pub fn failures(&self) -> &[PolicyFailure] {
        match self {
            Self::WithoutPolicies | Self::Invalid(_) => &[],
            Self::Passes(ruling) => ruling.failures(),
            Self::Denied(denial) => &denial.failures,
        }
    }
}
