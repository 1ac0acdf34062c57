//! What policies see of a call, for people who ask why they decided so.

use cedar_policy::{Entities, EntityUid, Request};
use serde_json::Value;

/// A call in Cedar's terms. Values are in Cedar's JSON form, where `__entity` and `__extn` mark entities, decimals and
/// addresses (Cedar Policy Language Reference, "JSON schema format").
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// `User::"…"`.
    pub principal: String,
    /// The groups it is in, sorted.
    pub groups: Vec<String>,
    /// `Action::"…"`.
    pub action: String,
    /// `Tool::"…"`, `Prompt::"…"`, `Resource::"…"` or `Server::"…"`.
    pub resource: String,
    /// The resource's attributes.
    pub attributes: Value,
    /// `context`.
    pub context: Value,
}

impl Facts {
    pub(super) fn of(request: &Request, entities: &Entities) -> Option<Self> {
        let (principal, resource) = (request.principal()?, request.resource()?);
        let mut groups: Vec<String> = entities.ancestors(principal)?.map(EntityUid::to_string).collect();
        groups.sort_unstable();
        let attributes = match entities.get(resource) {
            Some(entity) => entity.to_json_value().ok()?.get("attrs").cloned()?,
            None => Value::Object(serde_json::Map::new()),
        };
        Some(Self {
            principal: principal.to_string(),
            groups,
            action: request.action()?.to_string(),
            resource: resource.to_string(),
            attributes,
            context: request.context()?.to_json_value().ok()?,
        })
    }
}
