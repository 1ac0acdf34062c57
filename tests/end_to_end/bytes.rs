//! Bodies cross the gateway byte for byte in both directions.

use bytes::Bytes;
use http_body_util::BodyExt;
use rolecall_local::raw::{Answer, Framing, Raw, Step};

use crate::{
    harness::{World, without_meta},
    tcp::{exchange, post},
};

const PING: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Bodies that a parser would change, and bodies that no parser takes.
fn bodies() -> Vec<(&'static str, Bytes)> {
    let mut bodies: Vec<(&str, Bytes)> = [
        ("duplicate keys", br#"{"jsonrpc":"2.0","id":1,"method":"ping","a":1,"a":2}"#.as_slice()),
        ("numbers", br#"{"jsonrpc":"2.0","id":1.0,"method":"x","params":[1e2,-0,1152921504606846977,0.10]}"#),
        ("escapes", br#"{"\u0069d":"\u0061\/\ud83d\ude00","method":"\u0070ing"}"#),
        ("white space", b"\r\n\t{ \"id\" : 1 ,\r\n\"method\":\"ping\" }\r\n\r\n"),
        ("byte order mark", b"\xef\xbb\xbf{\"id\":1,\"method\":\"ping\"}"),
        ("characters", "{\"id\":\"é😀\u{2028}\",\"method\":\"ping\"}".as_bytes()),
        ("half a character", b"{\"id\":\"\xf0\x9f\x98\",\"method\":\"ping\"}"),
        ("other bytes", b"\0\x01\xff\xfe\r\n\r\n0\r\n\r\n"),
        ("half a message", br#"{"jsonrpc":"2.0","id":1,"#),
        ("a batch", br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#),
        ("deep", b"[[[[[[[[[[{}]]]]]]]]]]"),
        ("empty", b""),
    ]
    .map(|(name, body)| (name, Bytes::from_static(body)))
    .into();
    let large: Vec<u8> = (0_u32..5 << 20).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    bodies.push(("5 MB", large.into()));
    bodies
}

async fn world() -> (World, Raw) {
    World::with_raw_upstream_and_config(without_meta).await
}

#[tokio::test]
async fn a_request_body_arrives_as_it_was_sent() {
    let (world, raw) = world().await;
    raw.always(Answer::json(200, "{}"));
    for (name, body) in bodies() {
        for chunked in [false, true] {
            let request = world.http.post(world.gateway.url()).bearer_auth(world.token("alice"));
            let request = if chunked {
                // Cut in three wherever that falls, also within a character.
                let third = body.len() / 3 + 1;
                let parts: Vec<_> =
                    body.chunks(third).map(Bytes::copy_from_slice).map(Ok::<_, std::io::Error>).collect();
                request.body(reqwest::Body::wrap_stream(futures_util::stream::iter(parts)))
            } else {
                request.body(body.clone())
            };
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{name}, chunked: {chunked}");
            let received = raw.received().pop().unwrap();
            assert!(received.body == body, "{name}, chunked: {chunked}");
            assert_eq!(
                received.header_values("content-length"),
                [body.len().to_string().as_bytes()],
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn an_answers_body_arrives_as_it_was_sent() {
    let (world, raw) = world().await;
    let token = world.token("alice");
    for (name, body) in bodies() {
        for content_type in ["application/json", "text/event-stream", "application/octet-stream"] {
            for framing in [Framing::Length, Framing::Chunked, Framing::UntilClose] {
                let third = body.len() / 3 + 1;
                let answer = Answer::status(200).header("content-type", content_type).framing(framing);
                raw.push(
                    body.chunks(third).fold(answer, |answer, part| answer.send(Bytes::copy_from_slice(part))),
                );
                let response = world.post(&token, PING).send().await.unwrap();
                let what = format!("{name} as {content_type}, {framing:?}");
                assert_eq!(response.status(), 200, "{what}");
                assert_eq!(response.headers()["content-type"], content_type, "{what}");
                assert!(response.bytes().await.unwrap() == body, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn each_chunk_of_a_stream_is_passed_alone_even_half_a_character() {
    let (world, raw) = world().await;
    let smile = "😀".as_bytes();
    let gate = rolecall_local::raw::Gate::default();
    let first = [b"data: \"".as_slice(), &smile[..2]].concat();
    let second = [&smile[2..], b"\"\n\n"].concat();
    raw.push(Answer::sse().send(first.clone()).then(Step::Until(gate.clone())).send(second.clone()));
    let mut body =
        http::Response::from(world.post(&world.token("alice"), PING).send().await.unwrap()).into_body();
    let mut next = async || body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(next().await, first);
    gate.open();
    assert_eq!(next().await, second);
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn an_answer_without_a_body_stays_without_one() {
    let (world, raw) = world().await;
    let notification = br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let cases = [
        (202, Answer::accepted()),
        (202, Answer::status(202).framing(Framing::Chunked)),
        (202, Answer::status(202).framing(Framing::UntilClose)),
        (200, Answer::status(200)),
        (204, Answer::status(204).framing(Framing::UntilClose)),
        (404, Answer::status(404)),
    ];
    for (status, answer) in cases {
        let what = format!("{answer:?}");
        raw.push(answer);
        let seen = exchange(&world, &post(&world, &[], notification)).await;
        assert_eq!(seen.status(), status, "{what}");
        assert!(matches!(seen.body(), b"" | b"0\r\n\r\n"), "{what}: {}", seen.text());
        let promised =
            seen.head().lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
        assert!(promised.is_none_or(|length| length == "0"), "{what}: {}", seen.text());
        assert!(!seen.head().contains("content-type"), "{what}: {}", seen.text());
    }
}

#[tokio::test]
async fn the_upstreams_refusals_pass_with_their_bodies() {
    let (world, raw) = world().await;
    let token = world.token("alice");
    let cases = [
        (400, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"Mcp-Method"}}"#),
        (403, r#"{"__type":"AccessDeniedException","message":"not authorized"}"#),
        (404, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Session not found"}}"#),
        (405, r#"{"jsonrpc":"2.0","id":"","result":null,"error":{"code":-32600}}"#),
        (406, "Not Acceptable\n"),
        (409, "{}"),
        (413, ""),
        (422, r#"{"a":1,"a":2}"#),
        (500, r#"{"message":null}"#),
        (503, "<html>\0</html>"),
        (599, "odd"),
    ];
    for (status, body) in cases {
        raw.push(Answer::json(status, body));
        let response = world.post(&token, PING).send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.text().await.unwrap(), body, "{status}");
    }
    assert_eq!(raw.received().len(), cases.len(), "nothing was sent twice");
}

#[tokio::test]
async fn injection_changes_the_place_of_the_entry_and_nothing_else() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.always(Answer::json(200, "{}"));
    let token = world.token("alice");
    let cases = [
        (
            "{\r\n \"params\" : { \"x\":1e2, \"y\":\"\\u0061\" } ,\"id\":1.0,\"method\":\"x\" }\n",
            "{\r\n \"params\" : {\"_meta\":{\"AWS_REGION\":\"us-west-2\"}, \"x\":1e2, \"y\":\"\\u0061\" } ,\"id\":1.0,\"method\":\"x\" }\n",
        ),
        (
            r#"{"id":1,"method":"x","params":{"_meta":{"progressToken":1152921504606846977}}}"#,
            r#"{"id":1,"method":"x","params":{"_meta":{"AWS_REGION":"us-west-2","progressToken":1152921504606846977}}}"#,
        ),
        (
            r#"{"id":1,"method":"x","params":{"_meta":{"AWS_REGION":"mine"}}}"#,
            r#"{"id":1,"method":"x","params":{"_meta":{"AWS_REGION":"mine"}}}"#,
        ),
        (r#"{"id":1,"method":"ping"}"#, r#"{"id":1,"method":"ping"}"#),
        (r#"{"id":1,"method":"x","params":[1]}"#, r#"{"id":1,"method":"x","params":[1]}"#),
        (r#"{"id":1,"result":{"a":1,"a":2}}"#, r#"{"id":1,"result":{"a":1,"a":2}}"#),
    ];
    for (sent, expected) in cases {
        assert_eq!(world.post(&token, sent).send().await.unwrap().status(), 200, "{sent}");
        let received = raw.received().pop().unwrap();
        assert_eq!(received.rejected, None);
        assert_eq!(String::from_utf8(received.body.to_vec()).unwrap(), expected);
    }
}

#[tokio::test]
async fn what_cannot_be_injected_into_is_refused_only_where_something_is_injected() {
    let (world, raw) = World::with_raw_upstream().await;
    raw.always(Answer::json(200, "{}"));
    let token = world.token("alice");
    let bodies =
        ["", "no json", "[]", "\u{feff}{\"id\":1,\"method\":\"x\"}", r#"{"id":1,"id":2,"method":"x"}"#];
    for body in bodies {
        let response = world.post(&token, body).send().await.unwrap();
        assert_eq!(response.status(), 400, "{body}");
        assert_eq!(crate::harness::reason(response).await, "invalid_request", "{body}");
        for method in [http::Method::GET, http::Method::DELETE] {
            let request = world.http.request(method.clone(), world.gateway.url()).bearer_auth(&token);
            assert_eq!(request.body(body).send().await.unwrap().status(), 200, "{method} {body}");
            assert_eq!(raw.received().pop().unwrap().body, body);
        }
    }
}
