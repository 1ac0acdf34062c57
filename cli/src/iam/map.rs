//! The role map as IAM must know it: for each role whom it is for, how long, and what STS can see of that.

use rolecall_core::{
    config::Config,
    exchange::ExchangeMode,
    role::{Condition, RoleArn},
};

const TAG_CLAIM: &str = "https://aws.amazon.com/tags/principal_tags/";
const ROLES_CLAIM: &str = "https://aws.amazon.com/roles";
/// What splits a session tag where the configuration says nothing else.
const TAG_SEPARATOR: &str = ":";
/// The shortest maximum that a role can have (IAM API reference, CreateRole).
const SHORTEST_MAXIMUM: u32 = 3600;

/// The whole map.
pub struct RoleMap {
    /// Whether STS is asked with the user's token or with the function's own role.
    pub exchange: Exchange,
    /// `oidc.issuer`.
    pub issuer: String,
    /// What STS may see as a token's audience; at least one.
    pub audiences: Vec<String>,
    /// `oidc.audience`.
    pub token_audiences: Vec<String>,
    /// One entry for each role.
    pub roles: Vec<MappedRole>,
}

/// Who asks STS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// `webIdentity`.
    WebIdentity,
    /// `assumeRole`; the ARN of the function's role where it is known.
    AssumeRole(Option<String>),
}

/// One role.
#[derive(Clone, Debug)]
pub struct MappedRole {
    /// Its ARN.
    pub arn: RoleArn,
    /// Seconds of the longest session that is asked for.
    pub longest: u32,
    /// Whether it is the fallback, which everybody may have.
    pub is_for_everybody: bool,
    /// Whom its mappings name.
    pub people: Vec<People>,
}

/// The people of one mapping, as far as STS can tell them from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum People {
    /// A session tag has this among its elements.
    Tag { key: String, value: String, separator: String },
    /// `sub` is this.
    Subject(String),
    /// `email` is this.
    Email(String),
    /// The identity provider lists the role for them.
    Listed,
    /// STS cannot see what the mapping looks at; its value where it is one.
    Hidden(Option<String>),
}

impl RoleMap {
    /// The map of a configuration. `clients`: the client ids that STS sees as audience, where tokens carry `azp`.
    pub fn new(config: &Config, clients: &[String], gateway_role: Option<&str>) -> Self {
        let exchange = match config.aws_sts.exchange {
            ExchangeMode::WebIdentity => Exchange::WebIdentity,
            ExchangeMode::AssumeRole { .. } => Exchange::AssumeRole(gateway_role.map(str::to_owned)),
        };
        let audiences = if clients.is_empty() { &config.oidc.audience } else { clients };
        Self {
            exchange,
            issuer: config.oidc.issuer.clone(),
            audiences: audiences.to_vec(),
            token_audiences: config.oidc.audience.clone(),
            roles: roles(config),
        }
    }

    /// The issuer as IAM writes it: without `https://`, all else as it is.
    pub fn issuer_path(&self) -> &str {
        self.issuer.split_once("://").map_or(&*self.issuer, |(_, path)| path)
    }

    /// Whether it is known whom the roles are to trust.
    pub fn is_complete(&self) -> bool {
        self.exchange != Exchange::AssumeRole(None)
    }

    /// Every account that has a role of the map, once.
    pub fn accounts(&self) -> Vec<&str> {
        let mut accounts: Vec<_> = self.roles.iter().map(|role| role.arn.account()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }
}

impl MappedRole {
    /// `/` or `/path/`.
    pub fn path(&self) -> &str {
        let resource = self.arn.as_str().split_once(":role").map_or("/", |(_, resource)| resource);
        resource.strip_suffix(self.arn.name()).unwrap_or("/")
    }

    /// Seconds that the role must allow.
    pub fn maximum(&self) -> u32 {
        self.longest.max(SHORTEST_MAXIMUM)
    }
}

fn roles(config: &Config) -> Vec<MappedRole> {
    let sts = &config.aws_sts;
    let mut roles: Vec<MappedRole> = Vec::new();
    let mut add = |arn: &RoleArn, longest: u32, people: Option<People>| {
        let is_for_everybody = people.is_none();
        match roles.iter_mut().find(|role| role.arn == *arn) {
            Some(role) => {
                role.longest = role.longest.max(longest);
                role.is_for_everybody |= is_for_everybody;
                role.people.extend(people);
            }
            None => {
                let people = Vec::from_iter(people);
                roles.push(MappedRole { arn: arn.clone(), longest, is_for_everybody, people });
            }
        }
    };
    for mapping in &sts.role_mappings {
        let seconds = mapping.session.duration.unwrap_or(sts.session_duration);
        add(&mapping.role_arn, seconds, Some(people(config, &mapping.condition)));
    }
    if let Some(fallback) = &sts.fallback_role_arn {
        add(fallback, sts.session_duration, None);
    }
    roles
}

fn people(config: &Config, condition: &Condition) -> People {
    let Condition::Claim(value) = condition else { return People::Hidden(None) };
    let claim = &*config.aws_sts.role_claim;
    let value = value.clone();
    match (claim.strip_prefix(TAG_CLAIM), claim) {
        (Some(key), _) => {
            let separator = config.aws_sts.role_claim_separator.as_deref().unwrap_or(TAG_SEPARATOR);
            People::Tag { key: key.to_owned(), value, separator: separator.to_owned() }
        }
        (None, ROLES_CLAIM) => People::Listed,
        (None, "sub") => People::Subject(value),
        (None, "email") => People::Email(value),
        (None, _) => People::Hidden(Some(value)),
    }
}
