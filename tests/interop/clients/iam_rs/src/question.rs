//! What is asked: one action on one resource, and every policy that has a say.

use iam_rs::{Arn, Context, IAMPolicy, Principal, PrincipalId};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    pub caller: Caller,
    pub action: String,
    /// An ARN, or `*` for actions that know no resources.
    pub resource: String,
    /// The account that the resource belongs to.
    pub account: String,
    pub context: Context,
    pub identity: Vec<IAMPolicy>,
    pub boundary: Option<IAMPolicy>,
    pub session: Option<IAMPolicy>,
    pub resource_policy: Option<IAMPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Caller {
    pub kind: Kind,
    /// What the caller is: a session, a user, an identity provider, a service.
    pub id: String,
    /// The role behind a session.
    pub role: Option<String>,
    /// Empty for a service.
    pub account: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
pub enum Kind {
    #[serde(rename = "AWS")]
    Aws,
    Federated,
    Service,
}

impl Caller {
    /// The names by which a Principal element may mean this caller itself.
    pub fn own_name(&self) -> Principal {
        self.named(&self.id)
    }

    /// The role, where the caller is a session of one.
    pub fn role_name(&self) -> Option<Principal> {
        self.role.as_deref().map(|role| self.named(role))
    }

    /// The whole account, which hands the decision to its own policies.
    pub fn account_name(&self) -> Option<Principal> {
        (self.kind == Kind::Aws).then(|| self.named(&format!("arn:aws:iam::{}:root", self.account)))
    }

    fn named(&self, id: &str) -> Principal {
        let id = PrincipalId::String(id.to_owned());
        match self.kind {
            Kind::Aws => Principal::Aws(id),
            Kind::Federated => Principal::Federated(id),
            Kind::Service => Principal::Service(id),
        }
    }
}

impl Question {
    pub fn service(&self) -> &str {
        self.action.split(':').next().unwrap_or_default()
    }

    /// The resource for iam-rs, which takes ARNs only: `*` becomes one that no pattern but `*` is written for.
    pub fn resource_arn(&self) -> Result<Arn, String> {
        let text = if self.resource == "*" { "arn:aws:none:::none" } else { &self.resource };
        Arn::parse(text).map_err(|error| format!("{text}: {error}"))
    }
}
