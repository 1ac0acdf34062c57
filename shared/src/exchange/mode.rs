//! The two ways to a role session, as the operator configures them and as one request takes them.

use serde_json::Value;

use super::{SessionTags, TagError, token_tags::token_tags};
use crate::{
    authenticate::Claims,
    config::AwsSts,
    role::{default_separator, elements, lookup},
};

/// Between the elements of a claim in one tag: what splits a session tag when it is read as a role claim.
const SEPARATOR: char = ':';

/// `awsSts.exchange`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeMode {
    /// `webIdentity`: STS judges the user's own token.
    WebIdentity,
    /// `assumeRole`: STS believes the function, whose execution role the mapped roles trust.
    AssumeRole {
        /// `awsSts.sessionTags`, for tokens that carry no session tags of their own.
        session_tags: Vec<TagSource>,
    },
}

/// One entry of `awsSts.sessionTags`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSource {
    /// The tag's key.
    pub key: String,
    /// The claim whose elements are its value.
    pub claim: String,
}

/// The call that makes one session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `AssumeRoleWithWebIdentity`. What STS needs to know is in the token.
    AssumeRoleWithWebIdentity,
    /// `AssumeRole`, with these tags.
    AssumeRole(SessionTags),
}

/// The call for a user with these claims.
///
/// # Errors
/// [`TagError`]: a tag that STS would not take. A session without it could be one that policies do not foresee.
pub fn operation_for(claims: &Claims, sts: &AwsSts) -> Result<Operation, TagError> {
    match &sts.exchange {
        ExchangeMode::WebIdentity => Ok(Operation::AssumeRoleWithWebIdentity),
        ExchangeMode::AssumeRole { session_tags } => {
            let own = token_tags(claims)?;
            let tags = if own.is_empty() { configured_tags(claims, session_tags, sts)? } else { own };
            Ok(Operation::AssumeRole(tags))
        }
    }
}

fn configured_tags(claims: &Claims, sources: &[TagSource], sts: &AwsSts) -> Result<SessionTags, TagError> {
    let mut tags = Vec::new();
    for source in sources {
        // The role claim is split in a tag as it is for the role.
        let separator = sts.role_claim_separator.as_deref().filter(|_| source.claim == sts.role_claim);
        if let Some(value) = source.value(claims, separator)? {
            tags.push((source.key.clone(), value));
        }
    }
    SessionTags::new(tags, Vec::new())
}

impl TagSource {
    /// The claim's elements, joined; `None` where it has none.
    fn value(&self, claims: &Claims, separator: Option<&str>) -> Result<Option<String>, TagError> {
        let separator = separator.or_else(|| default_separator(&self.claim));
        let elements = elements(claims, &self.claim, separator).map_err(|shape| TagError::Claim {
            key: self.key.clone(),
            claim: self.claim.clone(),
            shape: shape.as_str(),
        })?;
        if elements.is_empty() {
            return Ok(None);
        }
        // One text is taken as it is. An element among others may hold no colon: in the tag, the group `a:b` would be the
        // groups `a` and `b`.
        let is_one_text = separator.is_none() && lookup(claims, &self.claim).is_some_and(Value::is_string);
        if !is_one_text && elements.iter().any(|element| element.contains(SEPARATOR)) {
            let problem = "has an element with a colon, which separates elements";
            return Err(TagError::Value { key: self.key.clone(), problem });
        }
        Ok(Some(elements.join(&SEPARATOR.to_string())))
    }
}
