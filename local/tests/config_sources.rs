//! The stand-ins for Parameter Store and AppConfig Data refuse what the real ones refuse. Requests to S3 are signed in
//! its own way, so the gateway's tests and moto show that one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by tests that each need a part of it")]
mod common;

use common::ToSign;
use rolecall_local::config_sources::ConfigSources;
use serde_json::{Value, json};

const JSON: &str = "application/x-amz-json-1.1";
const TARGET: &str = "AmazonSSM.GetParameters";
const PROFILE: [&str; 3] = ["app", "prod", "profile"];

async fn get_parameters(sources: &ConfigSources, body: &Value, headers: [(&str, &str); 2]) -> (u16, Value) {
    let (url, body) = (format!("{}/", sources.ssm.service().url()), body.to_string());
    let request = ToSign { headers: headers.to_vec(), service: "ssm", ..ToSign::post(&url, body.as_bytes()) };
    let response = request.send(&sources.credentials, &[]).await;
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn parameters_are_given_as_they_are_asked_for() {
    let sources = ConfigSources::start().await.unwrap();
    for value in ["one", "two"] {
        sources.ssm.put("/a", value);
    }
    let headers = [("content-type", JSON), ("x-amz-target", TARGET)];
    let arn = "arn:aws:ssm:us-east-1:111122223333:parameter/a";
    let names = json!({"Names": ["/a", "/a:1", arn, "/missing", "/a:7"], "WithDecryption": true});
    let (status, answer) = get_parameters(&sources, &names, headers).await;
    assert_eq!((status, &answer["InvalidParameters"]), (200, &json!(["/missing", "/a:7"])));
    let values: Vec<_> = answer["Parameters"].as_array().unwrap().iter().map(|one| &one["Value"]).collect();
    assert_eq!(values, ["two", "one", "two"]);
    let (_, encrypted) = get_parameters(&sources, &json!({"Names": ["/a"]}), headers).await;
    assert_ne!(encrypted["Parameters"][0]["Value"], "two", "a SecureString is decrypted for who asks for it");
}

#[tokio::test]
async fn requests_that_parameter_store_would_not_take_are_refused() {
    let sources = ConfigSources::start().await.unwrap();
    sources.ssm.put("/a", "one");
    let good = [("content-type", JSON), ("x-amz-target", TARGET)];
    let eleven: Vec<_> = (0..11).map(|n| format!("/{n}")).collect();
    let one = json!({"Names": ["/a"]});
    for (body, headers, expected) in [
        (&json!({"Names": []}), good, "ValidationException"),
        (&json!({"Names": ["/a", "/a"]}), good, "ValidationException"),
        (&json!({"Names": eleven}), good, "ValidationException"),
        (&one, [("content-type", "application/json"), ("x-amz-target", TARGET)], "SerializationException"),
        (
            &one,
            [("content-type", JSON), ("x-amz-target", "AmazonSSM.GetParameter")],
            "UnknownOperationException",
        ),
    ] {
        let (status, answer) = get_parameters(&sources, body, headers).await;
        assert_eq!((status, &answer["__type"]), (400, &json!(expected)), "{body}");
    }
    let url = format!("{}/", sources.ssm.service().url());
    let unsigned = rolecall_local::http::client().post(&url).header("x-amz-target", TARGET).body("{}");
    assert_eq!(unsigned.send().await.unwrap().status(), 403);
    let body = one.to_string();
    let request = ToSign {
        headers: vec![("content-type", JSON)],
        service: "ssm",
        ..ToSign::post(&url, body.as_bytes())
    };
    let response = request.send(&sources.credentials, &[("x-amz-target", TARGET)]).await;
    assert_eq!(response.status(), 403, "an x-amz- header that is not signed");
    let other = ToSign { headers: good.to_vec(), service: "s3", ..ToSign::post(&url, body.as_bytes()) };
    assert_eq!(other.send(&sources.credentials, &[]).await.status(), 403, "signed for another service");
}

async fn poll(sources: &ConfigSources, token: &str) -> reqwest::Response {
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let url = format!("{}/configuration?configuration_token={token}", sources.appconfig.service().url());
    let request = ToSign { method: "GET", headers: vec![], service: "appconfig", ..ToSign::post(&url, b"") };
    request.send(&sources.credentials, &[]).await
}

#[tokio::test]
async fn a_token_of_appconfig_is_good_for_one_poll_and_not_before_its_time() {
    let sources = ConfigSources::start().await.unwrap();
    sources.appconfig.deploy(PROFILE, "first");
    let url = format!("{}/configurationsessions", sources.appconfig.service().url());
    let start = json!({"ApplicationIdentifier": "app", "EnvironmentIdentifier": "prod",
        "ConfigurationProfileIdentifier": "profile"});
    let body = start.to_string();
    let session = ToSign { service: "appconfig", ..ToSign::post(&url, body.as_bytes()) };
    let session: Value = session.send(&sources.credentials, &[]).await.json().await.unwrap();
    let token = session["InitialConfigurationToken"].as_str().unwrap();
    let next = |response: &reqwest::Response| {
        response.headers()["next-poll-configuration-token"].to_str().unwrap().to_owned()
    };

    let first = poll(&sources, token).await;
    let second_token = next(&first);
    assert_eq!(first.text().await.unwrap(), "first");
    assert_eq!(poll(&sources, token).await.status(), 400, "used twice");
    tokio::time::sleep(std::time::Duration::from_millis(1050)).await;
    let second = poll(&sources, &second_token).await;
    let third_token = next(&second);
    assert_eq!((second.status().as_u16(), second.text().await.unwrap().as_str()), (200, ""), "nothing new");
    assert_eq!(poll(&sources, &third_token).await.status(), 400, "too early");
}
