//! What policies are asked about: who calls, from where, and what.

use std::net::IpAddr;

use http::HeaderMap;

use super::{Annotations, Call, Json};
use crate::{
    authenticate::Claims,
    mcp::{ClientInfo, Message, Target, protocol_version},
    role::RoleArn,
};

/// The principal and what the context says of it.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// `sub` of the token.
    pub subject: &'a str,
    /// Its claims.
    pub claims: &'a Claims,
    /// The role of its session.
    pub role: &'a RoleArn,
}

/// What the context says of the exchange around a call.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a> {
    /// Host of the MCP server, as in the configuration.
    pub server: &'a str,
    /// The client's address as the front door knows it.
    pub source_ip: Option<IpAddr>,
    /// The MCP revision, as the client states it.
    pub protocol_version: Option<&'a str>,
    /// The client, as it calls itself.
    pub client: Option<&'a ClientInfo<'a>>,
}

impl<'a> Connection<'a> {
    /// What a request to the MCP server `server` tells of the exchange around it.
    #[must_use]
    pub fn new(
        server: &'a str,
        source_ip: Option<IpAddr>,
        headers: &'a HeaderMap,
        message: &'a Message<'a>,
    ) -> Self {
        Self {
            server,
            source_ip,
            protocol_version: protocol_version(headers, message),
            client: message.client(),
        }
    }
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct CallFacts<'a> {
    /// The MCP method.
    pub method: &'a str,
    /// What it acts on; the MCP server itself where the method names nothing.
    pub target: Option<&'a Target<'a>>,
    /// `params.arguments`, an object.
    pub arguments: Option<&'a Json<'a>>,
    /// What the MCP server says of the tool, where policies ask for that.
    pub annotations: Option<&'a Annotations>,
    /// Around it.
    pub connection: Connection<'a>,
}

impl<'a> CallFacts<'a> {
    /// What a message says, and what is around it.
    #[must_use]
    pub fn new(call: &'a Call<'a>, annotations: Option<&'a Annotations>, connection: Connection<'a>) -> Self {
        let (method, target, arguments) = (call.method(), call.target(), call.arguments());
        Self { method, target, arguments, annotations, connection }
    }
}
