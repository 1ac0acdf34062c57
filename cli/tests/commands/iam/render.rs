use std::fs;

use serde_json::{Value, json};

use super::{
    super::harness::{Ran, rolecall, root},
    templates::to_json,
};

const CONFIG: &str = "cli/tests/cases/iam/gateway.yaml";
const SEVERAL: &str = "cli/tests/cases/iam/several.yaml";

fn render(arguments: &[&str]) -> Ran {
    rolecall(&[&["iam", "render"], arguments].concat())
}

/// The rendered template, with the boundary left out: a test of its own is about it.
fn without_boundary(ran: &Ran) -> String {
    let mut template = ran.json();
    template["Resources"].as_object_mut().unwrap().remove("McpBoundary");
    serde_json::to_string_pretty(&template).unwrap()
}

#[test]
fn a_template_has_provider_guardrail_boundary_and_roles() {
    let ran = render(&["--config", CONFIG]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert_eq!(ran.stderr, "");
    insta::assert_snapshot!(without_boundary(&ran));
}

#[test]
fn what_sts_cannot_see_is_told_beside_the_document() {
    let ran = render(&["--config", SEVERAL, "--account", "111122223333"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(format!("{}\n--- stderr\n{}", without_boundary(&ran), ran.stderr));
}

#[test]
fn roles_that_the_function_assumes_trust_the_function() {
    let role = "arn:aws:iam::111122223333:role/rolecall-gateway/rolecall-ExecutionRole";
    let ran = render(&["--config", CONFIG, "--env", "EXCHANGE=assumeRole", "--gateway-role", role]);
    insta::assert_snapshot!(without_boundary(&ran));
}

#[test]
fn limits_are_those_of_the_shipped_template_word_for_word() {
    let regions = json!(["eu-central-1", "us-east-1"]);
    for file in ["template.yaml", "iam/member-account.yaml"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let shipped: Value = serde_json::from_str(&to_json(&text)).unwrap();
        let ran = render(&["--config", CONFIG, "--regions", "eu-central-1,us-east-1"]);
        for name in ["McpGuardrail", "McpBoundary"] {
            let of = |template: &Value| template["Resources"][name]["Properties"]["PolicyDocument"].clone();
            let mut expected = of(&shipped);
            let statements = expected["Statement"].as_array_mut().unwrap();
            for condition in
                statements.iter_mut().filter_map(|it| it.pointer_mut("/Condition/StringNotEquals"))
            {
                if condition.get("aws:RequestedRegion").is_some() {
                    assert_eq!(
                        condition["aws:RequestedRegion"],
                        json!({ "Ref": "AllowedRegions" }),
                        "{file}"
                    );
                    condition["aws:RequestedRegion"] = regions.clone();
                }
            }
            assert_eq!(of(&ran.json()), expected, "{name} of {file}");
        }
    }
}

#[test]
fn one_account_is_written_at_a_time() {
    let ran = render(&["--config", SEVERAL]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    let other = render(&["--config", SEVERAL, "--account", "999900001111"]);
    assert_eq!(other.code, 2, "{}", other.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_function_that_nobody_names_cannot_be_trusted() {
    let ran = render(&["--config", CONFIG, "--env", "EXCHANGE=assumeRole"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn terraform_gets_what_its_json_syntax_takes() {
    let ran = render(&["--config", SEVERAL, "--account", "111122223333", "--format", "terraform-json"]);
    let module = ran.json();
    assert_eq!(module.as_object().unwrap().keys().collect::<Vec<_>>(), ["terraform", "resource"]);
    for (kind, resources) in module["resource"].as_object().unwrap() {
        for (name, resource) in resources.as_object().unwrap() {
            assert!(is_identifier(name), "{kind}.{name}");
            for (attribute, value) in resource.as_object().unwrap() {
                assert!(arguments_of(kind).contains(&attribute.as_str()), "{kind}.{name}.{attribute}");
                references(value, &module);
            }
        }
    }
    let trust = module["resource"]["aws_iam_role"]["TeamRole"]["assume_role_policy"].as_str().unwrap();
    // A policy variable is not one of Terraform's templates.
    assert!(trust.contains("$${*}wild$${*}"), "{trust}");
}

/// Terraform documentation, Identifiers.
fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
}

/// Arguments that the `aws` provider's documentation lists for what is written.
fn arguments_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "aws_iam_openid_connect_provider" => &["url", "client_id_list"],
        "aws_iam_policy" => &["name", "path", "description", "policy"],
        "aws_iam_role" => &[
            "name",
            "path",
            "description",
            "max_session_duration",
            "permissions_boundary",
            "assume_role_policy",
        ],
        "aws_iam_role_policy_attachment" => &["role", "policy_arn"],
        other => panic!("{other}"),
    }
}

/// Each template in a text refers to a resource of the module.
fn references(value: &Value, module: &Value) {
    let Some(text) = value.as_str() else { return };
    let text = text.replace("$${", "");
    for reference in text.split("${").skip(1) {
        let (path, _) = reference.split_once('}').unwrap();
        let [kind, name, "arn" | "name"] = path.split('.').collect::<Vec<_>>()[..] else { panic!("{path}") };
        assert!(module["resource"][kind].get(name).is_some(), "{path}");
    }
}
