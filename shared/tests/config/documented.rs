//! The example that ships with the function and the reference agree with what is read.

use std::collections::BTreeSet;

use rolecall_core::{
    config::{Config, known_keys, load},
    exchange::{ExchangeMode, TagSource},
};

use crate::document::files;

const EXAMPLE: &str = include_str!("../../../gateway.yaml");
const REFERENCE: &str = include_str!("../../../docs/configuration.md");

fn example(variables: &[(&str, &str)]) -> Config {
    let lookup = |name: &str| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    };
    load(EXAMPLE, "gateway.yaml", &lookup, &files).unwrap_or_else(|findings| panic!("{findings}"))
}

const REQUIRED: [(&str, &str); 4] = [
    ("ROLECALL_RESOURCE_URL", "https://mcp.example.com/mcp"),
    ("ROLECALL_ISSUER", "https://idp.example.com"),
    ("ROLECALL_TEAM", "s3-readers"),
    ("ROLECALL_TEAM_ROLE_ARN", "arn:aws:iam::111122223333:role/rolecall/Team"),
];

#[test]
fn the_example_loads_with_the_required_variables_alone() {
    let config = example(&REQUIRED);
    assert_eq!(config.oidc.audience, ["aws-mcp"]);
    assert_eq!(config.aws_sts.region, "us-east-1");
    assert_eq!(config.aws_sts.fallback_role_arn, None);
    assert_eq!(config.upstream.url.as_str(), "https://aws-mcp.us-east-1.api.aws/mcp");
    assert_eq!(config.aws_sts.role_mappings.len(), 1, "what a deployment has not asked for maps nobody");
}

#[test]
fn the_example_takes_the_mapping_that_it_shows_as_a_comment() {
    let shown = EXAMPLE.replace("\n#   - matcher:", "\n    - matcher:").replace("\n#     ", "\n      ");
    let lookup = |name: &str| {
        REQUIRED.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    };
    let config =
        load(&shown, "gateway.yaml", &lookup, &files).unwrap_or_else(|findings| panic!("{findings}"));
    let [first, second] = config.aws_sts.role_mappings.as_slice() else { panic!("two mappings") };
    assert_eq!((first.role_arn.name(), second.role_arn.name()), ("AuditorsMCPRole", "Team"));
    assert_eq!(first.session.policies.arns.len(), 1);
    assert!(first.session.policies.inline.is_some());
}

#[test]
fn the_example_takes_what_a_deployment_sets() {
    let set = [
        ("ROLECALL_AUDIENCE", "0oa1"),
        ("ROLECALL_REGION", "eu-central-1"),
        ("ROLECALL_FALLBACK_ROLE_ARN", "arn:aws:iam::111122223333:role/Default"),
        ("ROLECALL_UPSTREAM_URL", "http://127.0.0.1:9003/mcp"),
        ("ROLECALL_JWKS_URL", "https://idp.example.com/keys"),
    ];
    let config = example(&[REQUIRED.as_slice(), &set].concat());
    assert_eq!(config.oidc.audience, ["0oa1"]);
    assert_eq!(config.aws_sts.region, "eu-central-1");
    assert!(config.aws_sts.fallback_role_arn.is_some() && config.oidc.jwks_url.is_some());
    assert_eq!(config.upstream.url.as_str(), "http://127.0.0.1:9003/mcp");
}

#[test]
fn the_example_takes_the_other_exchange() {
    let other = EXAMPLE.replace("# sessionTags: ", "sessionTags: ");
    let set = [REQUIRED.as_slice(), &[("ROLECALL_EXCHANGE", "assumeRole")]].concat();
    let lookup = |name: &str| set.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned());
    let config =
        load(&other, "gateway.yaml", &lookup, &files).unwrap_or_else(|findings| panic!("{findings}"));
    let session_tags = vec![TagSource { key: "Team".to_owned(), claim: "groups".to_owned() }];
    assert_eq!(config.aws_sts.exchange, ExchangeMode::AssumeRole { session_tags });
}

#[test]
fn the_example_shows_every_key_that_is_read() {
    for path in known_keys() {
        let key = format!("{}:", path.rsplit('.').next().unwrap());
        let written = |line: &str| line.trim_start_matches(['#', '-', ' ']).starts_with(&key);
        assert!(EXAMPLE.lines().any(written), "{path} is not in gateway.yaml");
    }
}

#[test]
fn the_reference_lists_every_key_and_no_other() {
    let documented: BTreeSet<String> = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(key, _)| key.to_owned()))
        .collect();
    let known: BTreeSet<String> = known_keys().into_iter().collect();
    assert_eq!(documented, known);
}
