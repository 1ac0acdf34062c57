//! No event brings the function down: each is answered, and so is the next.

use rolecall_local::runtime_api::Event;
use serde_json::{Value, json};

use super::{BUFFERED, Function};

#[tokio::test]
async fn no_event_brings_the_streaming_function_down() {
    survives(&Function::start(&[]).await).await;
}

#[tokio::test]
async fn no_event_brings_the_buffered_function_down() {
    survives(&Function::start(&[BUFFERED]).await).await;
}

async fn survives(function: &Function) {
    for (case, event, status) in cases(function) {
        let answer = function.answer(event).await;
        assert_eq!(answer.status, status, "{case}: {}", String::from_utf8_lossy(&answer.body));
        assert!(answer.header("x-request-id").is_some(), "{case}");
        function.assert_alive(case).await;
    }
    assert_eq!(
        function.process.stderr().text().matches("Invalid byte").count(),
        0,
        "a panic's text was printed"
    );
}

fn cases(function: &Function) -> Vec<(&'static str, Event, u16)> {
    let changed = |door, name, change: &dyn Fn(&mut Value)| {
        let mut event = function.event(door, name);
        change(&mut event);
        Event::json(&event)
    };
    let post = |change: &dyn Fn(&mut Value)| changed("function-url", "base64-body", change);
    vec![
        ("base64 that is none", post(&|event| event["body"] = "%%%".into()), 400),
        (
            "base64 that is none, from a REST API",
            changed("rest-api", "base64-body", &|event| event["body"] = "%%%".into()),
            400,
        ),
        ("a host that is none", post(&|event| event["headers"]["host"] = "a b:c".into()), 400),
        ("a path that is none", post(&|event| event["rawPath"] = "no slash \u{0} \\".into()), 400),
        (
            "a query that is none",
            post(&|event| event["rawQueryString"] = "a=\u{7f}%zz \u{1F600}".into()),
            400,
        ),
        ("a header value with a line break", post(&|event| event["headers"]["x"] = "a\r\nb: c".into()), 400),
        ("a header name that is none", post(&|event| event["headers"]["a b"] = "c".into()), 400),
        ("a header that is no text", post(&|event| event["headers"]["x"] = json!({"a": 1})), 400),
        (
            "a method that is none",
            post(&|event| event["requestContext"]["http"]["method"] = "A B".into()),
            400,
        ),
        ("a body that is no text", post(&|event| event["body"] = json!([1])), 400),
        ("a scheduled event", Event::json(&json!({"source": "aws.events", "detail": {}})), 400),
        ("a queue's event", Event::json(&json!({"Records": [{"eventSource": "aws:sqs", "body": "x"}]})), 400),
        ("an empty object", Event::json(&json!({})), 400),
        ("a number", Event::bytes("7"), 400),
        ("nothing", Event::bytes(""), 400),
        ("no JSON", Event::bytes("{\"version\":"), 400),
        ("no UTF-8", Event::bytes(&b"{\"a\":\"\xff\"}"[..]), 400),
        ("deep JSON", Event::bytes("[".repeat(100_000)), 400),
        (
            "a body of 15 MB",
            post(&|event| {
                event["isBase64Encoded"] = false.into();
                event["body"] = "x".repeat(15_000_000).into();
            }),
            413,
        ),
        ("an event of 20 MB", Event::bytes(vec![b' '; 20_000_000]), 413),
    ]
}
