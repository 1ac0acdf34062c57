//! One account's roles with their policies, before any format.

use serde_json::Value;

use super::{
    limits::Limits,
    map::{Exchange, MappedRole, People, RoleMap},
    trust::{TrustBy, trust_policy},
};
use crate::failure::Failure;

/// IAM's default quota for a trust policy, in characters without white space (IAM User Guide, quotas).
const TRUST_QUOTA: usize = 2048;

/// What an account needs.
pub struct Rendered {
    /// The account.
    pub account: String,
    /// `aws`, `aws-cn`…
    pub partition: String,
    /// URL and client ids of the identity provider; none where the function assumes the roles.
    pub provider: Option<(String, Vec<String>)>,
    /// Guardrail and boundary.
    pub limits: Limits,
    /// The roles.
    pub roles: Vec<RenderedRole>,
    /// What the operator must know.
    pub notes: Vec<String>,
}

/// A role without permissions: those are its owner's to add.
pub struct RenderedRole {
    /// What the map says of it.
    pub mapped: MappedRole,
    /// Who may have it.
    pub trust: Value,
}

impl Rendered {
    /// Everything for the roles of one account.
    ///
    /// # Errors
    /// [`Failure::GatewayRole`] where the roles are to trust a function that nobody has named.
    pub fn new(map: &RoleMap, account: &str, by: &TrustBy, limits: Limits) -> Result<Self, Failure> {
        let mut roles = Vec::new();
        for mapped in map.roles.iter().filter(|role| role.arn.account() == account) {
            let trust = trust_policy(map, mapped, by).ok_or(Failure::GatewayRole)?;
            roles.push(RenderedRole { mapped: mapped.clone(), trust });
        }
        let provider = match map.exchange {
            Exchange::WebIdentity => Some((map.issuer.clone(), map.audiences.clone())),
            Exchange::AssumeRole(_) => None,
        };
        let partition = roles.first().map_or("aws", |role| role.mapped.arn.partition()).to_owned();
        let notes = roles.iter().flat_map(|role| notes(map, role, by)).collect();
        Ok(Self { account: account.to_owned(), partition, provider, limits, roles, notes })
    }
}

fn notes(map: &RoleMap, role: &RenderedRole, by: &TrustBy) -> Vec<String> {
    let name = role.mapped.arn.name();
    let mut notes = Vec::new();
    let size = role.trust.to_string().split_whitespace().map(str::len).sum::<usize>();
    if size > TRUST_QUOTA {
        notes.push(format!(
            "{name}: the trust policy has {size} characters and IAM takes {TRUST_QUOTA}; map a session tag instead of people, or have the quota raised"
        ));
    }
    if map.exchange == Exchange::WebIdentity && !role.mapped.is_for_everybody {
        notes.extend(role.mapped.people.iter().filter_map(|people| hidden(name, people, by)));
    }
    notes
}

fn hidden(role: &str, people: &People, by: &TrustBy) -> Option<String> {
    match (people, by) {
        (People::Hidden(Some(value)), TrustBy::SessionTag(key)) => Some(format!(
            "{role}: STS cannot see the claim behind {value:?}; the trust policy asks for the session tag {key} with that value, which the identity provider must put into the token"
        )),
        (People::Hidden(_), _) => Some(format!(
            "{role}: STS cannot see what the mapping looks at; the trust policy asks that the identity provider lists the role in https://aws.amazon.com/roles"
        )),
        _ => None,
    }
}

/// What a role's description says in every format.
pub fn description(role: &MappedRole) -> &'static str {
    if role.is_for_everybody {
        "Fallback of the role map. Everybody whose token has the right audience may assume it."
    } else {
        "A role of the role map. Its permissions are yours to add."
    }
}

/// What guardrail and boundary are called where a name must be given.
pub const GUARDRAIL: &str = "McpGuardrail";
/// See [`GUARDRAIL`].
pub const BOUNDARY: &str = "McpBoundary";
/// The path of both.
pub const PATH: &str = "/rolecall/";
/// What the guardrail's description says.
pub const GUARDRAIL_IS: &str = "Denies every call that does not come through the AWS MCP Server.";
/// What the boundary's description says.
pub const BOUNDARY_IS: &str = "Upper limit of the roles that Rolecall hands out.";

/// The ARN of the policy of this name.
pub fn policy_arn(partition: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:policy{PATH}{name}")
}
