//! The parts of an audit line that one station's outcome fills.

use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderMap;

use super::{Actor, Aws, Client, EventType, Mcp, Policy, Subject, Target, data::without_secrets};
use crate::{
    authenticate::{Claims, VerifiedClaims},
    authorize::{Denial, Permit},
    config::AwsSts,
    exchange::Credentials,
    mcp::{Message, Target as McpTarget, loggable, protocol_version},
    role::{RoleChoice, elements},
};

/// Groups named in a line; a directory can put hundreds into a token.
const MAX_GROUPS: usize = 50;
/// Hex characters of a session's hash.
const SESSION_HASH_CHARS: usize = 16;

impl Subject {
    /// Who the verified claims speak of; `groups` are the elements of the role claim.
    #[must_use]
    pub fn new(claims: &VerifiedClaims, config: &AwsSts) -> Self {
        let separator = config.role_claim_separator.as_deref();
        let groups = elements(claims, &config.role_claim, separator).unwrap_or_default();
        Self {
            issuer: claims.text("iss").unwrap_or_default().to_owned(),
            sub: claims.subject().to_owned(),
            name: text(claims, "name"),
            email: text(claims, "email"),
            client_id: claims.client_id().map(|client| loggable(client).to_owned()),
            groups: groups.into_iter().take(MAX_GROUPS).map(|group| loggable(group).to_owned()).collect(),
            act: claims.get("act").map(Actor::chain).unwrap_or_default(),
        }
    }
}

fn text(claims: &Claims, name: &str) -> Option<String> {
    claims.text(name).map(|text| loggable(text).to_owned())
}

impl Aws {
    /// The chosen role; credentials come later.
    #[must_use]
    pub fn new(choice: &RoleChoice) -> Self {
        Self {
            role_arn: choice.role_arn().to_string(),
            mapping: choice.mapping().to_string(),
            account: choice.role_arn().account().to_owned(),
            session_name: choice.session_name().to_owned(),
            ..Self::default()
        }
    }

    /// The session that signs the call.
    pub fn set_credentials(&mut self, credentials: &Credentials, cached: bool) {
        // The request itself may have asked STS already, on the way to the list of tools.
        let is_known = self.access_key_id.as_deref() == Some(credentials.access_key_id());
        let cached = cached && !(is_known && self.credentials == Some("exchanged"));
        self.assumed_role_arn = Some(credentials.assumed_role_arn().to_owned());
        self.access_key_id = Some(credentials.access_key_id().to_owned());
        self.sts_request_id = credentials.sts_request_id().map(str::to_owned);
        self.credentials = Some(if cached { "cached" } else { "exchanged" });
    }
}

impl EventType {
    /// The type of a request that reaches the relay.
    #[must_use]
    pub fn of_call(method: &http::Method, message: &Message<'_>) -> Self {
        match (method, message) {
            (&http::Method::GET, _) => Self::McpStream,
            (&http::Method::DELETE, _) => Self::McpSessionEnd,
            (_, Message::Request(request)) => Self::of_method(&request.method),
            (_, Message::Notification { .. }) => Self::McpNotification,
            (_, Message::Response) => Self::McpResponse,
            (_, Message::Batch | Message::Other) => Self::McpUnreadable,
        }
    }
}

impl Target {
    /// What the message asks of the MCP server `server`.
    #[must_use]
    pub fn new(server: &str, message: &Message<'_>) -> Self {
        let method = message.method().map(|method| loggable(method).to_owned());
        let mut target = Self { server: server.to_owned(), method, ..Self::default() };
        let Message::Request(request) = message else { return target };
        let Some(named) = &request.target else { return target };
        let name = loggable(named.as_str());
        match named {
            McpTarget::Tool(_) => target.tool = Some(name.to_owned()),
            McpTarget::Prompt(_) => target.prompt = Some(name.to_owned()),
            McpTarget::Resource(uri) => {
                let uri = without_secrets(name, name.len() < uri.len());
                target.resource = Some(loggable(&uri).to_owned());
            }
        }
        target
    }
}

impl Mcp {
    /// Protocol revision, session and client of a request.
    #[must_use]
    pub fn new(headers: &HeaderMap, message: &Message<'_>) -> Self {
        let client = message.client();
        Self {
            protocol_version: protocol_version(headers, message).map(|text| loggable(text).to_owned()),
            session: headers.get("mcp-session-id").map(|id| session_hash(id.as_bytes())),
            client: client.map(|client| Client {
                name: loggable(&client.name).to_owned(),
                version: client.version.as_deref().map(|version| loggable(version).to_owned()),
            }),
        }
    }
}

impl Policy {
    /// The policies' answer; `None` where they had no say.
    #[must_use]
    pub fn new(decided: Result<&Permit, &Denial>) -> Option<Self> {
        let (decision, policies) = match decided {
            Ok(permit) if permit.policies().is_empty() => return None,
            Ok(permit) => ("allow", permit.policies()),
            Err(denial) => ("deny", denial.policies()),
        };
        Some(Self { decision, policies: policies.to_vec() })
    }
}

fn session_hash(id: &[u8]) -> String {
    let mut hash = hex::encode(digest(&SHA256, id));
    hash.truncate(SESSION_HASH_CHARS);
    hash
}
