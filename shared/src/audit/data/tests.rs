use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const JWT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const PEM: &str =
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\nabcdefghij==\n-----END RSA PRIVATE KEY-----";

fn text(body: &str) -> String {
    recorded(body.as_bytes(), false, MAX_DATA_CHARS)
}

#[test]
fn secrets_go_and_the_rest_stays() {
    let session_token = format!("IQoJb3JpZ2luX2Vj{}", "abc/DEF+123".repeat(20));
    let table: &[(String, String)] = &[
        (r#"{"a":1,"b":["x",null,true,1.5e3]}"#.into(), "=".into()),
        (r#"{"name":"aws___call_aws","arguments":{"cli_command":"aws s3 ls"}}"#.into(), "=".into()),
        (r#"{"password":"hunter2","b":1}"#.into(), r#"{"password":"[REDACTED]","b":1}"#.into()),
        (r#"{"Pass\u0077ord" : "hunter2"}"#.into(), r#"{"Pass\u0077ord" : "[REDACTED]"}"#.into()),
        (
            r#"{"credentials":{"a":"b}","c":[1]},"d":2}"#.into(),
            r#"{"credentials":"[REDACTED]","d":2}"#.into(),
        ),
        (r#"{"tokens":[["x"],"y"],"z":1}"#.into(), r#"{"tokens":"[REDACTED]","z":1}"#.into()),
        (r#"{"apiKey":12345,"token":null}"#.into(), r#"{"apiKey":"[REDACTED]","token":null}"#.into()),
        (format!(r#"{{"x":"see {JWT}, ok"}}"#), r#"{"x":"see [REDACTED], ok"}"#.into()),
        (format!("[\"{}\"]", JWT.replace('.', "\\u002e")), r#"["[REDACTED]"]"#.into()),
        (format!(r#"{{"x":"k AKIAIOSFODNN7EXAMPLE {SECRET_KEY}!"}}"#), r#"{"x":"k [REDACTED] [REDACTED]!"}"#.into()),
        (format!("[\"a\\n{}\"]", SECRET_KEY.replace('/', "\\/")), r#"["a\n[REDACTED]"]"#.into()),
        (session_token, "[REDACTED]".into()),
        (serde_json::to_string(PEM).unwrap(), r#""[REDACTED]""#.into()),
        (format!("x {PEM} y"), "x [REDACTED] y".into()),
        (
            json!({"result": {"content": [{"text": json!({"SecretString": "s3cr3t", "Name": "db"}).to_string()}]}})
                .to_string(),
            json!({"result": {"content": [{"text": json!({"SecretString": MARK, "Name": "db"}).to_string()}]}})
                .to_string(),
        ),
        ("Authorization: Basic YTpi and more\r\nx: y".into(), "Authorization: [REDACTED]\r\nx: y".into()),
        ("curl -H 'authorization: bearer abc.def-123' u".into(), "curl -H 'authorization: [REDACTED]' u".into()),
        ("use Bearer abcdefgh123== now".into(), "use Bearer [REDACTED] now".into()),
        ("bearer of news".into(), "=".into()),
        ("aws rds create --master-user-password Hunter2! --x y".into(), "aws rds create --master-user-password [REDACTED] --x y".into()),
        ("aws secretsmanager get-secret-value --secret-id prod/db".into(), "=".into()),
        ("password='a b' token = \"c d\" e".into(), "password='[REDACTED]' token = \"[REDACTED]\" e".into()),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA%2F20&X-Amz-Expires=60&X-Amz-Signature=abc123#f".into(),
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=[REDACTED]&X-Amz-Expires=60&X-Amz-Signature=[REDACTED]".into(),
        ),
        (
            r#"Result: {\"SecretAccessKey\": \"abc\\\"d\", \"Region\": \"x\"}"#.into(),
            r#"Result: {\"SecretAccessKey\": \"[REDACTED]\", \"Region\": \"x\"}"#.into(),
        ),
        ("git clone https://me:s3cr3t@git.example/r x".into(), "git clone https://[REDACTED]@git.example/r x".into()),
        ("https://me@h/a:b@c and http://localhost:9000/x@y".into(), "=".into()),
        ("sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709".into(), "=".into()),
        ("[INFO] token=abcdef".into(), "[INFO] token=[REDACTED]".into()),
        ("\"open token: abc".into(), "\"open token: [REDACTED]".into()),
        ("keyJson.value and ASIAN food".into(), "=".into()),
        ("émile's token is gone".into(), "=".into()),
        (r#"["[\"[\\\"[\\\\\\\"[1]\\\\\\\"]\\\"]\"]"]"#.into(), r#"["[\"[\\\"[\\\\\\\"[REDACTED]\\\\\\\"]\\\"]\"]"]"#.into()),
        (String::new(), "=".into()),
    ];
    for (body, expected) in table {
        let expected = if expected == "=" { body } else { expected };
        assert_eq!(&text(body), expected, "{body}");
    }
}

#[test]
fn no_secret_with_a_telling_neighbour_survives() {
    for body in [
        r#"{"Name":"/prod/db/password","Type":"SecureString","Value":"hunter2"}"#,
        r#"{"Value":"hunter2","Name":"/prod/db/password"}"#,
        r#"{"Value":{"a":["hunter2"]},"Tags":[{"Key":"a","Value":"b"}],"Type":"SecureString"}"#,
        r#"[{"ParameterKey":"DBPassword","ParameterValue":"hunter2"}]"#,
        r#"{"OptionName":"DB_PASSWORD","Value":"hunter2"}"#,
        r#"{"environment":[{"name":"DB_PASSWORD","value":"hunter2"}]}"#,
        r#"{"text":"{\"Name\":\"/db/password\",\"Value\":\"hunter2\"}"}"#,
        r#"see {"Name":"/db/password","Value":"hunter2"}"#,
        r#"see {\"Value\":\"hunter2\",\"Name\":\"/db/password\"}"#,
        r#"["--master-user-password","hunter2"]"#,
        r#"["ssm","put-parameter","--name","/db/password","--value","hunter2"]"#,
        "aws ssm put-parameter --name /db/password --type SecureString --value hunter2",
        "aws ssm put-parameter --name /db/x --value 'hunter2' --type SecureString",
        "aws ssm put-parameter --name /db/x \\\n  --value a,hunter2 \\\n  --type SecureString",
        "--parameters ParameterKey=Host,ParameterValue=x ParameterKey=DBPassword,ParameterValue=hunter2",
        "- name: DB_PASSWORD\n  value: hunter2\n- name: HOST\n  value: h",
        "<Name>/db/password</Name><Type>String</Type><Value>hunter2</Value>",
        "DB_PASS=hunter2",
        "MYSQL_PWD=hunter2 mysql",
        r#"{"dbPass":"hunter2"}"#,
        r#"{"Plaintext":"hunter2","KeyId":"k"}"#,
        "aws kms encrypt --plaintext hunter2",
        r#"{"KeyMaterial":"hunter2"}"#,
        "<Password>hunter2</Password>",
        "<Password>my hunter2</Password>",
        "| Password | hunter2 |",
        "||  Password  |  my hunter2  ||\n||  Host  |  h  ||",
        "|Name|/db/password|\n|Value|hunter2|",
        "password=a|hunter2",
        "passphrase: |\n  correct horse\n  hunter2\nx: y",
        "--parameters '[{\"ParameterKey\":\"DBPassword\",\"ParameterValue\":\"hunter2\"}]'",
        "Value: hunter2\nType: SecureString\nName: /a\n",
        "**Password:** hunter2",
        "**Password**: `my hunter2`",
        "password: |\n  hunter2\n  hunter2\nb: c",
        "a:\n  password: >-\n\n    my\n    hunter2",
        "passphrase: correct horse hunter2",
        "--master-user-password \\\n hunter2",
        "--master-user-password \\\r\n  hunter2",
    ] {
        assert!(!text(body).contains("hunter2"), "{body} -> {}", text(body));
        assert!(text(body).contains(MARK), "{body}");
        let quoted = json!({"result": {"content": [{"text": body}]}}).to_string();
        assert!(!text(&quoted).contains("hunter2"), "{quoted} -> {}", text(&quoted));
    }
    for cut in [r#"{"Type":"String","Value":"hunter2","#, "put-parameter --value hunter2 --na"] {
        assert!(!recorded(cut.as_bytes(), true, MAX_DATA_CHARS).contains("hunter2"), "{cut}");
    }
}

#[test]
fn what_only_resembles_a_secret_stays() {
    for body in [
        r#"{"Name":"/prod/db/host","Type":"String","Value":"db.example"}"#,
        r#"{"Items":[{"Name":"db/password-arn","Value":"a"},{"Key":"team","Value":"b"}]}"#,
        r#"{"name":"password_policy","Rules":{"Name":"length","Value":"12"}}"#,
        r#"{"keyId":"k-1","bypass":true,"KeyMaterialId":"m"}"#,
        r#"["--name","web","--value","1"]"#,
        "ParameterKey=Host,ParameterValue=db.example",
        "--name web --value 1; aws x --name /db/password",
        "</Password> and <Host>h</Host>",
        "find the password\n | here",
    ] {
        assert_eq!(text(body), body);
    }
    assert_eq!(text("a:\n  password: |\n    x\n    y\n  b: c"), "a:\n  password: [REDACTED]\n  b: c");
    assert_eq!(
        text(r#"[{"Name":"password","Value":"x"},{"Name":"host","Value":"y"}]"#),
        r#"[{"Name":"password","Value":"[REDACTED]"},{"Name":"host","Value":"y"}]"#
    );
}

#[test]
fn long_bodies_are_cut_by_characters_and_marked() {
    assert_eq!(recorded("é".repeat(10).as_bytes(), false, 10), "é".repeat(10));
    assert_eq!(recorded("é".repeat(11).as_bytes(), false, 10), format!("{}…[truncated]", "é".repeat(10)));
    assert_eq!(
        recorded("é".repeat(5000).as_bytes(), false, 4096),
        format!("{}…[truncated]", "é".repeat(4096))
    );
    assert_eq!(
        recorded("🦀".repeat(5000).as_bytes(), false, 4096),
        format!("{}…[truncated]", "🦀".repeat(4096))
    );
    assert_eq!(
        recorded("x".repeat(5000).as_bytes(), false, 4096),
        format!("{}…[truncated]", "x".repeat(4096))
    );
    assert_eq!(recorded(b"ab cd", true, 4096), "ab …[truncated]", "a word that may go on is not known");
    assert_eq!(recorded(b"x", false, 0), "…[truncated]");
    assert_eq!(recorded(b"", false, 0), "");
    assert_eq!(recorded(b"a\xff b", false, 10), "a\u{fffd} b");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
fn hostile_bodies_take_no_longer_than_their_length() {
    let began = std::time::Instant::now;
    let long = |piece: &str| piece.repeat(MAX_DATA_CHARS * 3 / piece.len());
    for piece in [
        "eyJ",
        "AKIA",
        "\\",
        "\"",
        "[",
        "{\"a\":\"",
        "-----BEGIN PRIVATE KEY-----",
        "password=",
        "Bearer ",
        "\\\"",
        "token:{",
        "\\u",
        "{\"Value\":",
        "{\"Name\":\"password\",\"Value\":[",
        "name=\"",
        "value=",
        "--name x --value ",
        "password \\\n",
        "--password \\\n",
        "password: |\n ",
        "password: |\n\n",
        "<password>",
        "password|",
        "name: ",
    ] {
        let begun = began();
        let _ = text(&long(piece));
        let _ = text(&format!("{{\"a\":\"{}", long(piece)));
        let _ = recorded(long(piece).as_bytes(), true, MAX_DATA_CHARS);
        assert!(begun.elapsed().as_secs() < 5, "{piece}");
    }
}

/// Secrets by their form; none of their parts may be found where they stood.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "AKIA[A-Z2-7]{16}",
        "ASIA[A-Z2-7]{16}",
        "[a-z]{1}[A-Z]{1}[A-Za-z0-9/+]{38}",
        "eyJ[A-Za-z0-9_-]{20,60}\\.eyJ[A-Za-z0-9_-]{20,80}\\.[A-Za-z0-9_-]{20,60}",
        "IQoJb3JpZ2luX2Vj[A-Za-z0-9/+]{100,300}",
        "-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9/+]{64}\n[A-Za-z0-9/+]{20}\n-----END PRIVATE KEY-----",
        "Bearer [A-Za-z0-9_~+/.-]{20,60}",
        "https://b\\.s3\\.amazonaws\\.com/k\\?X-Amz-Date=1&X-Amz-Signature=[0-9a-f]{64}",
    ]
}

/// The part of a secret that is nobody's to know.
fn core_of(secret: &str) -> &str {
    let secret = secret.strip_prefix("-----BEGIN PRIVATE KEY-----\n").unwrap_or(secret);
    let secret = secret.split_once("Signature=").map_or(secret, |(_, signature)| signature);
    secret.strip_prefix("Bearer ").unwrap_or(secret)
}

/// Any ten characters of it in a row; shorter pieces may stand there by chance.
fn shows(recorded: &str, secret: &str) -> bool {
    let secret = core_of(secret).lines().next().unwrap_or_default().as_bytes();
    secret.windows(10).any(|piece| memchr::memmem::find(recorded.as_bytes(), piece).is_some())
}

fn filler() -> impl Strategy<Value = String> {
    "[a-z ,é\n\"{}:]{0,60}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_planted_secret_survives_wherever_it_is_and_the_text_is_cut(
        secret in secret(), before in filler(), after in filler(), max_chars in 0_usize..300, levels in 0_usize..3,
        goes_on: bool
    ) {
        let mut planted = json!(format!("{before} {secret} {after}"));
        for _ in 0..levels {
            planted = json!({"content": [planted.to_string()]});
        }
        let body = json!({"result": planted}).to_string();
        prop_assert!(!shows(&text(&body), &secret), "{}", text(&body));
        let recorded = recorded(body.as_bytes(), goes_on, max_chars);
        prop_assert!(!shows(&recorded, &secret), "{recorded}");
        let plain = format!("{before} {secret} {after}");
        let recorded = super::recorded(plain.as_bytes(), goes_on, max_chars);
        prop_assert!(!shows(&recorded, &secret), "{recorded}");
    }

    /// A stream is recorded from what had arrived: cut by bytes, anywhere.
    #[test]
    fn no_planted_secret_survives_a_cut_by_bytes(secret in secret(), before in filler(), cut in 0_usize..400) {
        let body = json!({"x": format!("{before} {secret}")}).to_string();
        let beginning = body.as_bytes().get(..cut).unwrap_or(body.as_bytes());
        let recorded = recorded(beginning, cut < body.len(), 4096);
        prop_assert!(!shows(&recorded, &secret), "{recorded}");
    }

    #[test]
    fn no_value_under_the_name_of_a_secret_survives(
        name in "(db_|my|--)?(password|Secret|TOKEN|apiKey|api-key|Authorization|private_key)(_?value|s)?",
        secret in "Q[0-9a-f]{12}Q", number in any::<bool>(), max_chars in 0_usize..200, nested: bool
    ) {
        let value = if nested { json!({"deep": [secret, 1]}) } else { json!(secret) };
        let mut object = serde_json::Map::new();
        object.insert(name.clone(), value);
        object.insert("other".to_owned(), json!(number));
        let inner = Value::Object(object);
        for body in [inner.to_string(), json!({"text": inner.to_string()}).to_string(), format!("a {inner} b")] {
            let recorded = recorded(body.as_bytes(), false, max_chars);
            prop_assert!(!recorded.contains(&secret[..8]), "{body} -> {recorded}");
        }
    }

    #[test]
    fn no_value_beside_the_name_of_a_secret_survives_a_cut(
        name in "/?(prod/|db_)?(password|Secret|API_KEY|DbPass)(/v1)?", secret in "Q[0-9a-f]{12}Q",
        is_value_first: bool, levels in 0_usize..3, max_chars in 0_usize..200
    ) {
        let mut body = if is_value_first {
            format!(r#"[{{"Value":"{secret}","Type":"String","Name":"{name}"}}]"#)
        } else {
            format!(r#"[{{"Name":"{name}","Type":"String","Value":"{secret}"}}]"#)
        };
        for _ in 0..levels {
            body = json!({"text": body}).to_string();
        }
        let cut = body.as_bytes().get(..max_chars).unwrap_or(body.as_bytes());
        for recorded in [recorded(body.as_bytes(), false, max_chars), recorded(cut, cut.len() < body.len(), 4096)] {
            prop_assert!(!recorded.contains(&secret[..8]), "{body} -> {recorded}");
        }
    }

    #[test]
    fn what_is_recorded_of_json_is_json_with_the_same_members(
        members in proptest::collection::btree_map("[a-d]{1,3}", "[ -~é]{0,20}", 0..5)
    ) {
        let body = serde_json::to_string(&members).unwrap();
        let recorded: std::collections::BTreeMap<String, String> = serde_json::from_str(&text(&body)).unwrap();
        prop_assert!(members.keys().eq(recorded.keys()));
    }

    #[test]
    fn any_bytes_are_recorded_within_the_limit(
        body in proptest::collection::vec(any::<u8>(), 0..300), goes_on: bool, max_chars in 0_usize..100
    ) {
        let recorded = recorded(&body, goes_on, max_chars);
        prop_assert!(recorded.chars().count() <= max_chars + CUT_MARK.chars().count());
    }
}
