//! `authorization`: the policies, loaded and checked with the rest of the file.
//!
//! A section that would let no policy decide is a mistake, never a gateway without policies.

use std::sync::Arc;

use crate::{
    authorize::{Authorization, DenyStatus, PolicyFile},
    config::{field::Field, files::PolicyFiles, keys, section::Section, types::AwsSts},
};

const DEFAULT_GROUPS_CLAIM: &str = "groups";

/// Reads the section below `root`, where there is one; `sts` tells how a claim's text is split. `None` where it has
/// mistakes: that must not look like a file without the section.
pub(super) fn read(
    root: &Section<'_>,
    sts: Option<&AwsSts>,
    files: PolicyFiles<'_>,
) -> Option<Option<Arc<Authorization>>> {
    if !root.is_written("authorization") {
        return Some(None);
    }
    // An empty variable must not lift the policies.
    let field = root.required("authorization", "write its policies, or remove the key")?;
    let section = field.section(&keys::AUTHORIZATION);
    let deny_status = section.get("denyStatus").and_then(|field| deny_status(&field)).unwrap_or_default();
    let groups_claim = section.text_or("groupsClaim", DEFAULT_GROUPS_CLAIM);
    let schema = section.get("schema").map(|field| one(&field, files));
    let policies = policies(&section, files);
    // A schema that is not there is reported; without it the policies would go unchecked.
    let schema = schema.map_or(Some(None), |schema| schema.map(Some))?;
    // One claim is read in one way, whichever rule asks for it.
    let separator =
        sts.filter(|sts| sts.role_claim == groups_claim).and_then(|sts| sts.role_claim_separator.as_deref());
    match Authorization::new(&policies?, schema.as_ref(), &groups_claim, separator, deny_status) {
        Ok(authorization) => Some(Some(Arc::new(authorization))),
        Err(mistakes) => {
            for mistake in mistakes.iter() {
                field.report().add_elsewhere(mistake.into());
            }
            None
        }
    }
}

/// The files of all patterns, each once.
fn policies(section: &Section<'_>, files: PolicyFiles<'_>) -> Option<Vec<PolicyFile>> {
    let remedy = "write the paths of the policies, for example [policies/*.cedar]";
    let field = section.required("policies", remedy)?;
    let patterns = field.elements();
    if field.is_empty_list() {
        field.reject("has no element: every call would be denied", remedy);
        return None;
    }
    let mut found: Vec<PolicyFile> = Vec::new();
    let mut is_whole = !patterns.is_empty();
    for pattern in &patterns {
        match matching(pattern, files) {
            Some(files) => found.extend(files),
            None => is_whole = false,
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.name == b.name);
    is_whole.then_some(found)
}

/// The files of one pattern, at least one.
fn matching(field: &Field<'_>, files: PolicyFiles<'_>) -> Option<Vec<PolicyFile>> {
    match files(field.text()?) {
        Ok(files) if files.is_empty() => {
            field.refuse("matches no file", "correct the path; it begins where this file is");
            None
        }
        Ok(files) => Some(files),
        Err(error) => {
            field.reject(error.problem, error.remedy);
            None
        }
    }
}

/// The file of one path.
fn one(field: &Field<'_>, files: PolicyFiles<'_>) -> Option<PolicyFile> {
    let mut found = matching(field, files)?.into_iter();
    let (first, second) = (found.next(), found.next());
    if second.is_some() {
        field.reject("matches several files", "write the path of one schema");
        return None;
    }
    first
}

fn deny_status(field: &Field<'_>) -> Option<DenyStatus> {
    match field.integer(i64::MIN..=i64::MAX)? {
        403 => Some(DenyStatus::Forbidden),
        200 => Some(DenyStatus::Ok),
        _ => {
            field.refuse(
                "is not a status of denials",
                "write 403, or 200 for clients that end their session at 403",
            );
            None
        }
    }
}
