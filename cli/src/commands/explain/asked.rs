//! One call, and what policies say to it.

use std::{fmt, net::IpAddr, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use rolecall_core::{
    authenticate::Claims,
    authorize::{
        Annotations, Authorization, CallFacts, Caller, Connection, Denial, Facts, Incoming, InvalidRequest,
        ListFilter, Need, PolicyFailure, Ruling, ToolList,
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
    tools: Option<ToolList>,
}

/// What comes of it.
pub struct Judged {
    /// The method and what it acts on.
    pub target: String,
    pub decided: Decided,
    /// What policies saw, where they were asked.
    pub facts: Option<Facts>,
    /// Whether the gateway gets that far; otherwise it is what policies would decide.
    pub is_reached: bool,
}

/// What is known of a tool whose annotations policies ask for.
#[derive(Clone, Copy)]
pub enum Awaited {
    /// Nobody has given the server's list.
    Unknown,
    /// The list has none for it.
    Unsaid,
    /// The list has them.
    Said,
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
    /// A POST with this body, for an MCP server with these tools.
    pub fn new(
        body: String,
        headers: &[(HeaderName, HeaderValue)],
        source_ip: Option<IpAddr>,
        tools: Option<ToolList>,
    ) -> Self {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(name, value.clone());
        }
        all.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        Self { body, headers: all, source_ip, tools }
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

    /// What the gateway needs from the MCP server before policies decide, where they ask for annotations.
    pub fn awaits(&self, config: &Config) -> Option<Awaited> {
        let authorization = config.authorization.as_ref()?;
        let incoming = self.incoming().ok()?;
        let tool = authorization.tool_in_question(&incoming)?;
        Some(match &self.tools {
            None => Awaited::Unknown,
            Some(tools) if tools.annotations(tool).is_none() => Awaited::Unsaid,
            Some(_) => Awaited::Said,
        })
    }

    fn incoming(&self) -> Result<Incoming<'_>, InvalidRequest> {
        Incoming::read(&Method::POST, &self.headers, self.body.as_bytes())
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
        Judged { target: target(&message), decided, facts, is_reached: true }
    }

    fn decide(
        &self,
        authorization: &Arc<Authorization>,
        caller: &Caller<'_>,
        session: &RoleSession,
        connection: Connection<'_>,
    ) -> (Decided, Option<Facts>) {
        let incoming = match self.incoming() {
            Ok(incoming) => incoming,
            Err(error) => return (Decided::Invalid(error), None),
        };
        let annotations = self.annotations(authorization, &incoming);
        let ruled =
            authorization.rule(caller, session.session_policies(), &incoming, annotations, connection);
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
                authorization.facts(caller, &CallFacts::new(call, annotations, connection))
            }
            _ => None,
        };
        (decided, facts)
    }

    fn annotations(&self, authorization: &Authorization, incoming: &Incoming<'_>) -> Option<&Annotations> {
        self.tools.as_ref()?.annotations(authorization.tool_in_question(incoming)?)
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

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "policies ask for the tool's annotations, so the gateway asks STS for a session of the role and the MCP \
             server for its tools before it decides, and refuses the call where it does not get them",
        )?;
        f.write_str(match self {
            Self::Unknown => {
                "; no --tools is given, so the decision shown is that on a tool without annotations"
            }
            Self::Unsaid => "; the list given with --tools has none for this tool",
            Self::Said => "",
        })
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
