//! Calls through Lambda's Runtime API, from the hand-over of the event to the end of the answer.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use http::HeaderMap;
use rolecall_local::{
    gateway::GatewayProcess,
    runtime_api::{Event, Progress, RUNTIME_API_VARIABLE, RuntimeApi},
    stack::{STS_ENDPOINT_VARIABLE, Stack},
};
use serde_json::{Map, json};

use crate::{
    client::{body, headers},
    figures::{Samples, milliseconds, row},
    upstream::{SMALL_JSON, TWO_EVENTS},
};

const PATIENCE: Duration = Duration::from_secs(20);
/// What both events of a stream hold.
const EVENT: &str = "notifications/progress";

/// The function before `upstream`.
pub struct Function<'a> {
    pub binary: &'a Path,
    pub stack: &'a Stack,
    pub upstream: &'a str,
    pub token: &'a str,
}

impl Function<'_> {
    /// A process per call: discovery, keys, STS and upstream are all met for the first time.
    pub async fn cold(&self, starts: usize) {
        let mut samples = Samples::default();
        for _ in 0..starts {
            let api = RuntimeApi::start().await.unwrap();
            let mut invocation = api.invoke(self.event(SMALL_JSON));
            let began = Instant::now();
            let _gateway = self.start(&api).await;
            let ended = invocation.wait_for(|progress| progress.outcome.is_some(), PATIENCE).await.unwrap();
            assert_eq!(ended.http().unwrap().status, 200);
            samples.add(ended.ended_at.unwrap() - began);
        }
        row("start to end of the first call: keys, STS, upstream", &milliseconds(&samples), "");
    }

    /// One process, call after call.
    pub async fn warm(&self, calls: usize) {
        let api = RuntimeApi::start().await.unwrap();
        let _gateway = self.start(&api).await;
        let (mut whole, mut first_event) = (Samples::default(), Samples::default());
        for call in 0..calls + 50 {
            let answer = self.call(&api, SMALL_JSON).await;
            let stream = self.call(&api, TWO_EVENTS).await;
            if call >= 50 {
                whole.add(answer.ended_at.unwrap() - answer.taken_at.unwrap());
                first_event.add(stream.arrival_of(EVENT).unwrap() - stream.taken_at.unwrap());
            }
        }
        row("warm streaming invocation, small answer", &milliseconds(&whole), "< 1.5 ms");
        row("warm streaming invocation, first event of a stream", &milliseconds(&first_event), "< 1.5 ms");
    }

    async fn call(&self, api: &RuntimeApi, tool: &str) -> Progress {
        let mut invocation = api.invoke(self.event(tool));
        invocation.wait_for(|progress| progress.outcome.is_some(), PATIENCE).await.unwrap()
    }

    async fn start(&self, api: &RuntimeApi) -> GatewayProcess {
        let (api, sts) = (api.authority(), self.stack.sts.url());
        let environment = [(RUNTIME_API_VARIABLE, api.as_str()), (STS_ENDPOINT_VARIABLE, sts.as_str())];
        let configuration = self.stack.gateway_yaml_for(80, self.upstream);
        GatewayProcess::spawn(self.binary, 0, &configuration, &environment).await.unwrap()
    }

    /// A function URL's event.
    fn event(&self, tool: &str) -> Event {
        let body = body(tool);
        Event::json(&json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/mcp", "rawQueryString": "",
            "headers": document(&headers("mcp.example.com", self.token)),
            "requestContext": {
                "accountId": "anonymous", "apiId": "x", "domainName": "mcp.example.com", "domainPrefix": "x",
                "http": {"method": "POST", "path": "/mcp", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "node"},
                "requestId": "x", "routeKey": "$default", "stage": "$default",
                "time": "20/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_132_800_000_u64,
            },
            "body": str::from_utf8(&body).unwrap(), "isBase64Encoded": false,
        }))
    }
}

fn document(headers: &HeaderMap) -> Map<String, serde_json::Value> {
    headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect()
}
