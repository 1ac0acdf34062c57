//! A gateway without a configuration does not start, and says what to do; under Lambda too.

use std::time::Duration;

use http::StatusCode;
use rolecall_local::{
    config_sources::ConfigSources, faults::Fault, gateway::free_port, stack::Stack, verifier::Rejection,
};

use super::{KINDS, Kind, assert_no_credentials, borrowed, environment};
use crate::audited::GatewayProcess;
use crate::harness::{PATIENCE, binary};

/// What a gateway that does not start says.
async fn refusal(sources: &ConfigSources, stack: &Stack, more: &[(&'static str, &str)]) -> String {
    let environment = environment(sources, stack, more);
    let port = free_port().unwrap();
    let mut gateway = GatewayProcess::spawn(binary(), port, "", &borrowed(&environment)).await.unwrap();
    let status = gateway.wait(PATIENCE).await.unwrap();
    assert!(!status.success(), "{more:?}");
    let last = |lines: &[String]| lines.iter().any(|line| line.starts_with("rolecall-gateway: "));
    gateway.stderr().wait_for(last, PATIENCE).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_no_credentials(sources, &gateway);
    gateway.stderr().text()
}

async fn back() -> (ConfigSources, Stack) {
    (ConfigSources::start().await.unwrap(), Stack::start().await.unwrap())
}

fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let (sources, stack) = back().await;
    let expected: [&[&str]; 3] = [
        &["there is no parameter /rolecall/gateway in us-east-1", "create it"],
        &["S3 in us-east-1 answers NoSuchKey (404)", "put the object there"],
        &["AppConfig in us-east-1 answers ResourceNotFoundException (404)", "deploy a version"],
    ];
    for (kind, parts) in KINDS.into_iter().zip(expected) {
        let name = kind.name();
        let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
        assert_says(&text, parts);
        assert_says(&text, &[&name]);
    }
}

#[tokio::test]
async fn a_permission_that_is_lacking_is_named() {
    let (sources, stack) = back().await;
    let permissions: [&[&str]; 3] = [
        &["ssm:GetParameters", "kms:Decrypt"],
        &["s3:GetObject", "kms:Decrypt", "does not exist"],
        &["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"],
    ];
    for (kind, permissions) in KINDS.into_iter().zip(permissions) {
        kind.put(&sources, &stack.gateway_yaml(9000));
        kind.service(&sources).refuse(Some(kind.access_denied()));
        let name = kind.name();
        let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
        assert_says(&text, &[&name, "AccessDenied", "allow the execution role"]);
        assert_says(&text, permissions);
        assert_eq!(kind.service(&sources).calls().len(), 1, "{kind:?}: a refusal is not asked for again");
    }
}

#[tokio::test]
async fn credentials_that_are_not_the_roles_are_refused() {
    let (sources, stack) = back().await;
    for kind in KINDS {
        kind.put(&sources, &stack.gateway_yaml(9000));
        let name = kind.name();
        let wrong =
            [("ROLECALL_CONFIG", name.as_str()), ("AWS_SECRET_ACCESS_KEY", "another-secret-altogether")];
        let text = refusal(&sources, &stack, &wrong).await;
        assert_says(&text, &[&name, "AWS_SECRET_ACCESS_KEY", "not valid"]);
        assert!(!text.contains("another-secret"), "{text}");
    }
}

#[tokio::test]
async fn a_source_that_is_down_is_asked_three_times() {
    let (sources, stack) = back().await;
    let unavailable = Rejection {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error_type: "ServiceUnavailable".into(),
        message: String::new(),
    };
    for kind in KINDS {
        let name = kind.name();
        let service = kind.service(&sources);
        service.refuse(Some(unavailable.clone()));
        let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
        assert_says(&text, &[&name, "answers ServiceUnavailable (503)"]);
        assert_eq!(service.calls().len(), 3, "{kind:?}");
        service.faults().set(Fault::Hangup);
        let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
        assert_says(&text, &[&name, "cannot be reached", "NAT gateway"]);
    }
}

#[tokio::test]
async fn what_the_environment_lacks_is_named() {
    let (sources, stack) = back().await;
    for kind in KINDS {
        let name = kind.name();
        let config = ("ROLECALL_CONFIG", name.as_str());
        let text = refusal(&sources, &stack, &[config, ("AWS_ACCESS_KEY_ID", "")]).await;
        assert_says(&text, &[&name, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]);
        let text = refusal(&sources, &stack, &[config, ("AWS_REGION", "")]).await;
        assert_says(&text, &[&name, "set AWS_REGION"]);
        assert!(kind.service(&sources).calls().is_empty());
    }
    for variable in ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_APPCONFIGDATA"] {
        let name = Kind::Parameter.name();
        let insecure = [("ROLECALL_CONFIG", name.as_str()), (variable, "http://ssm.example.com")];
        assert_says(&refusal(&sources, &stack, &insecure).await, &[variable, "https"]);
    }
    for interval in ["0", "86401", "1m"] {
        let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG_REFRESH_SECONDS", interval)]).await;
        assert_says(&text, &["ROLECALL_CONFIG_REFRESH_SECONDS", "1 to 86400"]);
    }
}

#[tokio::test]
async fn a_source_that_nobody_knows_is_no_path() {
    let (sources, stack) = back().await;
    for source in [
        "S3://bucket/key",
        "https://example.com/gateway.yaml",
        "s3://bucket",
        "ssm://name",
        "appconfig://a/b",
    ] {
        let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", source)]).await;
        assert_says(&text, &["ROLECALL_CONFIG ", "write "]);
    }
}

#[tokio::test]
async fn mistakes_carry_the_name_of_the_source() {
    let (sources, stack) = back().await;
    for kind in KINDS {
        kind.put(&sources, "resourceUrl: http://example.com/mcp\n");
        let name = kind.name();
        let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
        assert_says(&text, &[&format!("{name}:1:14: resourceUrl:"), "oidc.issuer: missing value"]);
    }
    sources.s3.put(super::BUCKET, super::KEY, vec![0xff, 0xfe]);
    let name = Kind::Object.name();
    let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
    assert_says(&text, &[&name, "not UTF-8"]);
    sources.s3.put(super::BUCKET, super::KEY, vec![b'#'; 2 * 1024 * 1024]);
    let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
    assert_says(&text, &[&name, "answers with more than"]);
    sources.appconfig.deploy(super::PROFILE, "");
    let name = Kind::Profile.name();
    let text = refusal(&sources, &stack, &[("ROLECALL_CONFIG", &name)]).await;
    assert_says(&text, &[&name, "is empty"]);
}
