//! A claim as the list of texts that rules compare with: role values, group names.
//!
//! A shape that cannot be read is an error, never an empty list: it must not be mistaken for "no groups".

use std::fmt;

use serde_json::Value;

use super::lookup::{is_session_tag, lookup};
use crate::authenticate::Claims;

/// The JSON type of a claim that holds no elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimShape {
    /// `{…}`.
    Object,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl ClaimShape {
    /// The type with its article, for a message.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
        }
    }
}

impl fmt::Display for ClaimShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The elements of the claim called `claim`, in the token's order; empty texts are none.
///
/// An array gives its strings and ignores whatever else is in it. A string is one element, or several where a separator
/// applies: `separator`, else `:` for a session tag and a space for `scope` and `scp`. A session tag's separator splits
/// the elements of an array too, because STS wants tag values as one-element arrays. A missing claim has no elements.
///
/// # Errors
/// The claim is an object, a number or a boolean.
pub fn elements<'c>(
    claims: &'c Claims,
    claim: &str,
    separator: Option<&str>,
) -> Result<Vec<&'c str>, ClaimShape> {
    let separator = separator.filter(|text| !text.is_empty()).or_else(|| default_separator(claim));
    let texts = match lookup(claims, claim) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => split(text, separator),
        Some(Value::Array(items)) => {
            let separator = separator.filter(|_| is_session_tag(claim));
            items.iter().filter_map(Value::as_str).flat_map(|text| split(text, separator)).collect()
        }
        Some(Value::Object(_)) => return Err(ClaimShape::Object),
        Some(Value::Number(_)) => return Err(ClaimShape::Number),
        Some(Value::Bool(_)) => return Err(ClaimShape::Boolean),
    };
    Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
}

/// What splits a claim of this name, unless configured otherwise.
pub(crate) fn default_separator(claim: &str) -> Option<&'static str> {
    match claim {
        "scope" | "scp" => Some(" "),
        _ if is_session_tag(claim) => Some(":"),
        _ => None,
    }
}

fn split<'c>(text: &'c str, separator: Option<&str>) -> Vec<&'c str> {
    match separator {
        Some(separator) => text.split(separator).collect(),
        None => vec![text],
    }
}
