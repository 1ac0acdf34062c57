use super::*;

fn load(text: &str) -> Result<Policies, PolicyMistakes> {
    Policies::load(&[PolicyFile { name: "team.cedar".to_owned(), text: text.to_owned() }], None)
}

#[test]
fn mistakes_name_place_and_remedy() {
    let any = "permit(principal, action, resource)";
    for (text, expected) in [
        (
            "permit(principal in Group::\"data-analysts\", action in [Action::\"tools/call\"], resource)\nwhen {\n  \
             resource.tool_name == \"aws___call_aws\" && resource.arguments.cli_command.startsWith(\"aws s3 ls\")\n};"
                .to_owned(),
            "team.cedar:3: `startsWith` is not a valid method; write `resource.arguments.cli_command like \"aws s3 ls*\"`: \
             in Cedar * stands for any characters",
        ),
        (
            format!("{any} when {{ context.role.endsWith(\"*Admin\") }};"),
            "team.cedar:1: `endsWith` is not a valid method; write `context.role like \"*\\*Admin\"`: in Cedar * stands for \
             any characters",
        ),
        (
            format!("{any}\nwhen {{ resource.tool_name = \"x\" }};"),
            "team.cedar:2: '=' is not a valid operator in Cedar; try using '==' instead",
        ),
        (any.to_owned(), "team.cedar:1: unexpected end of input; expected `;` or identifier"),
        (
            "permit(principal == ?principal, action, resource);".to_owned(),
            "team.cedar:1: this policy is a template, which nothing fills in; write the principal or the resource in place \
             of ?principal or ?resource",
        ),
        (
            format!("@id(\"a\")\n{any};\n\n@id(\"a\")\n{any};"),
            "team.cedar:4: the id \"a\" is taken by the policy at team.cedar:1; give one of the two another @id",
        ),
        (format!("@id(\"\")\n{any};"), "team.cedar:1: the @id is empty; write a name, or remove the annotation"),
        (
            "@session_policy_arn(\"arn:aws:iam::aws:policy/X\")\nforbid(principal, action, resource);".to_owned(),
            "team.cedar:1: a forbid has a session policy, which only a permit can give; move the annotation to the permit",
        ),
        (
            format!("@session_policy_arn(\"ReadOnlyAccess\")\n{any};"),
            "team.cedar:1: @session_policy_arn: \"ReadOnlyAccess\" is not the ARN of a managed policy; write \
             arn:aws:iam::aws:policy/<name> or arn:aws:iam::<12-digit account>:policy/<name>",
        ),
        (
            format!("@session_policy(\"{{}}\")\n{any};"),
            "team.cedar:1: @session_policy is not an IAM policy; write a document with \"Version\": \"2012-10-17\" and \
             \"Statement\"",
        ),
    ] {
        assert_eq!(load(&text).map(|_| ()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn all_mistakes_of_all_files_are_reported() {
    let file = |name: &str, text: &str| PolicyFile { name: name.to_owned(), text: text.to_owned() };
    let files = [file("a.cedar", "permit(principal, action);"), file("b.cedar", "nonsense")];
    let schema = file("c.cedarschema", "entity User in [Group;");
    let mistakes = Policies::load(&files, Some(&schema)).map(|_| ()).unwrap_err();
    let names: Vec<&str> = mistakes.iter().map(|mistake| mistake.file.as_str()).collect();
    assert_eq!(names, ["a.cedar", "b.cedar", "c.cedarschema"], "{mistakes}");
}

#[test]
fn a_policy_without_id_is_named_after_its_file() {
    let policies =
        load("permit(principal, action, resource);\nforbid(principal, action, resource);").unwrap();
    let mut ids: Vec<String> = policies.set.policies().map(|policy| policy.id().to_string()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["team.cedar:policy0", "team.cedar:policy1"]);
}

#[test]
fn a_schema_finds_policies_that_can_not_mean_what_they_say() {
    let policy = "@id(\"typo\")\npermit(principal, action == Action::\"tools/call\", resource)\nwhen { resource.toolname == \"x\" };";
    let policy = PolicyFile { name: "team.cedar".to_owned(), text: policy.to_owned() };
    let schema = "entity User;\nentity Tool = { tool_name: String };\n\
                  action \"tools/call\" appliesTo { principal: [User], resource: [Tool] };";
    let schema = PolicyFile { name: "s.cedarschema".to_owned(), text: schema.to_owned() };
    let mistakes = Policies::load(&[policy], Some(&schema)).map(|_| ()).unwrap_err().to_string();
    assert!(mistakes.starts_with("team.cedar:3: for policy `typo`, attribute `toolname`"), "{mistakes}");
}
