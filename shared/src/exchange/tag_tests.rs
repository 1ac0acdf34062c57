//! Which tags a user's session gets, and which claims leave it without one.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    authenticate::Claims,
    config::{AwsSts, load},
};

fn claims(payload: Value) -> Claims {
    let Value::Object(payload) = payload else { panic!("not an object") };
    Claims::new(payload)
}

/// `awsSts` with these `sessionTags`, and with further lines.
fn sts(sources: &[(&str, &str)], more: &str) -> AwsSts {
    let tags: Vec<String> = sources.iter().map(|(key, claim)| format!("{key}: {claim}")).collect();
    let source = format!(
        "resourceUrl: https://mcp.example.com\noidc: {{issuer: https://idp.example.com, audience: a}}\nawsSts:\n  \
         region: us-east-1\n  fallbackRoleArn: arn:aws:iam::111122223333:role/Default\n  exchange: assumeRole\n  \
         sessionTags: {{{}}}\n  {more}\n",
        tags.join(", ")
    );
    load(&source, "gateway.yaml", &|_| None, &|_| Ok(Vec::new()))
        .unwrap_or_else(|findings| panic!("{findings}"))
        .aws_sts
}

/// The tags as `key=value`, a transitive one with a star, or the error.
fn tags(payload: Value, sources: &[(&str, &str)]) -> String {
    tags_of(payload, &sts(sources, ""))
}

fn tags_of(payload: Value, sts: &AwsSts) -> String {
    match operation_for(&claims(payload), sts) {
        Ok(Operation::AssumeRole(tags)) => {
            let star =
                |key: &str| if tags.transitive().any(|one| one.eq_ignore_ascii_case(key)) { "*" } else { "" };
            let shown = tags.iter().map(|(key, value)| format!("{key}{}={value}", star(key)));
            shown.collect::<Vec<_>>().join(", ")
        }
        Ok(Operation::AssumeRoleWithWebIdentity) => panic!("the wrong operation"),
        Err(error) => error.to_string().split("; ").next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn a_tokens_own_tags_come_in_two_forms() {
    let nested = |value: Value| json!({"https://aws.amazon.com/tags": value});
    let flat = "https://aws.amazon.com/tags/principal_tags/Team";
    let transitive = "https://aws.amazon.com/tags/transitive_tag_keys";
    let cases = [
        (json!({}), ""),
        (nested(json!(null)), ""),
        (nested(json!({})), ""),
        (nested(json!({"principal_tags": null, "transitive_tag_keys": null})), ""),
        (nested(json!({"principal_tags": {"Team": ["eng"], "Cost": [""]}})), "Cost=, Team=eng"),
        (nested(json!({"principal_tags": {"Team": ["eng"]}, "transitive_tag_keys": ["team"]})), "Team*=eng"),
        (json!({flat: "eng"}), "Team=eng"),
        (json!({flat: null}), ""),
        (json!({flat: "a:b", transitive: ["Team"]}), "Team*=a:b"),
        (json!({"https://aws.amazon.com/tags/principal_tags/a/b": "x"}), "a/b=x"),
        (json!({"https://aws.amazon.com/tags/other": 7, "https://aws.amazon.com/tagsy": 7}), ""),
        (
            json!({flat: "eng", "https://aws.amazon.com/tags": {"principal_tags": {"Cost": ["7"]}}}),
            "Cost=7, Team=eng",
        ),
        (nested(json!("Team=eng")), "the token's https://aws.amazon.com/tags is not an object"),
        (nested(json!({"principal_tags": []})), "the token's principal_tags is not an object"),
        (
            nested(json!({"principal_tags": {"Team": "eng"}})),
            "the token's value of a tag in principal_tags is not a list of exactly one text",
        ),
        (
            nested(json!({"principal_tags": {"Team": ["a", "b"]}})),
            "the token's value of a tag in principal_tags is not a list of exactly one text",
        ),
        (
            nested(json!({"principal_tags": {"Team": [7]}})),
            "the token's value of a tag in principal_tags is not a list of exactly one text",
        ),
        (json!({flat: ["eng"]}), "the token's …/principal_tags/… claim is not a text"),
        (json!({flat: "eng", transitive: "Team"}), "the token's transitive_tag_keys is not a list of texts"),
        (json!({flat: "eng", transitive: [7]}), "the token's transitive_tag_keys is not a list of texts"),
        (
            json!({flat: "eng", transitive: ["Team", "Cost"]}),
            "the token's transitive_tag_keys has a key without a tag",
        ),
        (
            json!({flat: "eng", "https://aws.amazon.com/tags": {"principal_tags": {"team": ["ops"]}}}),
            "the token has the session tag `team` twice, upper and lower case aside",
        ),
    ];
    for (payload, expected) in cases {
        assert_eq!(tags(payload.clone(), &[]), expected, "{payload}");
    }
}

#[test]
fn configured_tags_are_claims_read_as_elements() {
    let sources = [("Team", "groups"), ("Mail", "email")];
    let cases = [
        (json!({}), ""),
        (json!({"groups": null, "email": ""}), ""),
        (json!({"groups": []}), ""),
        (json!({"groups": ["", 7]}), ""),
        (json!({"groups": ["eng"], "email": "ann@example.com"}), "Mail=ann@example.com, Team=eng"),
        (json!({"groups": ["b", "a", "", "b"]}), "Team=b:a:b"),
        (json!({"groups": "urn:team:eng"}), "Team=urn:team:eng"),
        (
            json!({"groups": ["a:b"]}),
            "the session tag `Team` has an element with a colon, which separates elements",
        ),
        (
            json!({"groups": ["a", "b:c"]}),
            "the session tag `Team` has an element with a colon, which separates elements",
        ),
        (
            json!({"groups": {"a": 1}}),
            "the claim `groups` for the session tag `Team` is an object, not a text or a list of texts",
        ),
        (
            json!({"groups": 7}),
            "the claim `groups` for the session tag `Team` is a number, not a text or a list of texts",
        ),
        (
            json!({"groups": ["a,b"]}),
            "the session tag `Team` has a character other than letters, numbers, spaces and _ . : / = + - @",
        ),
        (json!({"groups": "x".repeat(257)}), "the session tag `Team` has more than 256 characters"),
        // The token's own tags stand alone.
        (json!({"groups": {"a": 1}, "https://aws.amazon.com/tags/principal_tags/Level": "7"}), "Level=7"),
        (json!({"groups": ["eng"], "https://aws.amazon.com/tags": {"principal_tags": {}}}), "Team=eng"),
    ];
    for (payload, expected) in cases {
        assert_eq!(tags(payload.clone(), &sources), expected, "{payload}");
    }
    let by_path = [("Role", "realm_access.roles"), ("Scope", "scope")];
    let payload = json!({"realm_access": {"roles": ["x", "y"]}, "scope": "read write"});
    assert_eq!(tags(payload, &by_path), "Role=x:y, Scope=read:write");
    assert_eq!(
        tags(json!({"scope": "read:write"}), &by_path),
        "the session tag `Scope` has an element with a colon, which separates elements"
    );
}

#[test]
fn the_role_claim_is_split_in_a_tag_as_it_is_for_the_role() {
    let split = sts(&[("Team", "groups"), ("Org", "org")], "roleClaimSeparator: ','");
    for (payload, expected) in [
        (json!({"groups": "a,b"}), "Team=a:b"),
        (json!({"groups": ["a", "b"]}), "Team=a:b"),
        (
            json!({"groups": "a:b"}),
            "the session tag `Team` has an element with a colon, which separates elements",
        ),
        (json!({"org": "x:y"}), "Org=x:y"),
    ] {
        assert_eq!(tags_of(payload.clone(), &split), expected, "{payload}");
    }
}

#[test]
fn tags_stay_within_the_limits_of_sts() {
    let one = |key: &str, value: &str| SessionTags::new(vec![(key.to_owned(), value.to_owned())], Vec::new());
    for (key, value) in [("k", ""), ("k", "é 山\u{3000}٣ _.:/=+-@"), (&"k".repeat(128), &"山".repeat(256))]
    {
        assert!(one(key, value).is_ok(), "{key} {value}");
    }
    for key in ["", "a,b", "a\tb", "a\nb", "a*", "a\u{301}", "aws:x", "AWS:x", &"k".repeat(129)] {
        assert!(matches!(one(key, "v"), Err(TagError::Key { .. })), "{key}");
    }
    for value in ["a,b", "a\tb", "a\u{0}", "😀", "<a>", "(a)", "a\u{301}", "#", &"v".repeat(257)] {
        assert!(matches!(one("k", value), Err(TagError::Value { .. })), "{value}");
    }
    let many = |count: usize| (0..count).map(|index| (format!("k{index}"), "v".to_owned())).collect();
    assert!(SessionTags::new(many(50), Vec::new()).is_ok());
    assert_eq!(SessionTags::new(many(51), Vec::new()), Err(TagError::TooMany { count: 51 }));
}

#[test]
fn web_identity_sends_no_tags_of_its_own() {
    let payload = json!({"https://aws.amazon.com/tags": "malformed: for STS to judge"});
    let sts = AwsSts { exchange: ExchangeMode::WebIdentity, ..sts(&[], "") };
    assert_eq!(operation_for(&claims(payload), &sts), Ok(Operation::AssumeRoleWithWebIdentity));
}

#[test]
fn debug_output_has_no_values() {
    let tags = SessionTags::new(vec![("Team".to_owned(), "secret".to_owned())], Vec::new()).unwrap();
    assert_eq!(format!("{:?}", Operation::AssumeRole(tags)), r#"AssumeRole({"Team"})"#);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z:]{0,5}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("principal_tags|transitive_tag_keys|[a-c]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_the_token_says_tags_fit_or_there_is_an_error(nested in any_json(), flat in any_json(), groups in any_json()) {
        let payload = json!({
            "https://aws.amazon.com/tags": nested,
            "https://aws.amazon.com/tags/principal_tags/Team": flat,
            "groups": groups,
        });
        if let Ok(Operation::AssumeRole(tags)) = operation_for(&claims(payload), &sts(&[("Groups", "groups")], "")) {
            for (key, value) in tags.iter() {
                prop_assert!(key.chars().all(is_plausible) && (1..=128).contains(&key.chars().count()));
                prop_assert!(value.chars().all(is_plausible) && value.chars().count() <= 256);
            }
            prop_assert!(tags.iter().count() <= 50);
        }
    }

    #[test]
    fn different_lists_give_different_tags(a in list(), b in list()) {
        let value = |groups: &[String]| tags(json!({"groups": groups}), &[("Team", "groups")]);
        prop_assert_eq!(a == b, value(&a) == value(&b));
    }

    #[test]
    fn an_error_names_no_value(value in "[a-z]{12}[,;#%]") {
        let own = json!({"https://aws.amazon.com/tags/principal_tags/Team": value});
        for payload in [own, json!({"groups": [value]}), json!({"groups": {&value: value}})] {
            let error = operation_for(&claims(payload), &sts(&[("Team", "groups")], "")).unwrap_err();
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains(&value), "{}", shown);
        }
    }
}

/// A little more than the documented pattern, by the standard library's tables.
fn is_plausible(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

/// Lists whose elements have no colon, as every list must that becomes a tag.
fn list() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[ab]{1,2}", 0..4)
}
