//! Whatever goes wrong, no token, key or header value of anybody is printed or answered: everything is searched for
//! everything, with the log as talkative as it can be made.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use http::StatusCode;
use reqwest::RequestBuilder;
use rolecall_local::{
    faults::Fault,
    issuer::{Forgery, Signature},
    raw::{Answer, Framing, Raw, Step},
    stack::{DEFAULT_ROLE, EXECUTION_ROLE, Stack},
    sts::{Refusal, Role},
};
use serde_json::{Value, json};

use crate::assume_role::{assume_role, variables};
use crate::harness::{PATIENCE, World, now, pong, ponging_upstream, request};

const COOKIE: &str = "cookie-MARKED-7b1f";
const BASIC: &str = "YmFzaWM6TUFSS0VELTU1MDE";
const QUERY: &str = "query-MARKED-91ac";
const CLIENTS_AWS_TOKEN: &str = "aws-MARKED-c0de";
const ARGUMENT: &str = "argument-MARKED-33e2";
const SESSION: &str = "session-MARKED-e4d5";
/// Values of session tags: long, short, and with characters that a form escapes.
const TAGS: [&str; 3] = ["tag-MARKED-cost-center-4711", "tq7", "Zoë MARKED/tag"];

/// A gateway that says all it can, and what it was sent and has answered.
struct Interrogation {
    world: World,
    raw: Raw,
    answers: String,
    tokens: Vec<String>,
    requests: usize,
}

impl Interrogation {
    async fn begin() -> Self {
        Self::begin_with(&[], |yaml| yaml, Stack::start().await.unwrap()).await
    }

    /// With `exchange: assumeRole`; the execution role's secrets are among those that must not show.
    async fn begin_as_execution_role() -> Self {
        let stack = Stack::start().await.unwrap();
        stack.sts.put_role(Role::trusting_role(DEFAULT_ROLE, EXECUTION_ROLE));
        let execution_role = stack.execution_role().unwrap();
        Self::begin_with(&variables(&execution_role), assume_role, stack).await
    }

    async fn begin_with(
        environment: &[(&str, &str)],
        change: impl Fn(String) -> String,
        stack: Stack,
    ) -> Self {
        stack.issuer.publish_weak_key();
        let raw = ponging_upstream(&stack).await;
        let environment = [environment, &[("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")]].concat();
        let quick = |yaml| format!("{}  responseTimeoutSeconds: 1\n", change(yaml));
        let world = World::over(stack, &raw.url(), &environment, quick).await;
        Self { world, raw, answers: String::new(), tokens: Vec::new(), requests: 0 }
    }

    fn token(&mut self, forgery: &Forgery) -> String {
        let sub = format!("user-{}", self.tokens.len());
        let token = self.world.stack.issuer.forge(&forgery.clone().claim("jti", sub.clone())).unwrap();
        self.tokens.push(token.clone());
        token
    }

    /// A new user's good token.
    fn good_token(&mut self) -> String {
        let sub = format!("user-{}", self.tokens.len());
        self.token(&Forgery::new().claim("sub", sub))
    }

    /// A tool call with everything on it that must not show.
    fn call(&self, token: &str) -> RequestBuilder {
        let url = format!("{}?access_token={QUERY}", self.world.gateway.url());
        let body = request(1, "tools/call", json!({"name": "t", "arguments": {"password": ARGUMENT}}));
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("cookie", COOKIE),
            ("proxy-authorization", BASIC),
            ("x-amz-security-token", CLIENTS_AWS_TOKEN),
            ("mcp-session-id", SESSION),
        ];
        let call = self.world.http.post(url).bearer_auth(token).body(body);
        headers.into_iter().fold(call, |call, (name, value)| call.header(name, value))
    }

    /// Sends, keeps all of the answer, says its status (0: no answer).
    async fn send(&mut self, call: RequestBuilder) -> u16 {
        self.requests += 1;
        let Ok(mut response) = call.send().await else { return 0 };
        self.answers.push_str(&format!("{:?}\n", response.headers()));
        while let Ok(Some(chunk)) = response.chunk().await {
            self.answers.push_str(&String::from_utf8_lossy(&chunk));
        }
        response.status().as_u16()
    }

    async fn call_with(&mut self, token: &str) -> u16 {
        self.send(self.call(token)).await
    }

    /// What must show nowhere.
    fn secrets(&self) -> BTreeSet<String> {
        let credentials = self.world.stack.sts.registry().issued();
        assert!(!credentials.is_empty(), "nothing to look for");
        let issued = credentials.into_iter().flat_map(|one| [one.secret_access_key, one.session_token]);
        // Of a very short part nobody could tell whether it shows.
        let parts = self.tokens.iter().flat_map(|token| token.split('.')).filter(|part| part.len() > 16);
        let marked = [COOKIE, BASIC, QUERY, CLIENTS_AWS_TOKEN, ARGUMENT, SESSION];
        issued.chain(parts.chain(marked).chain(TAGS).map(str::to_owned)).collect()
    }

    /// Waits for the last audit line and searches everything.
    async fn assert_silent(self) {
        let requests = self.requests;
        let is_request = |line: &&String| !line.contains(r#""type":"sts_exchange""#);
        let all_audited = |lines: &[String]| lines.iter().filter(is_request).count() >= requests;
        let gateway = &self.world.gateway;
        gateway.stdout().wait_for(all_audited, PATIENCE).await.unwrap();
        let printed = [gateway.stdout().text(), gateway.stderr().text(), self.answers.clone()];
        for secret in self.secrets() {
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            for (place, text) in ["stdout", "stderr", "answers"].into_iter().zip(&printed) {
                for form in [&secret, &encoded] {
                    let line = text.lines().find(|line| line.contains(form.as_str()));
                    assert_eq!(line, None, "{secret} shows on {place}");
                }
            }
        }
    }
}

#[tokio::test]
async fn refused_tokens_show_nowhere() {
    let mut it = Interrogation::begin().await;
    let good = it.good_token();
    assert_eq!(it.call_with(&good).await, 200);
    let forgeries = [
        Forgery::alg_none(),
        Forgery::hs256_with_public_key(),
        Forgery::rsa_1024(),
        Forgery::new().alg("PS256"),
        Forgery::new().crit("b64"),
        Forgery::new().kid("unknown"),
        Forgery::new().signature(Signature::Tampered),
        Forgery::new().claim("exp", now() - 3600),
        Forgery::new().claim("iss", "https://evil.example"),
        Forgery::new().claim("aud", "another-audience-than-ours"),
        Forgery::new().without("sub"),
        Forgery::new().claim("pad", "x".repeat(17_000)),
        Forgery::new().payload("not JSON at all, but long enough"),
    ];
    for forgery in forgeries {
        let token = it.token(&forgery);
        assert_eq!(it.call_with(&token).await, 401);
        assert_eq!(it.call_with(&format!("{token}.{token}")).await, 401);
    }
    let basic = it.call(&good).header("authorization", format!("Basic {BASIC}"));
    assert_eq!(it.send(basic).await, 401, "two headers");
    let url = it.world.gateway.url();
    let basic = it.world.http.get(&url).header("authorization", format!("Basic {BASIC}"));
    assert_eq!(it.send(basic).await, 401);
    let unreadable_role = it.token(&Forgery::new().claim("groups", json!({"secret": good})));
    assert_eq!(it.call_with(&unreadable_role).await, 403);
    it.assert_silent().await;
}

#[tokio::test]
async fn a_refusing_sts_gives_nothing_away_even_if_it_quotes_the_token() {
    let mut it = Interrogation::begin().await;
    let token = it.good_token();
    assert_eq!(it.call_with(&token).await, 200);
    let quoting = |token: &str| {
        [
            (
                400,
                "ValidationError",
                format!("Value '{token}' at 'webIdentityToken' failed to satisfy constraint"),
            ),
            (400, "InvalidIdentityToken", format!("{} {token}", "x ".repeat(100))),
            (403, "AccessDenied", format!("WebIdentityToken={token}&RoleArn=x")),
            (500, "InternalFailure", token.to_owned()),
            (400, "NeverHeardOf", format!("starts with {}", &token[..60])),
        ]
    };
    for index in 0..5 {
        let token = it.good_token();
        let (status, code, message) = quoting(&token)[index].clone();
        let refusal = Refusal::new(StatusCode::from_u16(status).unwrap(), code, &message);
        it.world.stack.sts.fail_next(if status == 500 { 3 } else { 1 }, &refusal);
        assert!(it.call_with(&token).await >= 401, "{code}");
    }
    let token = it.good_token();
    it.world.stack.sts.fail_next(1, &Refusal::new(StatusCode::BAD_REQUEST, &token, "the code quotes it"));
    assert_eq!(it.call_with(&token).await, 502);
    for fault in [Fault::Hangup, Fault::Unavailable] {
        it.world.stack.sts.faults().set(fault);
        let token = it.good_token();
        assert_eq!(it.call_with(&token).await, 503);
    }
    it.assert_silent().await;
}

#[tokio::test]
async fn a_failing_upstream_gives_nothing_away() {
    let mut it = Interrogation::begin().await;
    let token = it.good_token();
    assert_eq!(it.call_with(&token).await, 200);
    let redirect = |location: &str| Answer::status(307).header("location", location);
    let cases = [
        ("dies before the head", Answer::hangup(), 502),
        ("resets", Answer::status(200).first(Step::Reset), 502),
        ("never answers", Answer::never(), 504),
        ("redirects", redirect("https://evil.example/?x=1"), 502),
        ("answers 401", Answer::status(401), 502),
        ("answers 403", Answer::json(403, r#"{"message":"no"}"#), 403),
        ("refuses the signature", Answer::aws_error("InvalidSignatureException"), 502),
        ("refuses the token", Answer::aws_error("ExpiredTokenException"), 502),
        ("answers 500", Answer::json(500, "{}"), 500),
        ("throttles", Answer::throttled(1), 429),
        ("is no HTTP", Answer::status(999).header("a", "b\r\nc"), 502),
        ("dies in a stream", Answer::sse().send("data: {}\n\n").then(Step::Close), 200),
        ("ends a session", Answer::session_expired(&json!(1)), 404),
    ];
    for (name, answer, expected) in cases {
        it.raw.always(answer);
        assert_eq!(it.call_with(&token).await, expected, "{name}");
    }
    it.raw.always(Answer::json(200, "{").framing(Framing::Chunked).then(Step::Reset));
    let status = it.call_with(&token).await;
    assert!(matches!(status, 0 | 200), "a cut answer whose head may have been lost with it: {status}");
    it.raw.always(pong());
    it.world.stack.sts.registry().expire_all();
    assert_eq!(it.call_with(&token).await, 200, "after an exchange anew");
    it.assert_silent().await;
}

#[tokio::test]
async fn a_session_with_tags_gives_neither_them_nor_the_execution_role_away() {
    let mut it = Interrogation::begin_as_execution_role().await;
    let tag = |value: &str| json!({"principal_tags": {"Team": [value]}});
    let user = |it: &mut Interrogation, value: &str| {
        let sub = format!("user-{}", it.tokens.len());
        it.token(&Forgery::new().claim("sub", sub).claim("https://aws.amazon.com/tags", tag(value)))
    };
    for value in TAGS {
        let token = user(&mut it, value);
        assert_eq!(it.call_with(&token).await, 200, "{value}");
        for value in [format!("{value},"), value.repeat(100), format!("{value}\u{7}")] {
            let token = user(&mut it, &value);
            assert_eq!(it.call_with(&token).await, 502, "{value}");
        }
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let quoting = [
            (400, "ValidationError", format!("Value '{value}' at 'tags.1.member.value' failed")),
            (400, "InvalidParameterValue", format!("Team={value}, {value}")),
            (403, "AccessDenied", format!("{}Tags.member.1.Value={encoded}&x", "x ".repeat(140))),
            (500, "InternalFailure", value.to_owned()),
            (400, value, "the code quotes it".to_owned()),
        ];
        for (status, code, message) in quoting {
            let refusal = Refusal::new(StatusCode::from_u16(status).unwrap(), code, &message);
            it.world.stack.sts.fail_next(if status == 500 { 3 } else { 1 }, &refusal);
            let token = user(&mut it, value);
            assert!(it.call_with(&token).await >= 403, "{code}");
        }
    }
    it.world.stack.sts.registry().expire_all();
    let token = user(&mut it, TAGS[0]);
    assert_eq!(it.call_with(&token).await, 502, "the execution role's own credentials have ended");
    let log = it.world.gateway.stderr().text();
    assert!(log.contains("is expired") && log.contains("Value '…' at"), "{log}");
    it.assert_silent().await;
}

#[tokio::test]
async fn odd_requests_give_nothing_away() {
    let mut it = Interrogation::begin().await;
    let token = it.good_token();
    assert_eq!(it.call_with(&token).await, 200);
    let marked = |text: &str| text.replace("MARK", ARGUMENT);
    let bodies = [
        marked(r#"{"jsonrpc":"2.0","id":1,"method":"MARK","params":"#),
        marked(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"_meta":7,"x":"MARK"}}"#),
        marked(r#"[{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"MARK"}}]"#),
        format!("{}\"{ARGUMENT}", "[".repeat(100_000)),
        format!("{ARGUMENT}{}", "x".repeat(7 * 1024 * 1024)),
        format!("\u{feff}{ARGUMENT}"),
    ];
    for body in bodies {
        let call = it.call(&token).body(body);
        assert_ne!(it.send(call).await, 500);
    }
    for (name, value) in [("origin", COOKIE), ("host", COOKIE)] {
        let call = it.call(&token).header(name, value);
        assert!(it.send(call).await >= 400, "{name}");
    }
    let url = it.world.gateway.url();
    let call = it.world.http.put(&url).bearer_auth(&token).header("cookie", COOKIE);
    assert_eq!(it.send(call).await, 405);
    it.raw.always(Answer::sse().send("data: {}\n\n").then(Step::Hang));
    let leaving = join_all((0..3).map(|_| it.call(&token).send())).await;
    it.requests += leaving.len();
    drop(leaving);
    it.assert_silent().await;
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_give_nothing_away() {
    let mut it = Interrogation::begin().await;
    let token = it.good_token();
    assert_eq!(it.call_with(&token).await, 200);
    it.world.stack.issuer.faults().set(Fault::Hangup);
    let unknown = it.token(&Forgery::new().kid("unknown"));
    assert_eq!(it.call_with(&unknown).await, 503);
    let log = it.world.gateway.stderr().text();
    assert!(log.contains("the issuer's keys cannot be fetched"), "{log}");
    it.assert_silent().await;
}

/// The search itself finds what it should: an access key id is written, and a secret would be.
#[tokio::test]
async fn what_is_public_does_show() {
    let mut it = Interrogation::begin().await;
    let token = it.good_token();
    assert_eq!(it.call_with(&token).await, 200);
    let line = it.world.audit_line(|line| line["type"] == "mcp_tool_call").await;
    let issued = it.world.stack.sts.registry().issued();
    assert_eq!(line["aws"]["access_key_id"], Value::from(issued[0].identity.access_key_id.clone()));
    assert!(it.secrets().iter().any(|secret| token.ends_with(secret)));
}
