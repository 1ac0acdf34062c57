//! `authorization`: the policies, loaded and checked with the rest of the file.
//!
//! A section that would let no policy decide is a mistake, never a gateway without policies.

use std::sync::Arc;

use crate::{
    authorize::{Authorization, DenyStatus, PolicyFile, PolicyMistake},
    config::{field::Field, files::PolicyFiles, finding::Finding, keys, section::Section, types::AwsSts},
};

const DEFAULT_GROUPS_CLAIM: &str = "groups";

/// Reads the section below `root`; `None` where there is none. `sts` tells how a claim's text is split.
pub(super) fn read(
    root: &Section<'_>,
    sts: Option<&AwsSts>,
    files: PolicyFiles<'_>,
) -> Option<Arc<Authorization>> {
    let field = root.get("authorization")?;
    let section = field.section(&keys::AUTHORIZATION);
    let deny_status = section.get("denyStatus").and_then(|field| deny_status(&field)).unwrap_or_default();
    let groups_claim = section.text_or("groupsClaim", DEFAULT_GROUPS_CLAIM);
    let schema = section.get("schema").map(|field| matching(&field, files));
    let policies = policies(&section, files);
    if schema.as_ref().is_some_and(Option::is_none) {
        return None;
    }
    let schema = schema.flatten().unwrap_or_default();
    if let ([_, _, ..], Some(field)) = (schema.as_slice(), section.get("schema")) {
        field.reject("matches several files", "write the path of one schema");
    }
    // One claim is read in one way, whichever rule asks for it.
    let separator =
        sts.filter(|sts| sts.role_claim == groups_claim).and_then(|sts| sts.role_claim_separator.as_deref());
    match Authorization::new(&policies?, schema.first(), &groups_claim, separator, deny_status) {
        Ok(authorization) => Some(Arc::new(authorization)),
        Err(mistakes) => {
            for mistake in mistakes.iter() {
                field.report().add_elsewhere(finding(mistake));
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

fn finding(mistake: &PolicyMistake) -> Finding {
    let PolicyMistake { file, line, problem, remedy } = mistake.clone();
    Finding { file, line: line as u64, column: 1, key: String::new(), problem, remedy }
}
