//! Names of sources, the requests that read them, what their answers mean, and when to look again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;
use rolecall_core::{
    config::variables_in,
    config_source::{
        AnswerHeaders, ConfigSource, Endpoint, InvalidSource, Parameter, RefreshSchedule, Refusal, Service,
        get_latest_configuration, get_object, get_parameters, parameters, reference, session_token,
        start_session,
    },
};
use serde_json::{Value, json};

fn source(text: &str) -> Result<ConfigSource, InvalidSource> {
    text.parse()
}

fn endpoint(service: Service, region: &str) -> Endpoint {
    Endpoint { service, region: region.into(), url: None }
}

fn at(service: Service, url: &str) -> Endpoint {
    Endpoint { service, region: "us-east-1".into(), url: Some(url.parse().unwrap()) }
}

fn object_url(source_text: &str, endpoint: &Endpoint) -> String {
    let Ok(ConfigSource::Object(object)) = source(source_text) else { panic!("{source_text}") };
    get_object(endpoint, &object, None).unwrap().url.into()
}

#[test]
fn sources_are_told_apart() {
    for (text, kind) in [
        ("gateway.yaml", "File"),
        ("/etc/rolecall/gateway.yaml", "File"),
        ("./ssm:name", "File"),
        ("/a:b", "File"),
        ("../s3://bucket/key", "File"),
        ("ssm", "File"),
        ("ssm:gateway", "Parameter"),
        ("ssm:/rolecall/gateway", "Parameter"),
        ("ssm:/rolecall/gateway:7", "Parameter"),
        ("ssm:gateway:production", "Parameter"),
        ("ssm:/aws/reference/secretsmanager/gateway", "Parameter"),
        ("ssm:arn:aws:ssm:eu-west-1:111122223333:parameter/rolecall/gateway", "Parameter"),
        ("ssm:arn:aws-cn:ssm:cn-north-1:111122223333:parameter/gateway:7", "Parameter"),
        ("s3://bucket/gateway.yaml", "Object"),
        ("s3://my.dotted.bucket/a/b//c/", "Object"),
        ("s3://bucket//leading", "Object"),
        ("s3://bucket/...", "Object"),
        ("s3://bucket/a%2e%2e/b?c#d", "Object"),
        ("appconfig://app/env/profile", "Profile"),
        ("appconfig://2x3k5ab/8pq1lmn/My profile", "Profile"),
    ] {
        let parsed = source(text).unwrap_or_else(|error| panic!("{text} {error}"));
        assert!(format!("{parsed:?}").starts_with(kind), "{text}: {parsed:?}");
        assert_eq!(parsed.to_string(), text);
    }
}

#[test]
fn what_names_no_source_is_refused() {
    use InvalidSource::{AmbiguousKey, Bucket, ControlCharacter, Key, Profile, Scheme};
    let long_key = format!("s3://bucket/{}", "k".repeat(1025));
    let long_name = format!("ssm:{}", "n".repeat(1012));
    let long_profile = format!("appconfig://a/b/{}", "p".repeat(129));
    for (text, expected) in [
        ("https://example.com/gateway.yaml", Scheme),
        ("S3://bucket/key", Scheme),
        ("s3:bucket/key", Scheme),
        ("SSM:name", Scheme),
        ("appconfig:a/b/c", Scheme),
        ("arn:aws:ssm:us-east-1:111122223333:parameter/x", Scheme),
        ("file:///etc/gateway.yaml", Scheme),
        ("ssm:/a\n", ControlCharacter),
        ("s3://bucket/a\u{0}b", ControlCharacter),
        ("gateway\u{7f}.yaml", ControlCharacter),
        ("ssm:", InvalidSource::Parameter),
        ("ssm:/", InvalidSource::Parameter),
        ("ssm://name", InvalidSource::Parameter),
        ("ssm:/a//b", InvalidSource::Parameter),
        ("ssm:a/", InvalidSource::Parameter),
        ("ssm:a b", InvalidSource::Parameter),
        ("ssm:ä", InvalidSource::Parameter),
        ("ssm:a:", InvalidSource::Parameter),
        ("ssm:a:1:2", InvalidSource::Parameter),
        (&long_name, InvalidSource::Parameter),
        ("ssm:arn:aws:ssm:us-east-1:111122223333:parameter", InvalidSource::Parameter),
        ("ssm:arn:aws:ssm:us-east-1:111122223333:parameter//a", InvalidSource::Parameter),
        ("ssm:arn:aws:ssm:us-east-1:1111:parameter/a", InvalidSource::Parameter),
        ("ssm:arn:aws:ssm::111122223333:parameter/a", InvalidSource::Parameter),
        ("ssm:arn:aws:ssm:evil.example/:111122223333:parameter/a", InvalidSource::Parameter),
        ("ssm:arn:gcp:ssm:us-east-1:111122223333:parameter/a", InvalidSource::Parameter),
        ("ssm:arn:aws:s3:us-east-1:111122223333:parameter/a", InvalidSource::Parameter),
        ("s3://", Bucket),
        ("s3:///key", Bucket),
        ("s3://Bucket/key", Bucket),
        ("s3://b/key", Bucket),
        ("s3://-bucket/key", Bucket),
        ("s3://a..b/key", Bucket),
        ("s3://evil.example:443/key", Bucket),
        ("s3://user@host/key", Bucket),
        ("s3://bucket", Key),
        ("s3://bucket/", Key),
        (&long_key, Key),
        ("s3://bucket/.", AmbiguousKey),
        ("s3://bucket/a/../b", AmbiguousKey),
        ("s3://bucket/a/./b", AmbiguousKey),
        ("appconfig://", Profile),
        ("appconfig://app/env", Profile),
        ("appconfig://app//profile", Profile),
        ("appconfig://app/env/profile/more", Profile),
        (&long_profile, Profile),
    ] {
        assert_eq!(source(text), Err(expected), "{text}");
        assert!(expected.to_string().contains("; "), "{expected} says no remedy");
    }
}

#[test]
fn requests_go_to_the_regions_own_endpoint_or_the_given_one() {
    let url = |endpoint: &Endpoint| String::from(get_parameters(endpoint, &["a"]).unwrap().url);
    for (region, expected) in [
        ("us-east-1", "https://ssm.us-east-1.amazonaws.com/"),
        ("us-gov-west-1", "https://ssm.us-gov-west-1.amazonaws.com/"),
        ("cn-north-1", "https://ssm.cn-north-1.amazonaws.com.cn/"),
        ("eusc-de-east-1", "https://ssm.eusc-de-east-1.amazonaws.eu/"),
    ] {
        assert_eq!(url(&endpoint(Service::SystemsManager, region)), expected);
    }
    for (given, expected) in [
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566/"),
        ("https://vpce.example.com/", "https://vpce.example.com/"),
        ("https://vpce.example.com/path/", "https://vpce.example.com/path/"),
    ] {
        assert_eq!(url(&at(Service::SystemsManager, given)), expected);
    }
}

#[test]
fn objects_are_addressed_by_host_where_the_certificate_allows_it() {
    let s3 = endpoint(Service::S3, "eu-west-1");
    let given = at(Service::S3, "http://127.0.0.1:9000");
    for (text, endpoint, expected) in [
        ("s3://bucket/a/gateway.yaml", &s3, "https://bucket.s3.eu-west-1.amazonaws.com/a/gateway.yaml"),
        ("s3://dotted.bucket/key", &s3, "https://s3.eu-west-1.amazonaws.com/dotted.bucket/key"),
        ("s3://bucket/key", &given, "http://127.0.0.1:9000/bucket/key"),
        ("s3://bucket//a//b/", &s3, "https://bucket.s3.eu-west-1.amazonaws.com//a//b/"),
        ("s3://bucket/a b+c%2F?d#e", &s3, "https://bucket.s3.eu-west-1.amazonaws.com/a%20b%2Bc%252F%3Fd%23e"),
        ("s3://bucket/ü'()*~", &s3, "https://bucket.s3.eu-west-1.amazonaws.com/%C3%BC%27%28%29%2A~"),
        ("s3://bucket/%2e%2e/x", &s3, "https://bucket.s3.eu-west-1.amazonaws.com/%252e%252e/x"),
    ] {
        assert_eq!(object_url(text, endpoint), expected, "{text}");
    }
    let etag = HeaderValue::from_static("\"0123\"");
    let Ok(ConfigSource::Object(object)) = source("s3://bucket/key") else { panic!() };
    assert_eq!(get_object(&s3, &object, Some(&etag)).unwrap().headers["if-none-match"], etag);
}

#[test]
fn parameters_are_found_under_what_they_were_asked_for() {
    let request = get_parameters(&endpoint(Service::SystemsManager, "us-east-1"), &["/a", "b:2"]).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"Names": ["/a", "b:2"], "WithDecryption": true}));
    assert_eq!(request.headers["x-amz-target"], "AmazonSSM.GetParameters");
    assert_eq!(request.headers["content-type"], "application/x-amz-json-1.1");

    let arn = "arn:aws:ssm:us-east-1:111122223333:parameter";
    let answer = json!({"InvalidParameters": ["x"], "Parameters": [
        {"Name": "/a", "ARN": format!("{arn}/a"), "Value": "one", "Version": 1, "Type": "String"},
        {"Name": "b", "ARN": format!("{arn}/b"), "Value": "two", "Version": 2, "Selector": ":2"},
    ]});
    let found = parameters(answer.to_string().as_bytes()).unwrap();
    let value = |name: &str| found.get(name).map(|stored| stored.value.as_str());
    for (asked, expected) in [
        ("/a", Some("one")),
        ("b:2", Some("two")),
        (&format!("{arn}/a"), Some("one")),
        (&format!("{arn}/b:2"), Some("two")),
        ("a", None),
        ("b", None),
        ("b:1", None),
        ("/a:1", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(value(asked), expected, "{asked}");
    }
    assert!(!format!("{found:?}").contains("two"), "a value may be secret");
    for unreadable in ["", "{}", r#"{"Parameters": [{"Name": "a"}]}"#, "<html>"] {
        assert!(parameters(unreadable.as_bytes()).is_err(), "{unreadable}");
    }
}

#[test]
fn appconfig_is_asked_by_name_and_by_token() {
    let Ok(ConfigSource::Profile(profile)) = source("appconfig://app/prod/My \"profile\"") else { panic!() };
    let appconfig = endpoint(Service::AppConfig, "us-east-1");
    let request = start_session(&appconfig, &profile).unwrap();
    assert_eq!(request.url.as_str(), "https://appconfigdata.us-east-1.amazonaws.com/configurationsessions");
    let names = json!({"ApplicationIdentifier": "app", "EnvironmentIdentifier": "prod",
        "ConfigurationProfileIdentifier": "My \"profile\""});
    assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), names);
    assert_eq!(session_token(br#"{"InitialConfigurationToken": "a+/="}"#).as_deref(), Ok("a+/="));
    assert!(session_token(b"{}").is_err());
    let url = get_latest_configuration(&appconfig, "a+/=&b").unwrap().url;
    assert_eq!(url.query(), Some("configuration_token=a%2B%2F%3D%26b"));

    let headers = |lines: &[(&'static str, &'static str)]| -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    };
    let (token, interval) = (("next-poll-configuration-token", "t"), ("next-poll-interval-in-seconds", "45"));
    let read = |version_label: Option<&str>| AnswerHeaders {
        next_token: "t".into(),
        next_poll_seconds: 45,
        version_label: version_label.map(str::to_owned),
    };
    assert_eq!(AnswerHeaders::read(&headers(&[token, interval])), Ok(read(None)));
    assert_eq!(
        AnswerHeaders::read(&headers(&[token, interval, ("version-label", "v3")])),
        Ok(read(Some("v3")))
    );
    for lines in [&[token][..], &[interval], &[token, ("next-poll-interval-in-seconds", "soon")]] {
        assert!(AnswerHeaders::read(&headers(lines)).is_err(), "{lines:?}");
    }
}

#[test]
fn error_answers_say_what_to_do() {
    let header = |value: &'static str| {
        HeaderMap::from_iter([(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(value))])
    };
    let none = HeaderMap::new;
    let xml = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    for (status, headers, body, service, shown, remedy, retryable) in [
        (
            400,
            none(),
            r#"{"__type":"AccessDeniedException","Message":"x"}"#,
            Service::SystemsManager,
            "AccessDeniedException (400)",
            "ssm:GetParameters",
            false,
        ),
        (
            400,
            none(),
            r#"{"__type":"com.amazonaws.ssm#ThrottlingException"}"#,
            Service::SystemsManager,
            "ThrottlingException (400)",
            "asked again",
            true,
        ),
        (403, none(), xml, Service::S3, "AccessDenied (403)", "s3:GetObject", false),
        (
            404,
            none(),
            "<Error><Code>NoSuchKey</Code></Error>",
            Service::S3,
            "NoSuchKey (404)",
            "put the object",
            false,
        ),
        (
            301,
            none(),
            "<Error><Code>PermanentRedirect</Code></Error>",
            Service::S3,
            "PermanentRedirect (301)",
            "own region",
            false,
        ),
        (
            400,
            none(),
            "<Error><Code>AuthorizationHeaderMalformed</Code></Error>",
            Service::S3,
            "AuthorizationHeaderMalformed (400)",
            "own region",
            false,
        ),
        (
            403,
            none(),
            "<Error><Code>SignatureDoesNotMatch</Code></Error>",
            Service::S3,
            "SignatureDoesNotMatch (403)",
            "not valid",
            false,
        ),
        (
            503,
            none(),
            "<Error><Code>SlowDown</Code></Error>",
            Service::S3,
            "SlowDown (503)",
            "asked again",
            true,
        ),
        (
            403,
            header("AccessDeniedException:http://internal.amazon.com/x"),
            "{}",
            Service::AppConfig,
            "AccessDeniedException (403)",
            "appconfig:StartConfigurationSession",
            false,
        ),
        (
            404,
            header("ResourceNotFoundException"),
            "",
            Service::AppConfig,
            "ResourceNotFoundException (404)",
            "deploy a version",
            false,
        ),
        (
            403,
            header("ExpiredTokenException"),
            "",
            Service::AppConfig,
            "ExpiredTokenException (403)",
            "not valid",
            false,
        ),
        (429, none(), "", Service::AppConfig, "429", "asked again", true),
        (500, none(), "<html>", Service::AppConfig, "500", "asked again", true),
        (
            400,
            header("BadRequestException"),
            "",
            Service::AppConfig,
            "BadRequestException (400)",
            "API reference",
            false,
        ),
        (418, header("not a code, but a secret"), "", Service::AppConfig, "418", "API reference", false),
        (400, none(), r#"{"__type":"x y"}"#, Service::AppConfig, "400", "API reference", false),
    ] {
        let refusal = Refusal::read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes());
        assert_eq!(refusal.to_string(), shown);
        assert!(refusal.remedy(service).contains(remedy), "{shown}: {}", refusal.remedy(service));
        assert_eq!(refusal.is_retryable(), retryable, "{shown}");
    }
}

#[test]
fn a_look_is_due_after_the_longer_of_both_intervals() {
    let mut schedule = RefreshSchedule::new(60, 1000);
    assert_eq!([1000, 1059, 1060].map(|now| schedule.is_due(now)), [false, false, true]);
    schedule.begin(1100);
    assert_eq!([1159, 1160].map(|now| schedule.is_due(now)), [false, true]);
    schedule.end(1102, 300);
    assert_eq!([1160, 1402, 1403].map(|now| schedule.is_due(now)), [false, false, true]);
    schedule.begin(1403);
    assert_eq!([1462, 1463].map(|now| schedule.is_due(now)), [false, true], "a look that never ended");
    for pause in [0, 15] {
        schedule.end(1405, pause);
        assert_eq!([1462, 1463].map(|now| schedule.is_due(now)), [false, true]);
    }
    assert!(schedule.is_due(0), "a clock that was set back stops nothing");
}

#[test]
fn variables_of_a_document_are_found() {
    let document = "a: ${ROLECALL_A}\n# ${B:-x}\nc: ${C}${D_1} $E ${} ${1F} ${aws:x} $${G}\n${H";
    assert_eq!(
        variables_in(document).into_iter().collect::<Vec<_>>(),
        ["B", "C", "D_1", "G", "H", "ROLECALL_A", "aws"]
    );
}

#[test]
fn only_values_that_name_a_parameter_are_references() {
    assert!(
        reference("https://example.com").is_none() && reference("").is_none() && reference("ssm").is_none()
    );
    assert_eq!(reference("ssm:/a"), Some(Parameter::parse("/a")));
    assert_eq!(reference("ssm: /a"), Some(Err(InvalidSource::Parameter)));
}

proptest! {
    #[test]
    fn a_source_that_is_accepted_reads_back_as_it_was_written(
        text in "(ssm:|s3://|appconfig://|arn:aws:|[a-z]{0,3}:)?[ -~äß/.%:]{0,60}",
    ) {
        if let Ok(parsed) = source(&text) {
            prop_assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn any_text_is_a_source_or_refused(text in any::<String>()) {
        let _ = source(&text);
        let _ = variables_in(&text);
    }

    /// What goes over the wire is what was signed, and means the key that was asked for.
    #[test]
    fn a_key_arrives_as_it_was_meant(key in "\\PC{1,200}") {
        if let Ok(ConfigSource::Object(object)) = source(&format!("s3://bucket/{key}")) {
            let url = get_object(&endpoint(Service::S3, "us-east-1"), &object, None).unwrap().url;
            prop_assert!(url.path().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte)));
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            let sent: String = url.path()[1..].replace('+', "%2B");
            let arrived = url::form_urlencoded::parse(format!("k={sent}").as_bytes()).next().unwrap().1.into_owned();
            prop_assert_eq!(arrived, key);
        }
    }

    #[test]
    fn no_error_answer_shows_more_than_a_code(status in 300_u16..600, body in any::<Vec<u8>>(), header in "[ -~]{0,90}") {
        let headers = HeaderMap::from_iter([
            (HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_str(&header).unwrap()),
        ]);
        for headers in [headers, HeaderMap::new()] {
            let shown = Refusal::read(StatusCode::from_u16(status).unwrap(), &headers, &body).to_string();
            prop_assert!(shown.len() <= 70 && shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"(). ".contains(&byte)));
        }
    }
}
