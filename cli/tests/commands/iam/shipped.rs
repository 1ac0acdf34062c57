//! Nothing is wrong with what is shipped, nor with what `iam render` writes.

use std::fs;

use super::super::harness::rolecall;

const SHIPPED: &str = "cli/tests/cases/iam/shipped.yaml";
const SEVERAL: &str = "cli/tests/cases/iam/several.yaml";
const GATEWAY_ROLE: &str = "arn:aws:iam::111122223333:role/rolecall-gateway/rolecall-ExecutionRole";
const PARAMETERS: &[&str] = &[
    "--parameter",
    "Issuer=https://idp.example.com/tenant",
    "--parameter",
    "TeamBucket=team-data",
    "--parameter",
    "AllowedRegions=us-east-1,eu-central-1",
];
const TAG_CLAIM: &str = "ROLE_CLAIM=https://aws.amazon.com/tags/principal_tags/Team";
/// `TrustBy`, and what the role map looks at beside it.
const TRUSTS: [(&str, &[&str]); 4] = [
    ("session-tag", &["--env", TAG_CLAIM]),
    ("roles-claim", &[]),
    ("subjects", &[]),
    ("emails", &["--env", "ROLE_CLAIM=realm_access.roles"]),
];

fn is_fine(arguments: &[&str]) {
    let ran = rolecall(&[&["iam", "check"], arguments].concat());
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.all());
}

#[test]
fn nothing_is_wrong_with_the_templates() {
    let fallback = "FALLBACK=arn:aws:iam::111122223333:role/rolecall/rolecall-DefaultRole-1A2B3C4D5E6F";
    let templates: [(&str, &[&str]); 2] = [
        ("template.yaml", &["--env", fallback]),
        ("iam/member-account.yaml", &["--env", "TEAM_ROLE=S3ReadOnlyMCPRole"]),
    ];
    for (template, of_template) in templates {
        let common = [&["--stack", template, "--config", SHIPPED], PARAMETERS, of_template].concat();
        for (trust, of_trust) in TRUSTS {
            let trust = format!("TrustBy={trust}");
            is_fine(&[&common, of_trust, &["--parameter", &trust]].concat());
        }
        let gateway = format!("GatewayExecutionRoleArn={GATEWAY_ROLE}");
        // The template's own role is the function's; CloudFormation has made its name.
        let function = match template {
            "template.yaml" => {
                "arn:aws:iam::111122223333:role/rolecall-gateway/rolecall-ExecutionRole-1A2B3C4D5E6F"
            }
            _ => GATEWAY_ROLE,
        };
        is_fine(
            &[
                &common,
                &["--env", "EXCHANGE=assumeRole", "--gateway-role", function] as &[&str],
                &["--parameter", "Exchange=assumeRole", "--parameter", &gateway],
            ]
            .concat(),
        );
    }
}

#[test]
fn nothing_is_wrong_with_what_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rendered.json");
    let exchanges: [&[&str]; 5] = [
        &[],
        &["--env", TAG_CLAIM],
        &["--env", "ROLE_CLAIM=email"],
        &["--env", "ROLE_CLAIM=https://aws.amazon.com/roles", "--client-id", "0oa1b2c3d4"],
        &["--env", "EXCHANGE=assumeRole", "--env", "DURATION=3600", "--gateway-role", GATEWAY_ROLE],
    ];
    for exchange in exchanges {
        for account in ["111122223333", "444455556666"] {
            for format in ["cloudformation", "json", "terraform-json"] {
                let map = [&["--config", SEVERAL, "--account", account], exchange].concat();
                let ran = rolecall(&[&["iam", "render", "--format", format] as &[&str], &map].concat());
                assert_eq!(ran.code, 0, "{}", ran.all());
                fs::write(&file, &ran.stdout).unwrap();
                is_fine(&[&[file.to_str().unwrap()], &*map].concat());
            }
        }
    }
}

#[test]
fn a_template_is_found_wrong_as_soon_as_it_is() {
    // Otherwise nothing above would show that the roles were looked at.
    let template = fs::read_to_string(super::super::harness::root().join("template.yaml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    for (old, new, id) in [
        ("BoolIfExists:", "Bool:", "guardrail-bool"),
        ("PermissionsBoundary: !Ref McpBoundary", "Tags: []", "boundary-missing"),
        ("\"sts:TagSession\", ", "", "tag-session-missing"),
        ("MaxSessionDuration: 3600", "MaxSessionDuration: 600", "duration-over-maximum"),
        ("- cloudtrail:Stop*\n", "- cloudtrail:Stop\n", "boundary-weaker"),
    ] {
        assert!(template.contains(old), "{old}");
        fs::write(&file, template.replace(old, new)).unwrap();
        let path = file.to_str().unwrap();
        let ran = rolecall(&[&["--json", "iam", "check", path, "--config", SHIPPED], PARAMETERS].concat());
        assert_eq!(ran.code, 1, "{}", ran.all());
        assert_eq!(ran.json()["findings"][0]["id"], id, "{}", ran.all());
    }
}
