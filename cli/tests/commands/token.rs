use serde_json::json;

use super::{
    harness::{Ran, rolecall_given},
    tokens::{claims, token},
};

const CONFIG: &str = "cli/tests/cases/explain/gateway.yaml";

fn decode(token: &str, arguments: &[&str]) -> Ran {
    rolecall_given(token, &[&["token", "decode", "-", "--at", "1800000000"], arguments].concat())
}

#[test]
fn times_are_in_words_and_the_signature_is_never_shown() {
    let token =
        token(&json!({"alg": "ES256", "typ": "JWT", "kid": "7"}), &claims(&json!({"nbf": 1_800_000_090})));
    let ran = decode(&format!("Authorization: Bearer {token}\n"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(!ran.all().contains("c2lnbmF0dXJl"));
    insta::assert_snapshot!(ran.all());
}

#[test]
fn each_check_passes_or_says_why_not() {
    let claims = claims(&json!({
        "iss": "https://other.example.com", "aud": "web", "exp": 1_799_999_820, "azp": "somebody", "scope": "aws.read",
        "name": "\u{1b}[2Jx\u{202e}y",
    }));
    let token = token(&json!({"alg": "PS256", "crit": ["b64"]}), &claims);
    let ran = decode(&token, &["--config", CONFIG]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_good_token_passes_all_checks() {
    let ran = decode(&token(&json!({"alg": "RS256"}), &claims(&json!({}))), &["--json", "--config", CONFIG]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let checks = ran.json()["checks"].as_array().unwrap().clone();
    assert_eq!(checks.len(), 11, "{checks:?}");
    assert!(checks.iter().all(|check| check["passed"] == true), "{checks:?}");
}

#[test]
fn size_is_a_check() {
    let long = "x".repeat(20_000);
    let token = token(&json!({"alg": "RS256"}), &claims(&json!({"padding": long})));
    let ran = decode(&token, &["--json", "--config", CONFIG]);
    assert_eq!((ran.code, &ran.json()["message"]), (1, &json!("the token is larger than 16384 bytes")));
}

#[test]
fn what_is_no_jwt_is_refused_in_the_gateways_words() {
    for text in ["", "opaque", "a.b", "e30.e30.e30", "eyJhbGciOiJkaXIifQ..iv.cipher.tag"] {
        let ran = decode(text, &["--json"]);
        assert_eq!((ran.code, &ran.json()["error"]), (1, &json!("invalid_token")), "{text}: {}", ran.all());
    }
    insta::assert_snapshot!(decode("opaque", &[]).all());
}

#[test]
fn help_has_examples() {
    insta::assert_snapshot!(decode("", &["--help"]).all());
}
