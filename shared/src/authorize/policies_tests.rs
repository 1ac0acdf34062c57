use super::*;

fn load(text: &str) -> Result<Policies, PolicyMistakes> {
    Policies::load(&[PolicyFile { name: "team.cedar".to_owned(), text: text.to_owned() }], None)
}

fn mistakes(text: &str) -> String {
    load(text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn probe() {
    for text in [
        r#"permit(principal in Group::"data-analysts", action in [Action::"tools/call"], resource)
when { resource.tool_name == "aws___call_aws" && resource.arguments.cli_command.startsWith("aws s3 ls") };"#,
        "permit(principal, action, resource)\nwhen { resource.tool_name = \"x\" };",
        "permit(principal, action, resource)\n",
        "permit(principal == ?principal, action, resource);",
        "@id(\"a\")\npermit(principal, action, resource);\n@id(\"a\")\npermit(principal, action, resource);",
        "permit(principal, action, resource) when { foo.bar };\n\npermit(principal, action, resource) when { \"unclosed };",
        "@session_policy_arn(\"x\")\nforbid(principal, action, resource);",
        "@session_policy_arn(\"x\")\npermit(principal, action, resource);",
    ] {
        println!("{}\n", mistakes(text));
    }
}
