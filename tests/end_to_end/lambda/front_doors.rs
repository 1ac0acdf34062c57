//! What every front door has to carry over unchanged, and what it must not believe.

use base64::{Engine, prelude::BASE64_STANDARD};
use rolecall_local::{raw::Answer, runtime_api::Event};
use serde_json::{Value, json};

use super::{BUFFERED, DOORS, Function, ping};

/// Sets a header of an event in whichever form its door has.
fn set_header(event: &mut Value, name: &str, value: &str) {
    event["headers"][name] = value.into();
    if let Some(all) = event.get_mut("multiValueHeaders") {
        all[name] = json!([value]);
    }
}

#[tokio::test]
async fn the_source_address_is_what_aws_wrote_and_never_what_the_client_wrote() {
    let (function, raw) = Function::with_raw(&[]).await;
    raw.always(Answer::accepted());
    let cases = [
        ("function-url", "198.51.100.1", "203.0.113.9"),
        ("http-api", "198.51.100.1", "203.0.113.9"),
        ("rest-api", "198.51.100.1", "203.0.113.9"),
        ("load-balancer", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("load-balancer", "198.51.100.1,203.0.113.9:4711", "203.0.113.9"),
        ("load-balancer", "198.51.100.1, 2001:db8::9", "2001:db8::9"),
        ("load-balancer", "198.51.100.1, [2001:db8::9]:4711", "2001:db8::9"),
    ];
    for (door, forwarded_for, source) in cases {
        let mut event = function.event(door, "initialize");
        set_header(&mut event, "x-forwarded-for", forwarded_for);
        let event = Event::json(&event);
        let request_id = event.request_id().to_owned();
        assert_eq!(function.answer(event).await.status, 202, "{door}");
        assert_eq!(function.audit_line(&request_id).await["source"], source, "{door} {forwarded_for}");
    }
}

#[tokio::test]
async fn a_load_balancer_that_names_no_source_leaves_none() {
    let (function, raw) = Function::with_raw(&[]).await;
    raw.always(Answer::accepted());
    let mut event = function.event("load-balancer", "initialize");
    set_header(&mut event, "x-forwarded-for", "203.0.113.9, nobody");
    let event = Event::json(&event);
    let request_id = event.request_id().to_owned();
    function.answer(event).await;
    assert_eq!(function.audit_line(&request_id).await.get("source"), None);
}

#[tokio::test]
async fn the_request_id_and_the_trace_are_lambdas() {
    let (function, raw) = Function::with_raw(&[]).await;
    raw.always(Answer::accepted());
    let event = function
        .post(&ping())
        .trace_id("Root=1-65f0a1b2-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1");
    let request_id = event.request_id().to_owned();
    assert_eq!(function.answer(event).await.header("x-request-id"), Some(request_id.as_str()));
    let line = function.audit_line(&request_id).await;
    assert_eq!(line["trace_id"], "1-65f0a1b2-0123456789abcdef01234567");
}

#[tokio::test]
async fn a_base64_body_reaches_the_upstream_byte_for_byte() {
    let (function, raw) = Function::with_raw(&[]).await;
    raw.always(Answer::accepted());
    let body =
        b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\",\"odd\":\"\xff\xfe\\u0000\",\"n\":1e2}\r\n";
    for door in DOORS {
        let mut event = function.event(door, "base64-body");
        event["body"] = BASE64_STANDARD.encode(body).into();
        assert_eq!(function.answer(Event::json(&event)).await.status, 202, "{door}");
        let received = raw.received().pop().unwrap();
        assert_eq!(received.body.as_ref(), body, "{door}");
    }
}

#[tokio::test]
async fn repeated_request_headers_all_reach_the_upstream() {
    let (function, raw) = Function::with_raw(&[]).await;
    raw.always(Answer::accepted());
    for door in ["rest-api", "load-balancer"] {
        let mut event = function.event(door, "initialize");
        event["headers"]["accept"] = "text/event-stream".into();
        if door == "load-balancer" {
            // It sends either form, never both.
            let all = event["headers"].as_object().unwrap().iter();
            let all = all.map(|(name, value)| (name.clone(), json!([value]))).collect();
            event["multiValueHeaders"] = Value::Object(all);
            event.as_object_mut().unwrap().remove("headers");
        }
        event["multiValueHeaders"]["accept"] = json!(["application/json", "text/event-stream"]);
        assert_eq!(function.answer(Event::json(&event)).await.status, 202, "{door}");
        let received = raw.received().pop().unwrap();
        let accepted: Vec<u8> = received.header_values("accept").join(&b", "[..]);
        assert_eq!(String::from_utf8(accepted).unwrap(), "application/json, text/event-stream", "{door}");
    }
}

#[tokio::test]
async fn a_stage_before_the_path_is_no_part_of_it() {
    let function = Function::start(&[]).await;
    let mut event = function.event("http-api", "healthz");
    event["rawPath"] = "/prod/healthz".into();
    event["requestContext"]["http"]["path"] = "/prod/healthz".into();
    event["requestContext"]["stage"] = "prod".into();
    assert_eq!(function.answer(Event::json(&event)).await.status, 200);
    event["requestContext"]["stage"] = "pro".into();
    assert_eq!(function.answer(Event::json(&event)).await.status, 404);
}

#[tokio::test]
async fn accepted_stays_accepted_without_a_body_or_an_invented_content_type() {
    for environment in [&[][..], &[BUFFERED][..]] {
        let (function, raw) = Function::with_raw(environment).await;
        raw.always(Answer::accepted());
        for door in DOORS {
            let answer = function.answer(Event::json(&function.event(door, "initialize"))).await;
            assert_eq!((answer.status, answer.body.len()), (202, 0), "{door}");
            assert_eq!(answer.headers.get("content-type"), None, "{door}");
        }
    }
}

#[tokio::test]
async fn repeated_response_headers_are_one_value_unless_the_door_takes_lists() {
    let upstream = || Answer::json(405, "{}").header("allow", "POST").header("allow", "DELETE");
    let cases = [
        (None, "function-url", json!("POST, DELETE"), Value::Null),
        (Some(BUFFERED), "http-api", json!("POST, DELETE"), Value::Null),
        (Some(BUFFERED), "rest-api", Value::Null, json!(["POST", "DELETE"])),
        (Some(BUFFERED), "load-balancer", json!("POST, DELETE"), json!(["POST", "DELETE"])),
    ];
    for (mode, door, single, multiple) in cases {
        let (function, raw) = Function::with_raw(mode.as_slice()).await;
        raw.always(upstream());
        let answer = function.answer(Event::json(&function.event(door, "get"))).await;
        assert_eq!(answer.status, 405, "{door}");
        assert_eq!(answer.document["headers"]["allow"], single, "{door}");
        assert_eq!(answer.document["multiValueHeaders"]["allow"], multiple, "{door}");
    }
}
