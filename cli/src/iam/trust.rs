//! The trust policy of a role, as `template.yaml` writes them.

use serde_json::{Map, Value, json};

use super::map::{Exchange, MappedRole, People, RoleMap};

/// What backs a mapping whose claim STS cannot see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustBy {
    /// The session tag of this key has the mapping's value.
    SessionTag(String),
    /// The identity provider lists the role in `https://aws.amazon.com/roles`.
    RolesClaim,
}

/// What splits the elements of such a tag.
const SEPARATOR: &str = ":";

/// The policy. `None` where the function's role is to be trusted and nobody said which it is.
pub fn trust_policy(map: &RoleMap, role: &MappedRole, by: &TrustBy) -> Option<Value> {
    let mut statements = match &map.exchange {
        Exchange::WebIdentity => token_statements(map, role, by),
        Exchange::AssumeRole(_) => vec![json!({
            "Sid": "OnlyTheGateway",
            "Effect": "Allow",
            "Principal": principal(map, role)?,
            "Action": assumption(map),
            "Condition": { "StringLike": { "sts:SourceIdentity": "?*" } },
        })],
    };
    statements.push(session_statement(&principal(map, role)?));
    Some(json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Whom the role trusts.
pub fn principal(map: &RoleMap, role: &MappedRole) -> Option<Value> {
    match &map.exchange {
        Exchange::WebIdentity => Some(json!({ "Federated": provider_arn(map, role) })),
        Exchange::AssumeRole(gateway) => gateway.as_ref().map(|arn| json!({ "AWS": arn })),
    }
}

/// The identity provider in the role's account, where STS looks for it.
pub fn provider_arn(map: &RoleMap, role: &MappedRole) -> String {
    let (partition, account) = (role.arn.partition(), role.arn.account());
    format!("arn:{partition}:iam::{account}:oidc-provider/{}", map.issuer_path())
}

/// The action that gives a session.
pub fn assumption(map: &RoleMap) -> &'static str {
    match map.exchange {
        Exchange::WebIdentity => "sts:AssumeRoleWithWebIdentity",
        Exchange::AssumeRole(_) => "sts:AssumeRole",
    }
}

/// What lets a session have tags and a source identity: without it a call that brings them is denied whole.
pub fn session_statement(principal: &Value) -> Value {
    json!({
        "Sid": "TagsAndSourceIdentityOfThatSession",
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["sts:TagSession", "sts:SetSourceIdentity"],
    })
}

fn token_statements(map: &RoleMap, role: &MappedRole, by: &TrustBy) -> Vec<Value> {
    let statement = |sid: &str, condition: Value| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "Federated": provider_arn(map, role) },
            "Action": assumption(map),
            "Condition": condition,
        })
    };
    let conditions = conditions(map, role, by);
    conditions.into_iter().map(|(sid, condition)| statement(sid, condition)).collect()
}

/// Each way to be one of the role's people, with the name of its statement.
pub fn conditions(map: &RoleMap, role: &MappedRole, by: &TrustBy) -> Vec<(&'static str, Value)> {
    let issuer = map.issuer_path();
    let audience = Map::from_iter([(format!("{issuer}:aud"), one_or_many(&map.audiences))]);
    if role.is_for_everybody {
        return vec![("EverybodyWithThisAudience", json!({ "StringEquals": audience }))];
    }
    let named = |claim: &str, names: &[String]| {
        let mut equals = audience.clone();
        equals.insert(format!("{issuer}:{claim}"), Value::from(names));
        json!({ "StringEquals": equals })
    };
    let mut groups = Groups::default();
    role.people.iter().for_each(|people| groups.add(people, by));
    let mut conditions = Vec::new();
    if let Some((key, patterns)) = groups.tags {
        let like = json!({ format!("aws:RequestTag/{key}"): patterns });
        conditions.push(("MembersByTag", json!({ "StringEquals": audience, "StringLike": like })));
    }
    if !groups.subjects.is_empty() {
        conditions.push(("MembersBySubject", named("sub", &groups.subjects)));
    }
    if !groups.emails.is_empty() {
        conditions.push(("MembersByEmail", named("email", &groups.emails)));
    }
    if groups.is_listed {
        let listed = json!({ "sts:RoleAuthorizedByIdp": "true" });
        conditions.push((
            "WhomTheIdentityProviderGivesThisRole",
            json!({ "StringEquals": audience, "Bool": listed }),
        ));
    }
    conditions
}

/// The people of all mappings to one role, by what tells them.
#[derive(Default)]
struct Groups {
    tags: Option<(String, Vec<String>)>,
    subjects: Vec<String>,
    emails: Vec<String>,
    is_listed: bool,
}

impl Groups {
    fn add(&mut self, people: &People, by: &TrustBy) {
        match (people, by) {
            (People::Tag { key, value, separator }, _) => self.add_tag(key, value, separator),
            (People::Hidden(Some(value)), TrustBy::SessionTag(key)) => self.add_tag(key, value, SEPARATOR),
            (People::Subject(value), _) => self.subjects.push(literal(value)),
            (People::Email(value), _) => self.emails.push(literal(value)),
            (People::Listed | People::Hidden(_), _) => self.is_listed = true,
        }
    }

    /// The value alone, first, last or in the middle of a list.
    fn add_tag(&mut self, key: &str, value: &str, separator: &str) {
        let (value, by) = (pattern(value), pattern(separator));
        let (_, patterns) = self.tags.get_or_insert_with(|| (key.to_owned(), Vec::new()));
        patterns.extend([
            value.clone(),
            format!("{value}{by}*"),
            format!("*{by}{value}"),
            format!("*{by}{value}{by}*"),
        ]);
    }
}

/// A text that stands for itself where policy variables are filled in.
fn literal(text: &str) -> String {
    text.replace("${", "${$}{")
}

/// A text that stands for itself where `*` and `?` match others (IAM User Guide, policy variables).
pub fn pattern(text: &str) -> String {
    let escaped = text.chars().map(|letter| match letter {
        '*' | '?' | '$' => format!("${{{letter}}}"),
        other => other.to_string(),
    });
    escaped.collect()
}

/// A text, or a list where there are several.
pub fn one_or_many(values: &[String]) -> Value {
    match values {
        [one] => Value::from(one.as_str()),
        many => Value::from(many),
    }
}
