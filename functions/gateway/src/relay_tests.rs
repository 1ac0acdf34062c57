use std::pin::pin;

use http::{HeaderValue, Method, StatusCode};
use rolecall_core::{config, mcp::Message};
use tokio::time::{Instant as Moment, sleep};

use super::*;
use crate::call::Call;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

const REQUEST: &str = r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"t"}}"#;
const PLAIN: Door = Door::Plain { on_loopback: true };
const COMMENT: &str = ": keep-alive\n\n";

/// Second by second: what arrives and when. `None` for the end, which is never reached without it.
type Script = &'static [(u64, Option<Result<&'static str, Broken>>)];
type Seen = Vec<(u64, Result<String, Broken>)>;

struct Case {
    door: Door,
    content_type: &'static str,
    request: &'static str,
    deadline: Option<u64>,
}

const SSE: Case = Case { door: PLAIN, content_type: "text/event-stream", request: REQUEST, deadline: None };

impl Case {
    fn answer(&self, script: Script, length: Option<u64>) -> Answer {
        let message = Message::peek(self.request.as_bytes());
        let deadline = self.deadline.map(|seconds| (Moment::now() + Duration::from_secs(seconds)).into_std());
        let rpc_id = message.request_id().cloned();
        let way = Way { door: self.door, deadline, keep_alive: KEEP_ALIVE, rpc_id, request_id: "r-1".into() };
        let record = Record::begin(silent(), &std::sync::Arc::default(), &call(), &message, b"");
        let upstream = UpstreamAnswer {
            status: StatusCode::OK,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(self.content_type))]),
            beginning: Bytes::new(),
            length,
            rest: Some(play(script)),
            filter: None,
        };
        relay(upstream, way, record)
    }

    /// Everything the client gets with the second it gets it in, and when the body ended.
    async fn watch(&self, script: Script) -> (Seen, u64) {
        let began = Moment::now();
        let AnswerBody::Stream { chunks, .. } = self.answer(script, None).into_body() else {
            panic!("not a stream")
        };
        let mut chunks = pin!(chunks);
        let mut seen = Vec::new();
        while let Some(chunk) = chunks.next().await {
            seen.push((
                began.elapsed().as_secs(),
                chunk.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()),
            ));
        }
        (seen, began.elapsed().as_secs())
    }
}

fn play(script: Script) -> Chunks {
    let began = Moment::now();
    Box::pin(futures_util::stream::unfold(script.iter(), move |mut steps| async move {
        let Some((at, step)) = steps.next() else { return std::future::pending().await };
        sleep((began + Duration::from_secs(*at)).duration_since(Moment::now())).await;
        step.map(|item| (item.map(|text| Bytes::from_static(text.as_bytes())), steps))
    }))
}

fn silent() -> std::sync::Arc<config::Config> {
    let yaml = "resourceUrl: https://mcp.example.com/mcp\n\
                oidc: {issuer: https://idp.example.com, audience: aws-mcp}\n\
                awsSts: {region: us-east-1, fallbackRoleArn: 'arn:aws:iam::111122223333:role/R'}\n\
                audit: {enabled: false}\n";
    std::sync::Arc::new(config::load(yaml, "gateway.yaml", &|_| None, &|_| Ok(Vec::new())).unwrap())
}

fn call() -> Call {
    Call {
        method: Method::POST,
        path: "/mcp".into(),
        path_without_stage: None,
        authority: None,
        headers: HeaderMap::new(),
        body: Ok(Bytes::new()),
        source: None,
        request_id: "r-1".into(),
        xray_trace: None,
        received: Instant::now(),
        deadline: None,
        door: PLAIN,
    }
}

fn text(at: u64, text: &str) -> (u64, Result<String, Broken>) {
    (at, Ok(text.into()))
}

/// The last event of a stream that the gateway had to end itself.
fn closing(reason: &str, seen: &Seen) -> serde_json::Value {
    let (_, last) = seen.last().unwrap();
    let event = last.as_ref().unwrap();
    let data = event.strip_suffix("\n\n").unwrap().rsplit("data: ").next().unwrap();
    let error: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(error["error"]["data"]["reason"], reason, "{event}");
    assert_eq!(error["error"]["data"]["requestId"], "r-1", "{event}");
    error
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_gets_a_comment_every_15_seconds_between_events_only() {
    let table: &[(&str, Script, Seen)] = &[
        ("before the first event", &[(31, None)], vec![text(15, COMMENT), text(30, COMMENT)]),
        (
            "each chunk starts the 15 seconds anew",
            &[(14, Some(Ok("data: 1\n\n"))), (28, Some(Ok("data: 2\n\n"))), (44, None)],
            vec![text(14, "data: 1\n\n"), text(28, "data: 2\n\n"), text(43, COMMENT)],
        ),
        (
            "never inside an event",
            &[(0, Some(Ok("data: 1\n"))), (100, Some(Ok("\n"))), (116, None)],
            vec![text(0, "data: 1\n"), text(100, "\n"), text(115, COMMENT)],
        ),
        ("never inside a line", &[(0, Some(Ok(": com"))), (50, None)], vec![text(0, ": com")]),
    ];
    for (name, script, expected) in table {
        let (seen, _) = SSE.watch(script).await;
        assert_eq!(seen, *expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_event_streams_get_comments() {
    for (content_type, gets) in [
        ("Text/Event-Stream; charset=utf-8", true),
        ("text/event-stream ;x=y", true),
        ("text/event-streams", false),
        ("application/json", false),
        ("text/plain", false),
    ] {
        let (seen, _) = Case { content_type, ..SSE }.watch(&[(16, None)]).await;
        assert_eq!(seen.len() == 1, gets, "{content_type}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_promises_no_length_because_comments_add_to_it() {
    for (content_type, promised) in [("text/event-stream", None), ("application/json", Some(9))] {
        let answer = Case { content_type, ..SSE }.answer(&[(20, None)], Some(9));
        let AnswerBody::Stream { length, .. } = answer.into_body() else { panic!("not a stream") };
        assert_eq!(length, promised, "{content_type}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_still_open_at_the_deadline_ends_with_an_error_event_for_its_request() {
    let case = Case { deadline: Some(20), ..SSE };
    for door in [Door::Lambda, PLAIN] {
        let case = Case { door, ..case };
        let (seen, ended) = case.watch(&[(1, Some(Ok("data: {}\n\n")))]).await;
        assert_eq!(seen[..2], [text(1, "data: {}\n\n"), text(16, COMMENT)]);
        assert_eq!((seen.len(), seen[2].0, ended), (3, 20, 20));
        assert_eq!(closing("deadline", &seen)["id"], "a");

        let (seen, _) = case.watch(&[(1, Some(Ok("id: 7\ndata: {\"half")))]).await;
        assert_eq!((seen.len(), seen[1].0), (2, 20));
        assert!(seen[1].1.as_ref().unwrap().contains("\n\ndata: {"), "the half event is ended first");
        closing("deadline", &seen);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_answers_nobody_just_ends_at_the_deadline() {
    for request in ["", r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#] {
        let case = Case { deadline: Some(5), request, ..SSE };
        assert_eq!(case.watch(&[(1, Some(Ok("data: {}\n\n")))]).await, (vec![text(1, "data: {}\n\n")], 5));
    }
}

#[tokio::test(start_paused = true)]
async fn json_cut_by_the_deadline_is_broken_rather_than_ended() {
    let case = Case { deadline: Some(5), content_type: "application/json", ..SSE };
    let (seen, _) = case.watch(&[(1, Some(Ok("{\"jsonrpc\"")))]).await;
    assert_eq!(seen, [text(1, "{\"jsonrpc\""), (5, Err(Broken))]);
}

#[tokio::test(start_paused = true)]
async fn a_broken_upstream_is_a_broken_stream_where_the_door_can_cut_and_an_error_event_where_it_cannot() {
    const SCRIPT: Script = &[(1, Some(Ok("data: {}\n\n"))), (2, Some(Err(Broken)))];
    let (seen, _) = SSE.watch(SCRIPT).await;
    assert_eq!(seen, [text(1, "data: {}\n\n"), (2, Err(Broken))]);

    let lambda = Case { door: Door::Lambda, ..SSE };
    let (seen, _) = lambda.watch(SCRIPT).await;
    assert_eq!(seen.len(), 2);
    assert_eq!(closing("upstream_unavailable", &seen)["id"], "a");

    let nobody_waits = Case { request: "", ..lambda };
    assert_eq!(nobody_waits.watch(SCRIPT).await, (vec![text(1, "data: {}\n\n")], 2));

    let json = Case { content_type: "application/json", ..lambda };
    assert_eq!(json.watch(SCRIPT).await.0, [text(1, "data: {}\n\n"), (2, Err(Broken))]);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_the_end() {
    for door in [Door::Lambda, PLAIN] {
        let case = Case { door, deadline: Some(60), ..SSE };
        let scripts: [Script; 2] = [&[(3, None)], &[(1, Some(Ok("data: half"))), (3, None)]];
        for script in scripts {
            let (seen, ended) = case.watch(script).await;
            assert_eq!(ended, 3);
            assert_eq!(seen.len(), script.len() - 1, "nothing is added: {seen:?}");
        }
    }
}
