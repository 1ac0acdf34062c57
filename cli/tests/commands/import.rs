use std::{fs, path::PathBuf};

use super::harness::{Ran, rolecall, rolecall_given, root};

const FOLDER: &str = "cli/tests/cases/toolhive";

fn import(file: &str) -> Ran {
    rolecall(&["import", &format!("{FOLDER}/{file}")])
}

/// A file of its own, away in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("rolecall-import-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// `rolecall check` of what import printed, with the variables that it asks for.
fn checked(yaml: &str, name: &str) -> Ran {
    let scratch = Scratch::new(name);
    fs::write(&scratch.0, yaml).unwrap();
    let issuer = "--env=ROLECALL_ISSUER=https://idp.example.com";
    let resource = "--env=ROLECALL_RESOURCE_URL=https://mcp.example.com/mcp";
    let audience = "--env=ROLECALL_AUDIENCE=aws-mcp";
    let region = "--env=ROLECALL_REGION=us-east-1";
    let fallback = "--env=ROLECALL_FALLBACK_ROLE_ARN=arn:aws:iam::111122223333:role/DefaultMCPRole";
    rolecall(&["check", "--json", "--config", scratch.path(), issuer, resource, audience, region, fallback])
}

#[test]
fn a_proxy_with_everything_inline_is_carried_over_whole() {
    let ran = import("v1alpha1.yaml");
    assert_eq!(ran.code, 0, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn what_cannot_be_carried_over_is_listed() {
    let ran = import("v1beta1.yaml");
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_run_config_says_the_same_in_other_words() {
    let ran = import("run.json");
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
}

#[test]
fn the_result_is_a_configuration() {
    for file in ["v1alpha1.yaml", "v1beta1.yaml", "run.json"] {
        let ran = checked(&import(file).stdout, file);
        assert_eq!(ran.code, 0, "{file}: {}", ran.all());
    }
}

#[test]
fn without_a_proxy_the_rest_is_to_be_filled_in() {
    let text = fs::read_to_string(root().join(FOLDER).join("v1alpha1.yaml")).unwrap();
    let (auth, proxy) = text.split_once("---").unwrap();
    let ran = rolecall_given(auth, &["import", "-", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let missing: Vec<String> = ran.json()["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["at"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(missing, ["resourceUrl", "issuer", "audience"]);
    assert_eq!(checked(ran.json()["configuration"].as_str().unwrap(), "auth").code, 0);

    let ran = rolecall_given(proxy, &["import", "-"]);
    assert!(ran.stdout.contains("MCPExternalAuthConfig/aws-sts is not in the input"), "{}", ran.all());
    assert_eq!(checked(&ran.stdout, "proxy").code, 0);
}

#[test]
fn another_proxy_can_be_chosen() {
    let ran = rolecall(&["import", "--proxy", "wiki", &format!("{FOLDER}/v1beta1.yaml")]);
    assert!(ran.stdout.contains("url: https://wiki.example.com/mcp"), "{}", ran.all());
    assert_eq!(checked(&ran.stdout, "wiki").code, 0);
}

#[test]
fn a_file_is_written_once() {
    let scratch = Scratch::new("output.yaml");
    let arguments = ["import", "cli/tests/cases/toolhive/v1beta1.yaml", "--output", scratch.path()];
    let ran = rolecall(&arguments);
    assert_eq!(ran.code, 1, "{}", ran.all());
    insta::assert_snapshot!(ran.all().replace(scratch.path(), "gateway.yaml"));
    assert!(fs::read_to_string(&scratch.0).unwrap().contains("awsSts:"));
    assert_eq!(rolecall(&arguments).code, 2);
}

#[test]
fn a_file_of_something_else_is_exit_code_2() {
    let ran = rolecall(&["import", "cli/tests/cases/minimal.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    insta::assert_snapshot!(ran.all());
    let ran = rolecall_given("a: [", &["import", "-"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
}
