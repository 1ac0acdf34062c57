use super::*;
use crate::{
    audit::{Aws, Bytes, EventType, Target, Timing},
    telemetry::{METRICS, Station},
};

fn line() -> Line {
    Line {
        audit_id: "a".to_owned(),
        time: String::new(),
        event_type: EventType::McpToolCall,
        outcome: Outcome::Success,
        reason: None,
        detail: None,
        request_id: "r".to_owned(),
        trace_id: None,
        source: None,
        status: Some(200),
        subject: None,
        target: Some(Target {
            server: "s".to_owned(),
            method: Some("tools/call".to_owned()),
            tool: Some("echo".to_owned()),
            ..Target::default()
        }),
        aws: Some(Aws {
            role_arn: "arn:aws:iam::111122223333:role/R".to_owned(),
            credentials: Some("cached"),
            ..Aws::default()
        }),
        policy: None,
        mcp: None,
        repairs: vec!["throttle_retried"],
        timing_ms: Timing::default(),
        bytes: Some(Bytes::default()),
        data: None,
    }
}

fn finished<'a>(line: &'a Line, laps: &'a [Lap], known_tool: Option<&'a str>) -> Vec<Measurement> {
    let took = Duration::from_millis(5);
    measure(&Finished { line, http_method: "POST", took, laps, known_tool, is_cold: false })
}

fn lap(station: Station, sent: Option<Sent>) -> Lap {
    Lap { station, began: Duration::ZERO, took: Duration::from_millis(1), sent, error: None }
}

/// `name{label=value}` without the value.
fn shown(measured: &[Measurement]) -> Vec<String> {
    let labels = |one: &Measurement| {
        one.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
    };
    measured.iter().map(|one| format!("{}{{{}}}", one.metric.name, labels(one))).collect()
}

#[test]
fn a_call_of_a_tool_measures_what_it_came_to() {
    let laps = [lap(Station::Exchange, None), lap(Station::Upstream, Some(Sent::Answered(200)))];
    assert_eq!(
        shown(&finished(&line(), &laps, Some("echo"))),
        [
            "http.server.request.duration{http.request.method=POST,http.response.status_code=200}",
            "mcp.server.operation.duration{mcp.method.name=tools/call}",
            "rolecall.station.duration{rolecall.station=exchange}",
            "rolecall.station.duration{rolecall.station=upstream}",
            "http.client.request.duration{http.request.method=POST,http.response.status_code=200}",
            "rolecall.tool.calls{gen_ai.tool.name=echo,rolecall.outcome=success}",
            "rolecall.role.selections{rolecall.role_arn=arn:aws:iam::111122223333:role/R}",
            "rolecall.credentials{rolecall.credentials_from=cached}",
            "rolecall.repairs{rolecall.repair=throttle_retried}",
        ]
    );
}

#[test]
fn a_refusal_counts_by_its_reason() {
    let refused = Line {
        outcome: Outcome::Denied,
        reason: Some("missing_token"),
        status: Some(401),
        aws: None,
        repairs: Vec::new(),
        ..line()
    };
    let measured = shown(&finished(&refused, &[], None));
    assert!(measured.contains(&"rolecall.denials{rolecall.reason=missing_token}".to_owned()), "{measured:?}");
    let message = "mcp.server.operation.duration{mcp.method.name=tools/call,error.type=missing_token}";
    assert!(measured.contains(&message.to_owned()), "{measured:?}");
}

#[test]
fn no_text_of_a_client_is_a_label() {
    const SECRET: &str = "AKIDEXAMPLE";
    let hostile = Line {
        target: Some(Target {
            server: "s".to_owned(),
            method: Some(SECRET.to_owned()),
            tool: Some(SECRET.to_owned()),
            ..Target::default()
        }),
        detail: Some(SECRET.to_owned()),
        request_id: SECRET.to_owned(),
        status: Some(799),
        ..line()
    };
    let laps = [lap(Station::Upstream, Some(Sent::Answered(799)))];
    let measured = shown(&finished(&hostile, &laps, None));
    assert!(measured.iter().all(|one| !one.contains(SECRET) && !one.contains("799")), "{measured:?}");
    assert!(
        measured.contains(&"rolecall.tool.calls{gen_ai.tool.name=other,rolecall.outcome=success}".to_owned())
    );
}

#[test]
fn every_measurement_has_the_labels_and_the_unit_of_its_metric() {
    let failed = Line { outcome: Outcome::Error, reason: Some("upstream_timeout"), ..line() };
    let laps = [
        lap(Station::Upstream, Some(Sent::Failed("upstream_timeout"))),
        lap(Station::Upstream, Some(Sent::Abandoned)),
    ];
    let mut measured = finished(&failed, &laps, None);
    measured.extend(finished(&line(), &[], None));
    measured.extend([
        Measurement::sts_exchange("success"),
        Measurement::jwks_fetch(false),
        Measurement::open_streams(1),
    ]);
    for one in &measured {
        assert!(METRICS.iter().any(|metric| std::ptr::eq(*metric, one.metric)));
        assert!(one.labels.iter().all(|(name, _)| one.metric.labels.contains(name)), "{one:?}");
        let is_time = matches!(one.value, Value::Time(_));
        assert_eq!(is_time, one.metric.unit == crate::telemetry::Unit::Seconds, "{one:?}");
    }
}
