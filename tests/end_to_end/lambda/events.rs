//! The events of `events/`, each with the answer its README promises.

use std::collections::BTreeSet;

use rolecall_local::runtime_api::Event;

use super::{BUFFERED, DOORS, Function, events_directory};

const EXPECTED: [(&str, u16); 8] = [
    ("initialize", 200),
    ("base64-body", 200),
    ("missing-token", 401),
    ("get", 405),
    ("delete", 404),
    ("options", 204),
    ("metadata", 200),
    ("healthz", 200),
];

#[tokio::test]
async fn every_event_gets_its_status_streamed() {
    statuses(&Function::start(&[]).await).await;
}

#[tokio::test]
async fn every_event_gets_its_status_buffered() {
    statuses(&Function::start(&[BUFFERED]).await).await;
}

async fn statuses(function: &Function) {
    for door in DOORS {
        for (name, status) in EXPECTED {
            let answer = function.answer(Event::json(&function.event(door, name))).await;
            assert_eq!(answer.status, status, "{door}/{name}: {}", String::from_utf8_lossy(&answer.body));
            assert!(answer.header("x-request-id").is_some(), "{door}/{name}");
            match name {
                "metadata" => assert_eq!(answer.json()["resource"], "http://127.0.0.1:9000/mcp", "{door}"),
                "healthz" => assert_eq!(answer.json()["status"], "ok", "{door}"),
                "missing-token" => {
                    assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{door}");
                    assert_eq!(answer.json()["error"], "missing_token", "{door}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn no_event_is_without_an_expectation() {
    let expected: BTreeSet<String> = EXPECTED.iter().map(|(name, _)| format!("{name}.json")).collect();
    for door in DOORS {
        let files = std::fs::read_dir(events_directory().join(door)).unwrap();
        let files: BTreeSet<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(files, expected, "{door}");
    }
}
