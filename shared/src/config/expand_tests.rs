use proptest::prelude::*;

use super::{ExpandError::*, expand};

fn environment(name: &str) -> Option<String> {
    match name {
        "REGION" => Some("eu-west-1".to_owned()),
        "EMPTY" => Some(String::new()),
        "TRICKY" => Some("a: ${REGION}\nb: }".to_owned()),
        _ => None,
    }
}

#[test]
fn references_are_replaced() {
    for (text, expected) in [
        ("plain", None),
        ("costs $5, 100$", None),
        ("$REGION", None),
        ("} {", None),
        ("${REGION}", Some("eu-west-1")),
        ("https://x.${REGION}.api/${REGION}", Some("https://x.eu-west-1.api/eu-west-1")),
        ("$${REGION}", Some("$eu-west-1")),
        ("${UNSET:-x:-y}", Some("x:-y")),
        ("${UNSET:-}", Some("")),
        ("${EMPTY:-x}", Some("x")),
        ("${EMPTY}", Some("")),
        ("${REGION:-x}", Some("eu-west-1")),
        // A value is never expanded again.
        ("${TRICKY}", Some("a: ${REGION}\nb: }")),
    ] {
        assert_eq!(expand(text, false, &environment), Ok(expected.map(str::to_owned)), "{text}");
    }
}

#[test]
fn bad_references_are_all_named() {
    for (text, expected) in [
        ("${UNSET}", vec![Missing("UNSET".into())]),
        ("${A}-${B}", vec![Missing("A".into()), Missing("B".into())]),
        ("${REGION", vec![Unterminated]),
        ("${A} ${", vec![Missing("A".into()), Unterminated]),
        ("${}", vec![NotAName(String::new())]),
        ("${1A}", vec![NotAName("1A".into())]),
        ("${A-x}", vec![NotAName("A-x".into())]),
        ("${aws:username}", vec![NotAName("aws:username".into())]),
        ("${UNSET:-${REGION}}", vec![Nested]),
    ] {
        assert_eq!(expand(text, false, &environment), Err(expected), "{text}");
    }
}

#[test]
fn policy_variables_stay_where_they_mean_something() {
    for (text, expected) in [
        ("home/${aws:PrincipalTag/Team}/*", None),
        ("${*} ${?} ${$}", None),
        ("${aws:PrincipalTag/Team, 'none'}/${REGION}", Some("${aws:PrincipalTag/Team, 'none'}/eu-west-1")),
    ] {
        assert_eq!(expand(text, true, &environment), Ok(expected.map(str::to_owned)), "{text}");
    }
    assert_eq!(expand("${bad name}", true, &environment), Err(vec![NotAName("bad name".into())]));
}

proptest! {
    #[test]
    fn text_without_references_is_untouched(text in any::<String>()) {
        prop_assume!(!text.contains("${"));
        prop_assert_eq!(expand(&text, false, &environment), Ok(None));
    }

    #[test]
    fn a_value_arrives_as_it_is(before in "[^$]*", value in any::<String>(), after in "[^$]*") {
        let text = format!("{before}${{V}}{after}");
        let lookup = |_: &str| Some(value.clone());
        prop_assert_eq!(expand(&text, false, &lookup), Ok(Some(format!("{before}{value}{after}"))));
    }
}
