//! Each case is a base file with lines changed, and the warnings that must come of it, with their lines.

use std::collections::BTreeSet;

use super::{WARNING_IDS, Warning, review};
use crate::{
    authorize::PolicyFile,
    config::{UnreadableFiles, load},
};

const BASE: &str = "\
resourceUrl: https://mcp.example.com/mcp
oidc:
  issuer: https://idp.example.com
  audience: aws-mcp
awsSts:
  region: us-east-1
  fallbackRoleArn: arn:aws:iam::111122223333:role/DefaultMCPRole
  roleMappings:
    - claim: readers
      roleArn: arn:aws:iam::111122223333:role/ReadersMCPRole
";

fn policies(pattern: &str) -> Result<Vec<PolicyFile>, UnreadableFiles> {
    let text = match pattern {
        "all.cedar" => "permit (principal, action, resource);",
        "none.cedar" => "forbid (principal, action, resource) when { context.source_ip == \"::1\" };",
        "list.cedar" => {
            "permit (principal, action in [Action::\"tools/list\", Action::\"tools/call\"], resource == Tool::\"t\");"
        }
        "action.cedar" => "permit (principal, action == Action::\"call_tool\", resource);",
        _ => {
            "permit (principal, action == Action::\"tools/call\", resource) when { resource.tool_name == \"t\" };"
        }
    };
    Ok(vec![PolicyFile { name: pattern.to_owned(), text: text.to_owned() }])
}

fn warnings(source: &str) -> Vec<Warning> {
    let environment = |name: &str| (name == "NOTHING").then(String::new);
    match load(source, "gateway.yaml", &environment, &policies) {
        Ok(config) => review(&config, source, "gateway.yaml", &environment),
        Err(findings) => panic!("{findings}\n{source}"),
    }
}

/// `BASE` with each line that begins like a change replaced by it, and what replaces nothing at the end.
fn changed(changes: &[(&str, &str)]) -> String {
    let mut text = BASE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the base file");
        text = text.replace(from, to);
    }
    text
}

const MAPPING: &str = "    - claim: readers\n";
const ARN: &str = "      roleArn: arn:aws:iam::111122223333:role/ReadersMCPRole\n";

/// Of each case: its changes, and id and line of every warning.
type Case = (&'static [(&'static str, &'static str)], &'static [(&'static str, u64)]);

const CASES: &[Case] = &[
    (&[], &[]),
    (
        &[(
            ARN,
            "      roleArn: arn:aws:iam::111122223333:role/A\n    - claim: readers\n      roleArn: arn:aws:iam::111122223333:role/B\n",
        )],
        &[("mapping-never-wins", 11)],
    ),
    // Priority decides who is tried first, not the place in the file.
    (
        &[(
            ARN,
            "      roleArn: arn:aws:iam::111122223333:role/A\n    - claim: readers\n      roleArn: arn:aws:iam::111122223333:role/B\n      priority: 1\n",
        )],
        &[("mapping-never-wins", 9)],
    ),
    (
        &[(
            ARN,
            "      roleArn: arn:aws:iam::111122223333:role/A\n    - matcher: '\"readers\" in claims[\"groups\"]'\n      roleArn: arn:aws:iam::111122223333:role/B\n",
        )],
        &[("mapping-never-wins", 11)],
    ),
    (
        &[(
            ARN,
            "      roleArn: arn:aws:iam::111122223333:role/A\n    - claim: writers\n      roleArn: arn:aws:iam::111122223333:role/B\n",
        )],
        &[],
    ),
    (&[(MAPPING, "    - matcher: 'true || false'\n")], &[("fallback-never-used", 7)]),
    (&[(MAPPING, "    - matcher: '1 > 2'\n")], &[("mapping-never-matches", 9)]),
    (&[(MAPPING, "    - matcher: 'claims.org == \"true\"'\n")], &[]),
    (
        &[(MAPPING, "    - claim: a,b\n"), ("  roleMappings", "  roleClaimSeparator: ','\n  roleMappings")],
        &[("mapping-never-matches", 10)],
    ),
    // An element that an empty variable takes away does not move the lines of the others.
    (&[(MAPPING, "    - ${NOTHING}\n    - matcher: 'false'\n")], &[("mapping-never-matches", 10)]),
    (
        &[
            ("DefaultMCPRole", "ReadersMCPRole"),
            (
                ARN,
                "      roleArn: arn:aws:iam::111122223333:role/ReadersMCPRole\n      policyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]\n",
            ),
        ],
        &[("fallback-wider", 7)],
    ),
    (
        &[(
            ARN,
            "      roleArn: arn:aws:iam::111122223333:role/ReadersMCPRole\n      policyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]\n",
        )],
        &[("fallback-wider", 7)],
    ),
    (&[("DefaultMCPRole", "Power-User")], &[("fallback-privileged-name", 7)]),
    (
        &[("  audience: aws-mcp\n", "  audience: aws-mcp\n  clockSkewSeconds: 300\n")],
        &[("clock-skew-large", 5)],
    ),
    (
        &[(
            "  audience: aws-mcp\n",
            "  audience: aws-mcp\n  requiredScopes: [a, b]\n  scopesSupported: [a]\n",
        )],
        &[("scope-not-announced", 5)],
    ),
    (&[("  audience: aws-mcp\n", "  audience: aws-mcp\n  requiredScopes: [a]\n")], &[]),
    (
        &[("  audience: aws-mcp\n", "  audience: aws-mcp\n  allowedClients: [claude]\n")],
        &[("audience-seen-as-azp", 5)],
    ),
    (&[("  audience: aws-mcp\n", "  audience: aws-mcp\n  allowedClients: [aws-mcp]\n")], &[]),
    (&[("idp.example.com", "idp.example.com/realms/company")], &[("audience-seen-as-azp", 4)]),
    (&[("idp.example.com", "company.eu.auth0.com/")], &[("audience-seen-as-azp", 4)]),
    (&[("audience: aws-mcp", "audience: [aws-mcp, aws]")], &[("several-audiences", 4)]),
    (&[("idp.example.com", "idp.example.com:8443")], &[("issuer-not-public", 3)]),
    (&[("idp.example.com", "idp.corp.internal")], &[("issuer-not-public", 3)]),
    (&[("https://idp.example.com", "http://127.0.0.1:8080")], &[("issuer-not-public", 3)]),
    // The function's own role needs no public issuer.
    (
        &[
            ("idp.example.com", "idp.corp.internal"),
            ("region: us-east-1\n", "region: us-east-1\n  exchange: assumeRole\n"),
        ],
        &[],
    ),
    (
        &[("  audience: aws-mcp\n", "  audience: aws-mcp\n  jwksUrl: https://keys.example.net/jwks\n")],
        &[("keys-elsewhere", 5)],
    ),
    (
        &[("oidc:\n", "upstream:\n  url: https://aws-mcp.eu-west-1.api.aws/mcp\noidc:\n")],
        &[("upstream-region-differs", 3)],
    ),
    (&[("region: us-east-1\n", "region: us-east-1\n  service: execute-api\n")], &[("service-differs", 7)]),
    (
        &[("oidc:\n", "resourceDocumentation: https://example.org/help\noidc:\n")],
        &[("documentation-elsewhere", 2)],
    ),
    (&[("oidc:\n", "resourceDocumentation: https://wiki.example.com/help\noidc:\n")], &[]),
    (&[("oidc:\n", "allowedOrigins: [https://inspector.example.net]\noidc:\n")], &[("origin-elsewhere", 2)]),
    (&[("oidc:\n", "allowedOrigins: ['http://app.example.com']\noidc:\n")], &[("origin-not-https", 2)]),
    (&[("oidc:\n", "allowedOrigins: ['http://localhost:6274']\noidc:\n")], &[]),
    (
        &[("region: us-east-1\n", "region: us-east-1\n  sessionDuration: 7200\n")],
        &[("session-over-an-hour", 7)],
    ),
    (
        &[("111122223333:role/ReadersMCPRole", "444455556666:role/ReadersMCPRole")],
        &[("roles-in-several-accounts", 6)],
    ),
    (
        &[(
            "arn:aws:iam::111122223333:role/ReadersMCPRole",
            "arn:aws-cn:iam::111122223333:role/ReadersMCPRole",
        )],
        &[("role-of-other-partition", 10)],
    ),
    (&[("resourceUrl", "authorization: {policies: [action.cedar]}\nresourceUrl")], &[("policy-doubtful", 1)]),
    (&[("resourceUrl", "authorization: {policies: [all.cedar]}\nresourceUrl")], &[("policy-doubtful", 1)]),
    (&[("resourceUrl", "authorization: {policies: [none.cedar]}\nresourceUrl")], &[("policy-doubtful", 1)]),
    (&[("resourceUrl", "authorization: {policies: [list.cedar]}\nresourceUrl")], &[("policy-doubtful", 1)]),
    (&[("resourceUrl", "authorization: {policies: [good.cedar]}\nresourceUrl")], &[]),
];

#[test]
fn each_case_has_its_warnings_and_no_other() {
    for (changes, expected) in CASES {
        let source = changed(changes);
        let found = warnings(&source);
        let found: Vec<_> = found.iter().map(|warning| (warning.id, warning.finding.line)).collect();
        assert_eq!(&found, expected, "\n{source}");
    }
}

#[test]
fn session_policies_near_the_limit_are_named() {
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":[],"Id":"{}"}}"#, "x".repeat(1_700));
    let source = changed(&[(ARN, &format!("{ARN}      sessionPolicy: '{policy}'\n"))]);
    let found = warnings(&source);
    assert!(
        found.iter().any(|warning| warning.id == "session-policies-near-limit" && warning.finding.line == 9),
        "{found:?}"
    );
}

#[test]
fn every_id_has_a_case() {
    let mut seen: BTreeSet<&str> =
        CASES.iter().flat_map(|(_, expected)| expected.iter().map(|(id, _)| *id)).collect();
    seen.insert("session-policies-near-limit");
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), WARNING_IDS);
}
