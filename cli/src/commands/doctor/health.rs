//! `/healthz`, and the clock that its answer shows.

use std::time::{Duration, SystemTime};

use http::{Method, StatusCode, header};
use rolecall_core::front_door::HEALTH;

use super::{
    findings::Hop,
    http::{Asker, Heard, Unheard},
};

const NAME: &str = "health";
const CLOCK: &str = "clock";
/// AWS refuses signatures from clocks that are further off (Signature Version 4).
const AWS_LIMIT: Duration = Duration::from_secs(300);
/// A token's `nbf` and `exp` are judged with about this much tolerance.
const USUAL_LIMIT: Duration = Duration::from_secs(60);

pub(super) async fn examine(asker: &Asker) -> (Hop, Option<Hop>) {
    match asker.ask(asker.request(Method::GET, asker.at(HEALTH))).await {
        Ok(heard) => (health(asker, &heard).in_time(heard.took), clock(&heard)),
        Err(Unheard { facts, remedy }) => (Hop::failed(NAME, facts, remedy), None),
    }
}

fn health(asker: &Asker, heard: &Heard) -> Hop {
    let body = heard.json().unwrap_or_default();
    match (heard.status, body.get("status").and_then(|status| status.as_str())) {
        (StatusCode::OK, Some("ok")) => {
            let version = body.get("version").and_then(|version| version.as_str()).unwrap_or("unknown");
            Hop::passed(NAME, format!("Rolecall {}", asker.shown(version)))
        }
        (StatusCode::FORBIDDEN, _) => Hop::failed(
            NAME,
            "answers 403",
            "the function URL's AuthType must be NONE and its permissions public: Rolecall checks the token itself",
        ),
        (
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR,
            _,
        ) => Hop::failed(
            NAME,
            format!("answers {}", heard.status.as_u16()),
            "the function does not start: its log names what is wrong, and `rolecall check` finds it before",
        ),
        (status, _) => Hop::failed(
            NAME,
            format!("answers {} and is not Rolecall's", status.as_u16()),
            "something else serves this host: check the URL, and that /healthz is routed to the gateway",
        ),
    }
}

fn clock(heard: &Heard) -> Option<Hop> {
    let there = httpdate::parse_http_date(heard.header(header::DATE.as_str())?).ok()?;
    let here = SystemTime::now();
    let (apart, which) = match there.duration_since(here) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let facts = format!("{} s {which} this machine's", apart.as_secs());
    Some(if apart > AWS_LIMIT {
        Hop::failed(
            CLOCK,
            facts,
            "set the clock that is wrong: AWS refuses signatures that are five minutes off",
        )
    } else if apart > USUAL_LIMIT {
        Hop::odd(CLOCK, facts, "set the clock that is wrong: fresh tokens may count as not yet valid")
    } else {
        Hop::passed(CLOCK, "the gateway's and this machine's agree within a minute")
    })
}
