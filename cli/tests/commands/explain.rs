use serde_json::{Value, json};

use super::{
    harness::{Ran, rolecall_given},
    tokens::{claims, token},
};

const MAPPED: &str = "cli/tests/cases/explain/gateway.yaml";
const POLICIES: &str = "cli/tests/cases/explain/policies.yaml";
const CALL: &str = "cli/tests/cases/explain/call.json";
const ANNOTATED: &str = "cli/tests/cases/explain/annotated.yaml";
const TOOLS: &str = "cli/tests/cases/explain/tools.json";
const NOW: &str = "1800000000";

fn explain(input: &str, arguments: &[&str]) -> Ran {
    rolecall_given(input, &[&["explain", "--at", NOW], arguments].concat())
}

fn with_claims(claims: &Value, arguments: &[&str]) -> Ran {
    explain(&claims.to_string(), &[&["--claims", "-"], arguments].concat())
}

#[test]
fn every_mapping_says_why_it_applies_or_not() {
    let claims = json!({"sub": "auth0|5f7c", "groups": ["S3-Readers", "readers", "s3-readers"]});
    let ran = with_claims(&claims, &["--config", MAPPED]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_refusal_has_its_reason_and_what_led_there() {
    let ran = with_claims(
        &json!({"sub": "alice", "groups": "writers,readers"}),
        &["--config", "cli/tests/cases/explain/no_fallback.yaml"],
    );
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn json_has_the_published_members() {
    let fallback = with_claims(&json!({"sub": "alice"}), &["--json", "--config", MAPPED]).json();
    assert_eq!(fallback["role_arn"], "arn:aws:iam::111122223333:role/DefaultMCPRole");
    assert_eq!(fallback["mapping"], "fallback");
    assert_eq!(fallback["session_name"], "alice");
    assert_eq!(fallback["error"], Value::Null);
    let first = &fallback["matches"][0];
    assert_eq!((&first["index"], &first["matched"]), (&json!(1), &json!(false)), "{first}");
    assert_eq!(fallback["decision"], Value::Null);
    assert_eq!(fallback["policies"], json!([]));

    let refused = with_claims(&json!({"sub": "alice", "groups": {"a": 1}}), &["--json", "--config", MAPPED]);
    assert_eq!(refused.code, 1);
    let refused = refused.json();
    assert_eq!((&refused["role_arn"], &refused["error"]), (&Value::Null, &json!("role_claim_invalid")));
}

#[test]
fn a_token_that_nobody_can_verify_is_explained_all_the_same() {
    let issued = claims(
        &json!({"groups": ["readers"], "aud": ["aws-mcp", "web"], "azp": "assistant", "exp": 1_800_000_600}),
    );
    let token = token(&json!({"alg": "RS256", "kid": "1"}), &issued);
    let ran = explain(&token, &["--token", "-", "--config", "cli/tests/cases/explain/nobody.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(!ran.all().contains(token.rsplit('.').next().unwrap()), "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn an_expired_token_is_refused_as_the_gateway_would_and_explained() {
    let token =
        token(&json!({"alg": "RS256"}), &claims(&json!({"exp": 1_799_999_000, "groups": ["readers"]})));
    let ran = explain(&token, &["--token", "-", "--config", MAPPED]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn no_token_is_no_token() {
    for (input, error) in
        [("", "missing_token"), ("opaque", "invalid_token"), ("Bearer a.b.c", "invalid_token")]
    {
        let ran = explain(input, &["--json", "--token", "-", "--config", MAPPED]);
        assert_eq!((ran.code, &ran.json()["error"]), (1, &json!(error)), "{input}: {}", ran.all());
    }
}

#[test]
fn a_call_is_decided_with_its_grounds() {
    let rita = json!({"sub": "rita", "groups": ["readers"]});
    let ran = with_claims(&rita, &["--config", POLICIES, "--call", CALL, "--source-ip", "203.0.113.7"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_denied_call_names_policies_that_could_not_be_evaluated() {
    let rita = json!({"sub": "rita", "groups": ["readers"]});
    let ran = with_claims(&rita, &["--config", POLICIES, "--call", CALL]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_forbid_that_reads_what_is_absent_denies_and_says_what_it_read() {
    let config = "cli/tests/cases/explain/unguarded.yaml";
    let ran = with_claims(&json!({"sub": "rita"}), &["--json", "--config", config, "--call", CALL]).json();
    assert_eq!(
        (&ran["error"], &ran["policies"]),
        (&json!("policy_denied"), &json!(["no-reviews"])),
        "{ran:#}"
    );
    let problem = "there is no `resource.prompt_name`; ask with `has` before it is read";
    assert_eq!(ran["call"]["errors"], json!([{"policy": "no-reviews", "problem": problem}]));
}

#[test]
fn a_forbid_gives_its_reason_and_an_unreadable_call_none() {
    let rita = json!({"sub": "rita", "groups": ["readers"]}).to_string();
    let directory = std::env::temp_dir().join(format!("rolecall-explain-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let asked = |body: &str| {
        let call = directory.join("call.json");
        std::fs::write(&call, body).unwrap();
        explain(&rita, &["--json", "--claims", "-", "--config", POLICIES, "--call", call.to_str().unwrap()])
            .json()
    };
    let secret = asked(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"aws___call_aws","arguments":{"cli_command":"aws secretsmanager list-secrets"}}}"#,
    );
    assert_eq!(
        (&secret["decision"], &secret["policies"]),
        (&json!("deny"), &json!(["no-secrets"])),
        "{secret}"
    );
    assert_eq!(secret["message"], "a policy forbids this call: Secrets are read in the console.");
    assert_eq!((&secret["role_arn"], &secret["error"]), (&Value::Null, &json!("policy_denied")));

    let twice = asked(r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#);
    assert_eq!((&twice["decision"], &twice["error"]), (&Value::Null, &json!("invalid_request")), "{twice}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_saved_list_gives_the_annotations() {
    let rita = json!({"sub": "rita", "aud": "aws-mcp"});
    let ran = with_claims(&rita, &["--config", ANNOTATED, "--call", CALL, "--tools", TOOLS]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn without_a_list_the_decision_is_that_on_a_tool_without_annotations() {
    let rita = json!({"sub": "rita", "aud": "aws-mcp"});
    let ran = with_claims(&rita, &["--config", ANNOTATED, "--call", CALL]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
    let document = with_claims(&rita, &["--json", "--config", ANNOTATED, "--call", CALL]).json();
    let notice = &document["notices"][0];
    assert!(notice["text"].as_str().unwrap().contains("no --tools is given"), "{document:#}");
    assert_eq!((&notice["refusal"], &document["error"]), (&json!(false), &json!("policy_denied")));
    assert!(document["sts"].is_object(), "STS is asked before the denial: {document:#}");
}

#[test]
fn where_policies_ask_for_annotations_sts_refuses_first() {
    let rita = json!({"sub": "rita", "aud": ["aws-mcp", "web"]});
    let ran = with_claims(&rita, &["--config", ANNOTATED, "--call", CALL]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
    let document = with_claims(&rita, &["--json", "--config", ANNOTATED, "--call", CALL]).json();
    assert_eq!((&document["decision"], &document["error"]), (&Value::Null, &Value::Null), "{document:#}");
    let plain = with_claims(&rita, &["--json", "--config", POLICIES, "--call", CALL]).json();
    assert_eq!(plain["error"], "policy_denied", "policies that ask for none decide first: {plain:#}");
}

#[test]
fn a_list_that_the_gateway_would_not_take_is_none() {
    let directory = std::env::temp_dir().join(format!("rolecall-tools-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let tools = directory.join("tools.json");
    let ran = |list: &str| {
        std::fs::write(&tools, list).unwrap();
        let tools = tools.to_str().unwrap();
        with_claims(&json!({"sub": "rita"}), &["--config", ANNOTATED, "--call", CALL, "--tools", tools])
    };
    for (list, problem) in [
        (
            r#"{"tools":[{"name":"t","annotations":{}},{"name":"t"}]}"#,
            "has a tool twice, with different annotations",
        ),
        (r#"{"tools":[],"nextCursor":"2"}"#, "is one page of several"),
        (r#"{"id":1,"error":{}}"#, "is an error"),
        ("{}", "lacks the list"),
    ] {
        let ran = ran(list);
        assert_eq!(ran.code, 2, "{}", ran.all());
        assert!(ran.stderr.contains(problem), "{}", ran.all());
    }
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_cannot_be_run_is_exit_code_2() {
    for (input, arguments) in [
        ("[]", &["--claims", "-", "--config", MAPPED][..]),
        ("{}", &["--claims", "-", "--config", "cli/tests/cases/mistaken.yaml"]),
        ("{}", &["--config", MAPPED]),
        ("{}", &["--claims", "-", "--token", "-", "--config", MAPPED]),
        ("{}", &["--claims", "-", "--config", MAPPED, "--source-ip", "::1"]),
        ("{}", &["--claims", "-", "--config", MAPPED, "--call", "-"]),
        ("{}", &["--claims", "-", "--config", MAPPED, "--tools", TOOLS]),
        ("{}", &["--claims", "-", "--config", ANNOTATED, "--call", CALL, "--tools", "-"]),
    ] {
        let ran = explain(input, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.all());
    }
    insta::assert_snapshot!(explain("[]", &["--claims", "-", "--config", MAPPED]).all());
}

#[test]
fn help_has_examples() {
    insta::assert_snapshot!(explain("", &["--help"]).all());
}
