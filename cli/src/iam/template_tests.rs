use super::*;

fn resolved(template: &str) -> Result<Value, String> {
    let setting = Setting {
        account: "111122223333".to_owned(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        parameters: HashMap::from([("Given".to_owned(), "given".to_owned())]),
    };
    let document = Document::parse("template.yaml", template).map_err(|failure| failure.to_string())?;
    resolve(document, &setting).map(|source| source.tree).map_err(|failure| failure.to_string())
}

fn value(written: &str) -> Value {
    let template = format!(
        "
Parameters:
  Given: {{Type: String}}
  List: {{Type: CommaDelimitedList, Default: 'a, b'}}
Mappings: {{Map: {{one: {{Name: sub}}}}}}
Conditions:
  Yes: !Equals [!Ref Given, given]
  No: !Not [!Condition Yes]
Resources:
  Role: {{Type: AWS::IAM::Role, Properties: {{Path: /x/, Value: {written}}}}}
  Policy: {{Type: AWS::IAM::ManagedPolicy, Properties: {{}}}}
"
    );
    resolved(&template).unwrap().pointer("/Resources/Role/Properties/Value").cloned().unwrap_or_default()
}

#[test]
fn functions_have_the_values_of_the_table() {
    let table = [
        ("!Ref Given", "given"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref Policy", "arn:aws:iam::111122223333:policy/Policy"),
        ("!GetAtt Role.Arn", "arn:aws:iam::111122223333:role/x/Role"),
        ("!Sub '${Given}-${AWS::AccountId}-${!aws:username}'", "given-111122223333-${aws:username}"),
        ("!Sub ['${X}!', {X: !Select [1, !Ref List]}]", "b!"),
        ("!Join ['-', !Split ['/', 'a/b']]", "a-b"),
        ("!FindInMap [Map, one, Name]", "sub"),
        ("!If [Yes, x, y]", "x"),
        ("!If [No, x, !If [Yes, z, y]]", "z"),
        ("!ImportValue elsewhere", "<unresolved Fn::ImportValue>"),
    ];
    for (written, expected) in table {
        assert_eq!(value(written), Value::from(expected), "{written}");
    }
    assert_eq!(value("!If [No, x, !Ref 'AWS::NoValue']"), Value::Null);
    assert_eq!(value("[a, !Ref 'AWS::NoValue', b]"), serde_json::json!(["a", "b"]));
}

#[test]
fn circles_end() {
    let twice = "Conditions: {A: !And [!Condition A, !Or [!Condition A, !Condition A]]}\n\
                 Resources: {Role: {Type: AWS::IAM::Role, Condition: A, \
                 Properties: {RoleName: !Sub '${Role}${Role.Arn}', B: !If [A, !Ref Role, !Ref Role]}}}";
    assert!(resolved(twice).is_ok());
    assert!(resolved(&twice.replace("Condition: A, ", "")).is_ok());
}

#[test]
fn what_is_no_template_is_refused() {
    let deep = format!("Resources: {}1{}", "[".repeat(200), "]".repeat(200));
    for text in ["", "a: *b", "a: &b [*b]", "{\"a\": 1", "a: 1\na: 2", &deep] {
        assert!(resolved(text).is_err(), "{text:.40}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_brings_it_down(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "Resources", ":", " ", "\n", "  ", "{", "}", "[", "]", ",", "- ", "'", "\"", "|\n", "!Sub ", "!Ref ", "!If ",
                "!GetAtt ", "Role", "Type", "AWS::IAM::Role", "Properties", "${Role.Arn}", "${", "Condition", "*", "&a ", "\t",
                "Fn::Join", "~1", "1", "é",
            ]),
            0..60,
        )
    ) {
        let _ = resolved(&pieces.concat());
    }
}
