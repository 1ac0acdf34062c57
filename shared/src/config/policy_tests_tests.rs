use super::*;

fn load(text: &str) -> Result<PolicyTests, String> {
    load_policy_tests(text, "readers.yaml").map_err(|findings| findings.to_string())
}

fn body(request: &str) -> String {
    let file = format!("tests:\n  - {{name: n, claims: {{sub: a}}, decision: allow, request: {request}}}\n");
    load(&file).unwrap().tests.remove(0).body
}

#[test]
fn a_request_may_be_written_short_or_whole() {
    for (request, expected) in [
        ("{tool: t}", r#"{"name":"t"}"#),
        ("{tool: t, arguments: {a: [1, 2.5, null]}}", r#"{"name":"t","arguments":{"a":[1,2.5,null]}}"#),
        ("{method: tools/call, params: {name: t, arguments: 7}}", r#"{"name":"t","arguments":7}"#),
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{expected}}}"#);
        assert_eq!(body(request), message);
    }
    assert_eq!(
        body("{resource: s3://b/k}"),
        r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"s3://b/k"}}"#
    );
    assert_eq!(body("{method: ping}"), r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
}

#[test]
fn annotations_are_those_of_the_tool() {
    let read = |row: &str| {
        let tests = format!("tests:\n  - {{name: n, claims: {{sub: a}}, decision: allow, {row}}}\n");
        load(&tests).map(|mut tests| tests.tests.remove(0).annotations)
    };
    let annotations = Annotations::read(r#"{"readOnlyHint":true,"destructiveHint":"no"}"#).unwrap();
    for request in ["{tool: t}", "{method: tools/call, params: {name: t}}"] {
        let row = format!("request: {request}, annotations: {{readOnlyHint: true, destructiveHint: 'no'}}");
        assert_eq!(read(&row), Ok(Some(annotations.clone())));
    }
    assert_eq!(read("request: {tool: t}"), Ok(None));
    let deep = format!("request: {{tool: t}}, annotations: {{a: {}{}}}", "[".repeat(40), "]".repeat(40));
    assert!(read(&deep).is_err());
    for row in ["request: {tool: t}, annotations: true", "request: {prompt: p}, annotations: {}"] {
        assert!(read(row).unwrap_err().contains("tests[0].annotations: "), "{row}");
    }
}

#[test]
fn variables_of_shells_stay_as_they_are() {
    assert!(body("{tool: t, arguments: {cli_command: 'aws s3 ls ${HOME}'}}").contains("${HOME}"));
}

#[test]
fn every_mistake_has_its_line_and_remedy() {
    let file = "\
groups: teams
tests:
  - name: no claims
    request: {tool: t}
    decision: allow
  - name: odd
    claims: {groups: [readers]}
    role: Admin
    sourceIp: here
    request: {tool: t, prompt: p}
    decision: permit
    decision: deny
";
    insta::assert_snapshot!(load(file).unwrap_err(), @r#"
    readers.yaml:1:1: groups: unknown key; known keys here: groupsClaim, groupsSeparator, server, tests
    readers.yaml:3:5: tests[0].claims: missing value; write the token's claims, for example {sub: alice, groups: [readers]}
    readers.yaml:7:13: tests[1].claims: has no `sub`, without which no token is accepted; write sub: <who calls>
    readers.yaml:8:11: tests[1].role: "Admin" is not an IAM role ARN; write arn:aws:iam::<12-digit account>:role/<name>
    readers.yaml:9:15: tests[1].sourceIp: "here" is not an IP address; write one address, for example 203.0.113.7
    readers.yaml:10:14: tests[1].request: is none of the forms of a request; write {tool: …, arguments: {…}}, {prompt: …, arguments: {…}}, {resource: <uri>}, or {method: …, params: {…}}
    readers.yaml:11:15: tests[1].decision: "permit" is not a decision; write allow, deny, or pass where policies are not asked, as for initialize
    readers.yaml:12:5: tests[1].decision: is set a second time, first on line 11; keep one of the two
    "#);
}

#[test]
fn a_file_without_tests_is_a_mistake() {
    for file in ["", "tests: []", "tests:", "- a"] {
        assert!(load(file).is_err(), "{file}");
    }
}
