//! What a file that loads turns into.

use std::time::Duration;

use rolecall_core::{
    audit::EventType,
    authenticate::Algorithm,
    authorize::DenyStatus,
    config::{Config, MetricsFormat, Telemetry},
    exchange::{ExchangeMode, TagSource},
    role::{Condition, RoleArn},
};
use serde_json::json;

use crate::document::{read, with};

fn config(section: &str, lines: &str) -> Config {
    let source = with(section, lines);
    read(&source).unwrap_or_else(|findings| panic!("{source}\n{findings}"))
}

#[test]
fn the_shortest_file_has_the_documented_defaults() {
    let config = config("", "");
    assert_eq!(config.resource.origin, "https://mcp.example.com");
    assert_eq!(config.resource.mcp_path, "/mcp");
    assert_eq!((config.resource.name, config.resource.documentation), (None, None));
    assert!(config.allowed_origins.is_empty());
    assert_eq!(config.oidc.issuer, "https://idp.example.com");
    assert_eq!(config.oidc.audience, ["aws-mcp"]);
    assert_eq!(config.oidc.jwks_url, None);
    assert_eq!(config.oidc.algorithms, Algorithm::OF_STS);
    assert_eq!(config.oidc.clock_skew, Duration::from_secs(60));
    assert_eq!(config.aws_sts.service, "aws-mcp");
    assert_eq!(config.aws_sts.exchange, ExchangeMode::WebIdentity);
    assert_eq!(config.aws_sts.role_claim, "groups");
    assert_eq!(config.aws_sts.role_claim_separator, None);
    assert_eq!(config.aws_sts.session_name_claim, "sub");
    assert_eq!(config.aws_sts.session_duration, 3600);
    assert_eq!(config.aws_sts.fallback_role_arn, None);
    assert_eq!(config.upstream.url.as_str(), "https://aws-mcp.us-east-1.api.aws/mcp");
    assert_eq!(config.upstream.connect_timeout, Duration::from_secs(5));
    assert_eq!(config.upstream.response_timeout, Duration::from_secs(300));
    assert!(config.upstream.meta.is_empty());
    assert!(config.audit.enabled);
    assert!(!config.audit.include_request_data && !config.audit.include_response_data);
    assert_eq!(config.audit.max_data_chars, 4096);
    assert_eq!((config.limits.max_request_bytes, config.limits.max_token_bytes), (6_291_456, 16_384));
}

#[test]
fn the_resource_keeps_its_text_and_yields_origin_and_path() {
    for (url, origin, path) in [
        ("https://mcp.example.com", "https://mcp.example.com", "/mcp"),
        ("https://mcp.example.com/", "https://mcp.example.com", "/mcp"),
        ("https://MCP.example.com:443/mcp/", "https://mcp.example.com", "/mcp"),
        ("https://mcp.example.com:8443/a/b", "https://mcp.example.com:8443", "/a/b"),
        ("http://localhost:9000/mcp", "http://localhost:9000", "/mcp"),
        ("http://127.8.0.1/mcp", "http://127.8.0.1", "/mcp"),
        ("http://[::1]:9000/mcp", "http://[::1]:9000", "/mcp"),
    ] {
        let resource = config("", &format!("resourceUrl: \"{url}\"")).resource;
        assert_eq!(
            (resource.url.as_str(), resource.origin.as_str(), resource.mcp_path.as_str()),
            (url, origin, path)
        );
    }
}

#[test]
fn origins_are_normalised() {
    for (written, origin) in [
        ("https://App.example.com", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:6274", "http://localhost:6274"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("chrome-extension://abcDEF", "chrome-extension://abcdef"),
    ] {
        assert_eq!(config("", &format!("allowedOrigins: [\"{written}\"]")).allowed_origins, [origin]);
    }
}

#[test]
fn the_issuer_is_kept_to_the_letter() {
    for issuer in
        ["https://IDP.example.com/", "https://idp.example.com:443/a/../b", "http://127.0.0.1:9001/%7Ea"]
    {
        assert_eq!(config("oidc", &format!("issuer: {issuer}")).oidc.issuer, issuer);
    }
}

#[test]
fn an_audience_is_a_text_or_a_list() {
    assert_eq!(config("oidc", "audience: [a, b, '${EMPTY}']").oidc.audience, ["a", "b"]);
    assert_eq!(config("oidc", "audience: ${DURATION}").oidc.audience, ["1800"]);
}

#[test]
fn a_variable_fits_wherever_its_text_does() {
    assert_eq!(config("awsSts", "sessionDuration: ${DURATION}").aws_sts.session_duration, 1800);
    assert_eq!(config("awsSts", "sessionDuration: ${UNSET:-900}").aws_sts.session_duration, 900);
    assert_eq!(config("awsSts", "sessionDuration: ${EMPTY}").aws_sts.session_duration, 3600);
    assert!(!config("audit", "enabled: ${FALSE}").audit.enabled);
    let role = config("awsSts", "fallbackRoleArn: ${ROLE_ARN}").aws_sts.fallback_role_arn;
    assert_eq!(role.as_ref().map(RoleArn::as_str), Some("arn:aws:iam::111122223333:role/FromEnvironment"));
    assert_eq!(config("awsSts", "fallbackRoleArn: ${EMPTY}").aws_sts.fallback_role_arn, None);
}

#[test]
fn audit_keys_select_the_lines_that_are_written() {
    let cases = [
        ("", true, true),
        ("enabled: false", false, false),
        ("enabled: false\neventTypes: [mcp_ping]", false, false),
        ("eventTypes: [mcp_ping]", true, false),
        ("excludeEventTypes: [mcp_ping]", false, true),
        ("eventTypes: [mcp_ping, auth_failed]\nexcludeEventTypes: [mcp_ping]", false, true),
    ];
    for (lines, ping, auth_failed) in cases {
        let audit = config("audit", lines).audit;
        assert_eq!(
            (audit.records(EventType::McpPing), audit.records(EventType::AuthFailed)),
            (ping, auth_failed),
            "{lines}"
        );
    }
}

#[test]
fn audit_data_is_recorded_where_it_is_asked_for() {
    let audit =
        config("audit", "includeRequestData: true\nincludeResponseData: ${FALSE}\nmaxDataSize: 32768").audit;
    assert!(audit.include_request_data && !audit.include_response_data);
    assert_eq!(audit.max_data_chars, 32_768);
}

#[test]
fn a_variable_can_not_add_structure() {
    let resource =
        config("", "resourceDocumentation: https://example.com\nresourceName: ${INJECTION}").resource;
    assert_eq!(resource.name.as_deref(), Some("x\nresourceName: injected"));
}

#[test]
fn meta_takes_any_json_and_drops_what_is_empty() {
    let meta =
        config("upstream", "meta: {AWS_REGION: us-west-2, a: [1, {b: null}], c: '${EMPTY}', d:, e: '1'}");
    assert_eq!(
        serde_json::Value::Object(meta.upstream.meta),
        json!({"AWS_REGION": "us-west-2", "a": [1, {"b": null}], "e": "1"}),
    );
}

#[test]
fn a_session_policy_is_json_text_or_yaml() {
    let policy =
        |lines: &str| config("mapping", lines).aws_sts.role_mappings.remove(0).session.policies.inline;
    let json = r#"{"Version":"2012-10-17","Statement":[{"Resource":"x/${aws:PrincipalTag/Team}"}]}"#;
    assert_eq!(policy(&format!("sessionPolicy: '{json}'")).as_deref(), Some(json));
    let yaml =
        "sessionPolicy:\n  Version: 2012-10-17\n  Statement:\n    - Resource: x/${aws:PrincipalTag/Team}";
    assert_eq!(policy(yaml).as_deref(), Some(json));
}

#[test]
fn assume_role_takes_algorithms_that_sts_does_not() {
    let oidc = |algorithms: &str| {
        let source = with("oidc", algorithms).replace("awsSts:\n", "awsSts:\n  exchange: assumeRole\n");
        read(&source).unwrap_or_else(|findings| panic!("{source}\n{findings}")).oidc.algorithms
    };
    assert_eq!(oidc(""), Algorithm::OF_STS, "the default stays");
    assert_eq!(
        oidc("algorithms: [PS256, EdDSA, RS256]"),
        [Algorithm::Ps256, Algorithm::EdDsa, Algorithm::Rs256]
    );
}

#[test]
fn assume_role_may_name_tags() {
    assert_eq!(config("awsSts", "exchange: webIdentity").aws_sts.exchange, ExchangeMode::WebIdentity);
    for (lines, tags) in [
        ("exchange: assumeRole", [].as_slice()),
        ("exchange: ${UNSET:-assumeRole}\nsessionTags: {}", &[]),
        (
            "exchange: assumeRole\nsessionDuration: 3600\nsessionTags: {Team: groups, 'Cost Center': a.b}",
            &[("Team", "groups"), ("Cost Center", "a.b")],
        ),
    ] {
        let source = |(key, claim): &(&str, &str)| TagSource { key: (*key).into(), claim: (*claim).into() };
        let session_tags = tags.iter().map(source).collect();
        assert_eq!(config("awsSts", lines).aws_sts.exchange, ExchangeMode::AssumeRole { session_tags });
    }
}

#[test]
fn mappings_come_in_the_order_they_are_tried() {
    let mut source =
        "resourceUrl: https://mcp.example.com\noidc: {issuer: https://idp.example.com, audience: a}\n\
                      awsSts:\n  region: us-east-1\n  roleMappings:\n"
            .to_owned();
    let priorities = ["", "20", "10", "9223372036854775807", "", "-5", "10"];
    for (index, priority) in priorities.iter().enumerate() {
        source.push_str(&format!(
            "    - {{claim: c{index}, roleArn: 'arn:aws:iam::111122223333:role/R', priority: {priority}}}\n",
        ));
    }
    let mappings = read(&source).unwrap().aws_sts.role_mappings;
    let order: Vec<usize> = mappings.iter().map(|mapping| mapping.index).collect();
    assert_eq!(order, [5, 2, 6, 1, 3, 0, 4]);
    let first = &mappings.first().expect("seven mappings").condition;
    assert!(matches!(first, Condition::Claim(claim) if claim == "c5"));
}

#[test]
fn yaml_of_all_kinds_reads_the_same() {
    let plain = with("", "resourceName: \"a: b\"");
    let anchored = plain.replace("aws-mcp", "&a aws-mcp\n  allowedClients: [*a]");
    for source in
        [format!("\u{feff}{plain}"), plain.replace('\n', "\r\n"), format!("---\n{plain}...\n"), anchored]
    {
        let config = read(&source).unwrap_or_else(|findings| panic!("{source}\n{findings}"));
        assert_eq!(config.resource.name.as_deref(), Some("a: b"));
        assert_eq!(config.oidc.audience, ["aws-mcp"]);
    }
}

#[test]
fn policies_are_read_with_the_file() {
    let none = config("", "");
    assert!(none.authorization.is_none());
    for (lines, status) in [
        ("authorization: {policies: [policies/*.cedar]}", DenyStatus::Forbidden),
        (
            "authorization: {policies: [policies/*.cedar, policies/readers.cedar], denyStatus: 403}",
            DenyStatus::Forbidden,
        ),
        (
            "authorization: {policies: [policies/readers.cedar], groupsClaim: roles, denyStatus: 200}",
            DenyStatus::Ok,
        ),
    ] {
        assert_eq!(config("", lines).authorization.map(|policies| policies.deny_status()), Some(status));
    }
}

#[test]
fn metrics_go_where_the_file_says() {
    let unset = Telemetry { metrics: None, metrics_listen: None, trace_sample_ratio: 1.0 };
    assert_eq!(config("", "").telemetry, unset);
    assert_eq!(config("", "telemetry:").telemetry, unset);
    let none = config("", "telemetry: {metrics: []}").telemetry;
    assert_eq!(none, Telemetry { metrics: Some(Vec::new()), ..unset.clone() });
    let all =
        "telemetry: {metrics: [emf, otlp, prometheus], metricsListen: 127.0.0.1:9464, traceSampleRatio: 0}";
    let metrics = Some(vec![MetricsFormat::Emf, MetricsFormat::Otlp, MetricsFormat::Prometheus]);
    let metrics_listen = Some("127.0.0.1:9464".parse().unwrap());
    assert_eq!(config("", all).telemetry, Telemetry { metrics, metrics_listen, trace_sample_ratio: 0.0 });
    let contract = "telemetry: {metrics: [emf], metricsListen: 127.0.0.1:9464, traceSampleRatio: 1.0}";
    assert_eq!(config("", contract).telemetry.metrics, Some(vec![MetricsFormat::Emf]));
}
