//! Whether a role's trust policy, and the claims that speak about AWS, let a believed token have the role.
//! (IAM user guide, "Passing session tags in AWS STS" and the `https://aws.amazon.com/roles` claim.)

use serde_json::{Map, Value};

use super::{identity_token::VerifiedToken, refusal::Refusal, role::Role};

const TAGS: &str = "https://aws.amazon.com/tags";
const FLAT_TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const ROLES: &str = "https://aws.amazon.com/roles";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
const MAX_TAGS: usize = 50;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

/// A session tag.
pub type Tag = (String, String);

/// The session tags that the role's session gets, or why there is no session.
pub(super) fn permit(role: &Role, token: &VerifiedToken) -> Result<Vec<Tag>, Refusal> {
    if !listed_in_roles_claim(&role.arn, token.claims.get(ROLES)) {
        return Err(Refusal::invalid_identity_token(
            "The target role ARN is not present in the roles claim of the identity token",
        ));
    }
    let tags = session_tags(&token.claims)?;
    let trusted = role.audiences.contains(&token.audience)
        && role.condition.as_ref().is_none_or(|condition| condition(&token.claims))
        && (tags.is_empty() || role.tag_session)
        && (!token.claims.contains_key(SOURCE_IDENTITY) || role.set_source_identity);
    let denied = || Refusal::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    if trusted { Ok(tags) } else { Err(denied()) }
}

fn listed_in_roles_claim(arn: &str, claim: Option<&Value>) -> bool {
    match claim {
        None => true,
        Some(Value::String(list)) => list.split(';').any(|one| one.trim() == arn),
        Some(Value::Array(list)) => list.iter().any(|one| one == arn),
        Some(_) => false,
    }
}

fn session_tags(claims: &Map<String, Value>) -> Result<Vec<Tag>, Refusal> {
    let malformed =
        || Refusal::invalid_identity_token("The session tags in the identity token are malformed");
    let mut tags = Vec::new();
    if let Some(nested) = claims.get(TAGS) {
        let principal_tags = nested.get("principal_tags").and_then(Value::as_object).ok_or_else(malformed)?;
        for (key, value) in principal_tags {
            match value.as_array().map(Vec::as_slice) {
                Some([Value::String(value)]) => tags.push((key.clone(), value.clone())),
                _ => return Err(malformed()),
            }
        }
    }
    for (name, value) in claims {
        if let Some(key) = name.strip_prefix(FLAT_TAG) {
            tags.push((key.into(), value.as_str().ok_or_else(malformed)?.into()));
        }
    }
    let fits = |(key, value): &Tag| {
        (1..=MAX_TAG_KEY).contains(&key.chars().count()) && value.chars().count() <= MAX_TAG_VALUE
    };
    if tags.len() > MAX_TAGS || !tags.iter().all(fits) {
        return Err(Refusal::validation("The session tags exceed the limits of STS"));
    }
    Ok(tags)
}
