//! Calls in Cedar's terms: principal, action, resource, context.
//!
//! Ids are the texts themselves, never cleaned: two URIs that differ in a byte are two resources.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};

use super::{
    Annotations, Caller, Connection, Json, PolicyMistakes, annotations::ANNOTATIONS, aws_facts, values,
};
use crate::mcp::{ClientInfo, Target};

/// The attribute with a call's arguments, and the unknown that stands for them while only the call's target is known.
const ARGUMENTS: &str = "arguments";
/// The same for what the arguments say of AWS.
const AWS: &str = "aws";

/// The names of the entity types, parsed once.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    pub(super) user: EntityTypeName,
    pub(super) group: EntityTypeName,
    pub(super) action: EntityTypeName,
    pub(super) server: EntityTypeName,
    pub(super) tool: EntityTypeName,
    pub(super) prompt: EntityTypeName,
    pub(super) resource: EntityTypeName,
}

/// What is known of a call's arguments.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arguments<'a> {
    /// All; without a member where the call has none.
    Known(Option<&'a Json<'a>>),
    /// Nothing yet, besides whether they will say something of AWS.
    Unknown {
        /// Whether they will.
        with_aws: bool,
    },
}

/// What a question is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    /// The MCP server itself where there is none.
    pub(super) target: Option<&'a Target<'a>>,
    pub(super) arguments: Arguments<'a>,
    /// Of a tool.
    pub(super) annotations: Option<&'a Annotations>,
}

/// The part of a question that is the same for every call of a caller.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    principal: Entity,
    server: EntityUid,
    context: Context,
}

impl Vocabulary {
    /// The names of this version.
    pub(super) fn new() -> Result<Self, PolicyMistakes> {
        let name = |name: &str| name.parse::<EntityTypeName>().map_err(|_| PolicyMistakes::unnameable(name));
        Ok(Self {
            user: name("User")?,
            group: name("Group")?,
            action: name("Action")?,
            server: name("Server")?,
            tool: name("Tool")?,
            prompt: name("Prompt")?,
            resource: name("Resource")?,
        })
    }

    /// Who asks, and around what; `None` where Cedar cannot hold it.
    pub(super) fn asker<'g>(
        &self,
        caller: &Caller<'_>,
        groups: impl Iterator<Item = &'g str>,
        connection: &Connection<'_>,
    ) -> Option<Asker> {
        let groups: HashSet<EntityUid> = groups.map(|group| uid(&self.group, group)).collect();
        let principal = Entity::new_no_attrs(uid(&self.user, caller.subject), groups);
        let server = uid(&self.server, connection.server);
        Some(Asker { principal, server, context: context(caller, connection)? })
    }

    /// A question about one call.
    pub(super) fn question(
        &self,
        asker: &Asker,
        method: &str,
        about: About<'_>,
        actions: &Entities,
    ) -> Option<(Request, Entities)> {
        let resource = self.resource(asker, about)?;
        let request = Request::new(
            asker.principal.uid(),
            uid(&self.action, method),
            resource.uid(),
            asker.context.clone(),
            None,
        )
        .ok()?;
        let entities = actions.clone().add_entities([asker.principal.clone(), resource], None).ok()?;
        Some((request, entities))
    }

    /// A question about calls of any resource there may be.
    pub(super) fn question_about_any_resource(
        &self,
        asker: &Asker,
        method: &str,
        actions: &Entities,
    ) -> Option<(Request, Entities)> {
        let request = Request::builder()
            .principal(asker.principal.uid())
            .action(uid(&self.action, method))
            .unknown_resource_with_type(self.resource.clone())
            .context(asker.context.clone())
            .build();
        let entities = actions.clone().add_entities([asker.principal.clone()], None).ok()?;
        Some((request, entities))
    }

    fn resource(&self, asker: &Asker, about: About<'_>) -> Option<Entity> {
        let About { target, arguments, annotations } = about;
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let in_server = HashSet::from([asker.server.clone()]);
        let (uid, attributes) = match target {
            None => return Some(Entity::new_no_attrs(asker.server.clone(), HashSet::new())),
            Some(Target::Tool(name)) => {
                let mut attributes = HashMap::from([
                    ("tool_name".to_owned(), text(name)),
                    (ARGUMENTS.to_owned(), arguments.record()?),
                ]);
                attributes.extend(arguments.aws().map(|facts| (AWS.to_owned(), facts)));
                let annotations = annotations.and_then(Annotations::value);
                attributes.extend(annotations.map(|value| (ANNOTATIONS.to_owned(), value)));
                (uid(&self.tool, name), attributes)
            }
            Some(Target::Prompt(name)) => {
                let attributes = HashMap::from([
                    ("prompt_name".to_owned(), text(name)),
                    (ARGUMENTS.to_owned(), arguments.record()?),
                ]);
                (uid(&self.prompt, name), attributes)
            }
            Some(Target::Resource(uri)) => {
                (uid(&self.resource, uri), HashMap::from([("uri".to_owned(), text(uri))]))
            }
        };
        Entity::new(uid, attributes, in_server).ok()
    }
}

impl Arguments<'_> {
    fn record(self) -> Option<RestrictedExpression> {
        match self {
            Self::Known(Some(arguments)) => values::from_json(arguments),
            Self::Known(None) => values::record([]),
            Self::Unknown { .. } => Some(RestrictedExpression::new_unknown(ARGUMENTS)),
        }
    }

    fn aws(self) -> Option<RestrictedExpression> {
        match self {
            Self::Known(arguments) => aws_facts::of(arguments),
            Self::Unknown { with_aws } => with_aws.then(|| RestrictedExpression::new_unknown(AWS)),
        }
    }
}

fn uid(name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
}

fn context(caller: &Caller<'_>, connection: &Connection<'_>) -> Option<Context> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let mut members = vec![
        ("claims".to_owned(), values::from_claims(caller.claims.iter())?),
        ("role".to_owned(), text(caller.role.as_str())),
        ("account".to_owned(), text(caller.role.account())),
    ];
    // An IPv4 address mapped into IPv6 is no address to Cedar, and to nobody another one.
    if let Some(address) = connection.source_ip {
        members
            .push(("source_ip".to_owned(), RestrictedExpression::new_ip(address.to_canonical().to_string())));
    }
    if let Some(version) = connection.protocol_version {
        members.push(("protocol_version".to_owned(), text(version)));
    }
    if let Some(ClientInfo { name, version }) = connection.client {
        let version = version.as_deref().map(|version| ("version".to_owned(), text(version)));
        let client = [("name".to_owned(), text(name))].into_iter().chain(version);
        members.push(("client".to_owned(), values::record(client)?));
    }
    Context::from_pairs(members).ok()
}
