//! What only AssumeRole takes as parameters: source identity and session tags, held to the constraints of the STS API
//! reference (AssumeRole, Tag).

use std::collections::HashSet;

use http::StatusCode;

use super::{assume::Form, parameters::sized, refusal::Refusal, trust::Tag};

const MAX_TAGS: usize = 50;
const TAG_PATTERN: &str = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*";
const NAME_PATTERN: &str = r"[\w+=,.@-]*";

/// A session's tags and source identity.
pub(super) struct SessionParameters {
    pub(super) source_identity: Option<String>,
    pub(super) tags: Vec<Tag>,
    pub(super) transitive_tag_keys: Vec<String>,
}

impl SessionParameters {
    /// Reads a form body.
    pub(super) fn read(form: &Form) -> Result<Self, Refusal> {
        let tags = tags(form)?;
        let transitive_tag_keys = members(form, "TransitiveTagKeys.member.", "");
        let known: HashSet<String> = tags.iter().map(|(key, _)| key.to_lowercase()).collect();
        if known.len() < tags.len() {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(invalid_parameter(message));
        }
        if !transitive_tag_keys.iter().all(|key| known.contains(&key.to_lowercase())) {
            let message = "The specified transitive tag key must be included in the requested tags.";
            return Err(invalid_parameter(message));
        }
        Ok(Self { source_identity: source_identity(form)?, tags, transitive_tag_keys })
    }

    /// What caller and trust policy must allow.
    pub(super) fn actions(&self) -> Vec<&'static str> {
        let mut actions = vec!["sts:AssumeRole"];
        if !self.tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if self.source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        actions
    }
}

fn source_identity(form: &Form) -> Result<Option<String>, Refusal> {
    if !form.contains_key("SourceIdentity") {
        return Ok(None);
    }
    let value = sized(form, "SourceIdentity", "sourceIdentity", 2, 64)?;
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)) {
        return Ok(Some(value));
    }
    let pattern = format!("Member must satisfy regular expression pattern: {NAME_PATTERN}");
    Err(Refusal::constraint(&value, "sourceIdentity", &pattern))
}

fn tags(form: &Form) -> Result<Vec<Tag>, Refusal> {
    let keys = members(form, "Tags.member.", ".Key");
    if keys.len() > MAX_TAGS {
        let constraint = "Member must have length less than or equal to 50";
        return Err(Refusal::constraint(&keys.len().to_string(), "tags", constraint));
    }
    let tag = |(index, key): (usize, String)| {
        let number = index + 1;
        let value = sized(form, &format!("Tags.member.{number}.Value"), &member(number, "value"), 0, 256)?;
        sized(form, &format!("Tags.member.{number}.Key"), &member(number, "key"), 1, 128)?;
        check_text(&key, &member(number, "key"))?;
        check_text(&value, &member(number, "value"))?;
        if key.to_lowercase().starts_with("aws:") {
            return Err(Refusal::validation("System tags cannot be added by requester"));
        }
        Ok((key, value))
    };
    keys.into_iter().enumerate().map(tag).collect()
}

fn member(number: usize, part: &str) -> String {
    format!("tags.{number}.member.{part}")
}

fn check_text(text: &str, member: &str) -> Result<(), Refusal> {
    if text.chars().all(is_tag_character) {
        return Ok(());
    }
    let pattern = format!("Member must satisfy regular expression pattern: {TAG_PATTERN}");
    Err(Refusal::constraint(text, member, &pattern))
}

/// [`TAG_PATTERN`] by the standard library's tables, which count some marks as letters, too.
fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

/// The values of a list, which the query protocol numbers from 1.
fn members(form: &Form, before: &str, after: &str) -> Vec<String> {
    (1..).map_while(|number| form.get(&format!("{before}{number}{after}"))).cloned().collect()
}

fn invalid_parameter(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", message)
}
