//! The `RoleSessionName` of a user: readable in CloudTrail, stable, and never shared by two values.
//!
//! A name with the shape of [`hashed`] is only ever made by [`hashed`], so a value that is used as it stands cannot
//! collide with one that was hashed.

use aws_lc_rs::digest;
use serde_json::Value;

use super::lookup::lookup;
use crate::authenticate::Claims;

/// Longest `RoleSessionName` (STS API reference).
const MAX_LENGTH: usize = 64;
/// 80 bits of SHA-256 in hexadecimal: nobody finds a second value for a name.
const HASH_LENGTH: usize = 20;
/// What is left for the readable part and its hyphen.
const SLUG_LENGTH: usize = MAX_LENGTH - HASH_LENGTH - 1;

/// The session name for the text in the claim called `claim`, else for `subject`.
///
/// A value of 2 to 64 characters of `[A-Za-z0-9_+=,.@-]` is its own name. Any other becomes a slug, a hyphen and 20
/// hexadecimal digits of its SHA-256, and so does a value that itself ends in a hyphen and 20 such digits. An empty
/// text counts as missing: otherwise all users without an address would share one session.
#[must_use]
pub fn session_name(claims: &Claims, claim: &str, subject: &str) -> String {
    name_for(session_name_value(claims, claim).unwrap_or(subject))
}

/// The text in the claim called `claim` that names a session, where there is one.
#[must_use]
pub fn session_name_value<'c>(claims: &'c Claims, claim: &str) -> Option<&'c str> {
    lookup(claims, claim).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Why a value is no session name as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// STS API reference, `RoleSessionName`.
    #[error("it has less than 2 or more than {MAX_LENGTH} characters")]
    Length,
    /// Likewise.
    #[error("it has characters other than A-Z a-z 0-9 _ + = , . @ -")]
    Characters,
    /// It could be the name that another value leads to.
    #[error("it ends like a name that was made from another value")]
    LooksHashed,
}

/// Whether sessions are named `value` as it stands.
///
/// # Errors
/// [`NotAName`].
pub fn check_session_name(value: &str) -> Result<(), NotAName> {
    if !value.chars().all(is_allowed) {
        Err(NotAName::Characters)
    } else if !(2..=MAX_LENGTH).contains(&value.len()) {
        Err(NotAName::Length)
    } else if looks_hashed(value) {
        Err(NotAName::LooksHashed)
    } else {
        Ok(())
    }
}

fn name_for(value: &str) -> String {
    if check_session_name(value).is_ok() { value.to_owned() } else { hashed(value) }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn looks_hashed(value: &str) -> bool {
    value.rsplit_once('-').is_some_and(|(_, suffix)| {
        suffix.len() == HASH_LENGTH && suffix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn hashed(value: &str) -> String {
    let digest = hex::encode(digest::digest(&digest::SHA256, value.as_bytes()));
    let hash = digest.get(..HASH_LENGTH).unwrap_or(&digest);
    format!("{}-{hash}", slug(value))
}

fn slug(value: &str) -> String {
    let replaced: String =
        value.chars().take(SLUG_LENGTH).map(|c| if is_allowed(c) { c } else { '-' }).collect();
    let trimmed = replaced.trim_matches('-');
    if trimmed.is_empty() { "user".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn claims(payload: Value) -> Claims {
        let Value::Object(payload) = payload else { panic!("not an object") };
        Claims::new(payload)
    }

    #[test]
    fn a_valid_value_is_its_own_name() {
        let longest = "a".repeat(64);
        for value in ["al", "alice@example.com", "a_b+c=d,e.f@g-h", "--", longest.as_str()] {
            assert_eq!(name_for(value), value);
        }
    }

    #[test]
    fn other_values_get_a_slug_and_a_hash() {
        for (value, slug) in [
            ("a", "a"),
            ("", "user"),
            ("auth0|5f7c8ec7c33c", "auth0-5f7c8ec7c33c"),
            ("Ann Smith", "Ann-Smith"),
            (" |x| ", "x"),
            ("山田", "user"),
            ("a\r\nb", "a--b"),
        ] {
            let name = name_for(value);
            assert!(looks_hashed(&name), "{name}");
            assert_eq!(name.rsplit_once('-').map(|(slug, _)| slug), Some(slug), "{value:?}");
        }
        assert_eq!(name_for("a"), "a-ca978112ca1bbdcafac2");
        assert_eq!(name_for(&"x".repeat(65)).len(), 64);
    }

    #[test]
    fn a_value_that_looks_hashed_is_hashed_again() {
        let hashed_once = name_for("a");
        let hashed_twice = name_for(&hashed_once);
        assert_ne!(hashed_once, hashed_twice);
        assert!(looks_hashed(&hashed_twice));
        assert_eq!(name_for("a-CA978112CA1BBDCAFAC2"), "a-CA978112CA1BBDCAFAC2", "upper case is not ours");
        assert_eq!(name_for("a-ca978112ca1bbdcafac"), "a-ca978112ca1bbdcafac", "nor are 19 digits");
    }

    #[test]
    fn the_claim_beats_the_subject_and_falls_back_to_it() {
        for (payload, claim, expected) in [
            (json!({"email": "alice@example.com"}), "email", "alice@example.com"),
            (json!({"a": {"b": "nested"}}), "a.b", "nested"),
            (json!({"a.b": "exact", "a": {"b": "nested"}}), "a.b", "exact"),
            (json!({}), "email", "subject"),
            (json!({"email": null}), "email", "subject"),
            (json!({"email": ""}), "email", "subject"),
            (json!({"email": 7}), "email", "subject"),
            (json!({"email": ["alice@example.com"]}), "email", "subject"),
            (json!({"email": {"value": "alice"}}), "email", "subject"),
        ] {
            assert_eq!(session_name(&claims(payload.clone()), claim, "subject"), expected, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_valid(value in any::<String>()) {
            prop_assert!(matches!(check_session_name(&name_for(&value)), Ok(()) | Err(NotAName::LooksHashed)));
        }

        #[test]
        fn different_values_get_different_names(a in "[a-c|-]{0,4}", b in "[a-c|-]{0,4}") {
            let (name_a, name_b) = (name_for(&a), name_for(&b));
            prop_assert_eq!(a == b, name_a == name_b);
        }

        #[test]
        fn no_value_takes_the_name_of_a_hashed_one(value in any::<String>()) {
            let name = name_for(&value);
            prop_assert_eq!(value == name, name_for(&name) == name);
        }
    }
}
