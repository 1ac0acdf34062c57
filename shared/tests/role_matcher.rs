//! Runs `cases/role_matcher.yaml`: values, failures and refusals of matchers. Also the limits that no table can show.

use rolecall_core::{
    authenticate::Claims,
    role::{ClaimsValue, Matcher, MatcherError, MatcherFailure},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const TABLE: &str = include_str!("cases/role_matcher.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    values: Vec<ValueCase>,
    errors: Vec<ErrorCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueCase {
    matcher: String,
    claims: Map<String, Value>,
    value: Option<bool>,
    failure: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorCase {
    matcher: String,
    error: Option<String>,
    begins: Option<String>,
}

#[allow(clippy::unwrap_used, reason = "a helper of tests")]
fn evaluate(source: &str, payload: Map<String, Value>) -> Result<bool, MatcherFailure> {
    let matcher = Matcher::compile(source).map_err(|error| format!("{source}: {error}")).unwrap();
    let claims = Claims::new(payload);
    matcher.matches(&ClaimsValue::new(&claims)?)
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn expressions_have_the_value_that_the_table_says() {
    let table: Table = serde_saphyr::from_str(TABLE).unwrap();
    for case in table.values {
        let expected = match (case.value, case.failure) {
            (Some(value), None) => Ok(value),
            (None, Some(failure)) => Err(failure),
            _ => panic!("{}: either a value or a failure", case.matcher),
        };
        let result = evaluate(&case.matcher, case.claims);
        if let Err(failure) = &result {
            assert!(!format!("{failure:?}{failure}").contains("secret"), "{}: {failure:?}", case.matcher);
        }
        assert_eq!(result.map_err(|failure| failure.to_string()), expected, "{}", case.matcher);
    }
}

#[test]
fn refused_expressions_say_why_and_what_to_write() {
    let table: Table = serde_saphyr::from_str(TABLE).unwrap();
    for case in table.errors {
        let Err(error) = Matcher::compile(&case.matcher) else { panic!("{} compiles", case.matcher) };
        let text = error.to_string();
        match (case.error, case.begins) {
            (Some(expected), None) => assert_eq!(text, expected, "{}", case.matcher),
            (None, Some(expected)) => assert!(text.starts_with(&expected), "{}: {text}", case.matcher),
            _ => panic!("{}: either an error or its beginning", case.matcher),
        }
        assert!(!text.contains('\n') && text.contains(": "), "one sentence, problem and remedy: {text}");
    }
}

fn joined(count: usize, term: impl Fn(usize) -> String) -> String {
    (0..count).map(term).collect::<Vec<_>>().join(" || ")
}

#[test]
fn limits_are_refused_one_past_and_not_before() {
    let padded = |bytes: usize| format!("{:bytes$}", "true");
    let ternaries = |count| format!("{}true", "claims.a == 1 ? true : ".repeat(count));
    let references = |count| joined(count, |_| "claims.a".to_owned());
    let patterns = |count| joined(count, |i| format!("claims.a.matches(\"{i}\")"));
    let body = |count| format!("claims.g.all(g, g in [{}])", vec!["1"; count].join(","));
    let in_body = |count| format!("claims.g.all(g, {})", joined(count, |_| "g == claims.a".to_owned()));
    assert!(Matcher::compile(&padded(4096)).is_ok());
    assert_eq!(Matcher::compile(&padded(4097)).err(), Some(MatcherError::TooLong { bytes: 4097 }));
    assert!(Matcher::compile(&ternaries(21)).is_ok());
    assert_eq!(Matcher::compile(&ternaries(22)).err(), Some(MatcherError::TooDeep));
    assert!(Matcher::compile(&references(64)).is_ok());
    assert_eq!(Matcher::compile(&references(65)).err(), Some(MatcherError::ManyReferences));
    assert!(Matcher::compile(&patterns(8)).is_ok());
    assert_eq!(Matcher::compile(&patterns(9)).err(), Some(MatcherError::ManyPatterns));
    assert!(Matcher::compile(&body(251)).is_ok());
    assert_eq!(Matcher::compile(&body(252)).err(), Some(MatcherError::LongComprehension));
    assert!(Matcher::compile(&in_body(2)).is_ok());
    assert_eq!(Matcher::compile(&in_body(3)).err(), Some(MatcherError::ClaimsInComprehension));
}

#[test]
fn a_matcher_sees_claims_up_to_a_size() {
    let groups = |count: usize| object(&json!({"g": vec!["a"; count]}));
    assert_eq!(evaluate("\"a\" in claims.g", groups(1023)), Ok(true));
    assert_eq!(evaluate("\"a\" in claims.g", groups(1024)), Err(MatcherFailure::TooManyClaims));
    let deep = |levels: usize| {
        let value = (0..levels).fold(json!("a"), |inner, _| json!([inner]));
        object(&json!({ "g": value }))
    };
    assert_eq!(evaluate("has(claims.g)", deep(31)), Ok(true));
    assert_eq!(evaluate("has(claims.g)", deep(32)), Err(MatcherFailure::TooManyClaims));
}

#[test]
fn patterns_see_text_up_to_a_size() {
    let text = |bytes: usize| object(&json!({"a": "a".repeat(bytes)}));
    assert_eq!(evaluate("claims.a.matches(\"^a*$\")", text(32_768)), Ok(true));
    assert_eq!(evaluate("claims.a.matches(\"^a*$\")", text(32_769)), Err(MatcherFailure::TooMuchText));
    let twice = "claims.a.matches(\"b\") || claims.a.matches(\"c\")";
    assert_eq!(evaluate(twice, text(16_384)), Ok(false));
    assert_eq!(evaluate(twice, text(16_385)), Err(MatcherFailure::TooMuchText));
}

#[test]
fn the_worst_sources_neither_overflow_nor_panic() {
    let chain = |start: &str, unit: &str, end: &str| {
        let count = (4096 - start.len() - end.len()) / unit.len();
        format!("{start}{}{end}", unit.repeat(count))
    };
    let nest = |open: &str, close: &str| {
        let count = 4000 / (open.len() + close.len());
        format!("{}claims{}", open.repeat(count), close.repeat(count))
    };
    let sources = [
        chain("", "!", "claims"),
        chain("", "!-", "claims"),
        chain("", "1+", "1"),
        chain("", "1==", "1"),
        chain("", "true?true:", "true"),
        chain("", "true&&", "true"),
        chain("claims", ".a", ""),
        chain("claims", "[0]", ""),
        chain("claims", ".f()", ""),
        chain("claims", ".map(x,x)", ""),
        chain("", "(", ""),
        chain("", "[", ""),
        chain("", "{", ""),
        chain("", "f(", ""),
        nest("(", ")"),
        nest("[", "]"),
        nest("{1:", "}"),
        nest("f(", ")"),
        nest("a{b:", "}"),
        nest("claims.all(x,", ")"),
        nest("claims[", "]"),
        nest("true?", ":true"),
    ];
    for source in sources {
        let small_stack = std::thread::Builder::new().stack_size(256 * 1024);
        small_stack.spawn(move || drop(Matcher::compile(&source))).unwrap().join().unwrap();
    }
}

#[test]
fn the_deepest_expression_runs_on_a_small_stack() {
    let ternary = format!("{}true", "claims.a == 1 ? true : ".repeat(21));
    let calls = format!("{}claims.a{} == 1", "int(".repeat(20), ")".repeat(20));
    let inside = format!("claims.g.all(g, {}g == 1{})", "!(false || ".repeat(9), ")".repeat(9));
    for source in [ternary, calls, inside] {
        let run = move || {
            let matcher = Matcher::compile(&source).unwrap_or_else(|error| panic!("{source}: {error}"));
            let claims = Claims::new(object(&json!({"a": 2, "g": [1, 2]})));
            let _ = matcher.matches(&ClaimsValue::new(&claims).unwrap());
        };
        std::thread::Builder::new().stack_size(1536 * 1024).spawn(run).unwrap().join().unwrap();
    }
}
