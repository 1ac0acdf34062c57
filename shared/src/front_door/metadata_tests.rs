use std::time::Duration;

use super::*;
use crate::{
    authenticate::Algorithm,
    config::{Audit, AwsSts, Limits, Oidc, Resource, Telemetry, Upstream},
    exchange::ExchangeMode,
};

fn config() -> Config {
    Config {
        resource: Resource {
            url: "https://MCP.example.com:443/mcp/".to_owned(),
            origin: "https://mcp.example.com".to_owned(),
            mcp_path: "/mcp".to_owned(),
            name: None,
            documentation: None,
        },
        allowed_origins: vec![],
        oidc: Oidc {
            issuer: "https://dev-1.okta.com/oauth2/default".to_owned(),
            audience: vec!["aws-mcp".to_owned()],
            jwks_url: None,
            algorithms: vec![Algorithm::Rs256],
            required_scopes: vec![],
            scopes_supported: vec![],
            allowed_clients: vec![],
            clock_skew: Duration::from_secs(60),
        },
        aws_sts: AwsSts {
            region: "us-east-1".to_owned(),
            service: "aws-mcp".to_owned(),
            exchange: ExchangeMode::WebIdentity,
            role_claim: "groups".to_owned(),
            role_claim_separator: None,
            session_name_claim: "sub".to_owned(),
            session_duration: 3600,
            fallback_role_arn: None,
            role_mappings: vec![],
        },
        upstream: Upstream {
            url: "https://aws-mcp.us-east-1.api.aws/mcp".parse().unwrap(),
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(300),
            meta: serde_json::Map::new(),
        },
        authorization: None,
        telemetry: Telemetry { metrics: None, metrics_listen: None, trace_sample_ratio: 1.0 },
        audit: Audit {
            enabled: true,
            event_types: vec![],
            exclude_event_types: vec![],
            include_request_data: false,
            include_response_data: false,
            max_data_chars: 0,
        },
        limits: Limits { max_request_bytes: 6_291_456, max_token_bytes: 16_384 },
    }
}

fn document(config: &Config) -> String {
    String::from_utf8(metadata_document(config).unwrap()).unwrap()
}

#[test]
fn says_what_is_configured_and_no_more() {
    insta::assert_snapshot!(document(&config()), @r#"{"resource":"https://MCP.example.com:443/mcp/","authorization_servers":["https://dev-1.okta.com/oauth2/default"],"bearer_methods_supported":["header"]}"#);

    let mut full = config();
    full.resource.name = Some("AWS \"through\" Rolecall".to_owned());
    full.resource.documentation = Some("https://docs.example.com".to_owned());
    full.oidc.scopes_supported = vec!["openid".to_owned(), "aws".to_owned()];
    full.oidc.required_scopes = vec!["aws".to_owned()];
    insta::assert_snapshot!(document(&full), @r#"{"resource":"https://MCP.example.com:443/mcp/","authorization_servers":["https://dev-1.okta.com/oauth2/default"],"bearer_methods_supported":["header"],"scopes_supported":["openid","aws"],"resource_name":"AWS \"through\" Rolecall","resource_documentation":"https://docs.example.com"}"#);
}

#[test]
fn required_scopes_are_named_where_none_are_listed() {
    let mut config = config();
    config.oidc.required_scopes = vec!["aws".to_owned()];
    assert!(document(&config).contains(r#""scopes_supported":["aws"]"#));
}
