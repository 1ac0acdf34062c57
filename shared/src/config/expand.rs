//! `${NAME}` and `${NAME:-default}` in one piece of text.
//!
//! Expansion knows nothing of YAML: a value from the environment can't add keys or structure.

use std::collections::BTreeSet;

/// Looks a variable up.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Why a reference can't be expanded. Holds text of the file only, never a variable's value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// `${` without `}`.
    Unterminated,
    /// What stands in the braces is not `NAME` or `NAME:-default`.
    NotAName(String),
    /// The default holds another reference.
    Nested,
    /// The variable is not set and has no default.
    Missing(String),
}

/// Expands every reference in `text`; `None` where there is none. With `policy_variables`, IAM's own
/// (`${aws:PrincipalTag/Team}`, `${*}`) stay as they are.
///
/// # Errors
/// All references that can't be expanded.
pub(super) fn expand(
    text: &str,
    policy_variables: bool,
    environment: Environment<'_>,
) -> Result<Option<String>, Vec<ExpandError>> {
    let mut expanded = String::new();
    let mut errors = Vec::new();
    let mut found = false;
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once("${") {
        expanded.push_str(before);
        let Some((inner, after)) = reference.split_once('}') else {
            errors.push(ExpandError::Unterminated);
            rest = "";
            break;
        };
        rest = after;
        if policy_variables && is_policy_variable(inner) {
            expanded.extend(["${", inner, "}"]);
            continue;
        }
        found = true;
        match resolve(inner, environment) {
            Ok(value) => expanded.push_str(&value),
            Err(error) => errors.push(error),
        }
    }
    expanded.push_str(rest);
    if errors.is_empty() { Ok(found.then_some(expanded)) } else { Err(errors) }
}

/// The variables that a document may refer to: every name behind a `${`, those in comments included.
#[must_use]
pub fn variables_in(document: &str) -> BTreeSet<&str> {
    let names = document.split("${").skip(1).map(|reference| {
        let end = reference.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(reference.len());
        reference.split_at(end).0
    });
    names.filter(|name| is_name(name)).collect()
}

fn resolve(inner: &str, environment: Environment<'_>) -> Result<String, ExpandError> {
    if inner.contains("${") {
        return Err(ExpandError::Nested);
    }
    let (name, default) = split_default(inner);
    if !is_name(name) {
        return Err(ExpandError::NotAName(inner.to_owned()));
    }
    match (environment(name), default) {
        (Some(value), _) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (Some(empty), None) => Ok(empty),
        (None, None) => Err(ExpandError::Missing(name.to_owned())),
    }
}

fn split_default(inner: &str) -> (&str, Option<&str>) {
    inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)))
}

/// POSIX shell names.
fn is_name(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(word) && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// IAM User Guide, "IAM policy elements: Variables and tags": a prefixed condition key, or an escaped `*`, `?`, `$`.
fn is_policy_variable(inner: &str) -> bool {
    let (name, _) = split_default(inner);
    !is_name(name) && (matches!(inner, "*" | "?" | "$") || name.contains(':'))
}

#[cfg(test)]
#[path = "expand_tests.rs"]
mod tests;
