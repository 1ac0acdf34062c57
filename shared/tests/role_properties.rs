//! Properties of matchers: no expression and no claims can make one panic, and both parsers read an expression alike.

use proptest::{collection, prelude::*};
use rolecall_core::{
    authenticate::Claims,
    role::{ClaimsValue, Matcher},
};
use serde_json::{Map, Value};

/// Every operator and function, each over claims whose types the generator picks.
const SOURCES: [&str; 24] = [
    "claims.a == claims.b",
    "claims.a != claims.b",
    "claims.a < claims.b || claims.a >= claims.b",
    "claims.a in claims.b",
    "claims.a + claims.b == claims.c",
    "claims.a - claims.b == claims.c",
    "claims.a * claims.b == claims.c",
    "claims.a / claims.b == claims.c",
    "claims.a % claims.b == claims.c",
    "-claims.a == claims.b",
    "!claims.a",
    "claims.a && claims.b",
    "claims.a ? claims.b : claims.c",
    "claims[claims.a]",
    "claims.a[claims.b]",
    "has(claims.a.b) || claims.a.b",
    "claims.a.contains(claims.b) || claims.a.startsWith(claims.b) || claims.a.endsWith(claims.b)",
    "claims.a.matches(\"a|b\") || matches(claims.b, \"^.*$\")",
    "size(claims.a) == claims.b.size()",
    "int(claims.a) == uint(claims.b) || double(claims.a) == double(claims.c)",
    "string(claims.a) == string(claims.b) || bool(claims.c)",
    "claims.a.exists(x, x in claims.b) || claims.a.all(x, x < claims.c) || claims.a.exists_one(x, x)",
    "claims.a.filter(x, x == claims.b) == claims.c || claims.a.map(x, x + x) == claims.b",
    "{claims.a: claims.b} == {\"a\": claims.c} || [claims.a] + claims.b == [claims.c]",
];

fn claim() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop_oneof![Just(i64::MIN), Just(i64::MAX), -2..2_i64].prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ab]{0,3}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            collection::vec(("[ab]{0,2}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn token() -> impl Strategy<Value = String> {
    let words = [
        "claims",
        "g",
        "true",
        "null",
        "\"a\"",
        "'b'",
        "r\"\\w\"",
        "b\"x\"",
        "1",
        "2u",
        "0.5",
        "-",
        "!",
        "+",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "?",
        ":",
        "in",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        ".a",
        "has(",
        ".exists(g,",
        ".map(g,",
        ".filter(g,",
        ".matches(",
        "size(",
        "@result",
        "`x`",
        "\"\"\"",
        "//",
        "\\",
        "é",
        "\0",
    ];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

/// A syntax tree without the numbers of its nodes.
fn shape(tree: &cel::IdedExpr) -> String {
    format!("{tree:?}")
        .split("id: ")
        .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_claims_make_a_matcher_panic(source in proptest::sample::select(&SOURCES[..]), a in claim(), b in claim(), c in claim()) {
        let matcher = Matcher::compile(source).unwrap();
        let payload: Map<_, _> = [("a", a), ("b", b), ("c", c)].map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let claims = Claims::new(payload);
        if let Ok(value) = ClaimsValue::new(&claims) {
            prop_assert_eq!(matcher.matches(&value), matcher.matches(&value));
        }
    }

    #[test]
    fn no_source_makes_the_compiler_panic(source in any::<String>()) {
        let _ = Matcher::compile(&source);
    }

    #[test]
    fn no_words_make_the_compiler_panic(words in collection::vec(token(), 0..24)) {
        let source = words.join(" ");
        if let Ok(matcher) = Matcher::compile(&source) {
            let claims = Claims::new(Map::new());
            let _ = matcher.matches(&ClaimsValue::new(&claims).unwrap());
        }
    }

    #[test]
    fn both_parsers_of_the_library_agree(words in collection::vec(token(), 1..12)) {
        let source = words.join(" ");
        let pratt = cel::parser::PrattParser::new().parse(&source).map(|tree| shape(&tree)).ok();
        // The Pratt parser also takes mixed prefixes such as `!-x`, which the grammar does not have.
        if let Ok(antlr) = cel::parser::Parser::new().parse(&source) {
            prop_assert_eq!(pratt, Some(shape(&antlr)), "{}", source);
        } else if let Some(tree) = pratt {
            let prefixes: String = source.split_whitespace().collect();
            prop_assert!(prefixes.contains("!-") || prefixes.contains("-!"), "{} is {}", source, tree);
        }
    }
}
