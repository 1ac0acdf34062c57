//! Event streams: only the event with the response changes, wherever the stream is cut into chunks and lines.

use proptest::{collection, prelude::*};
use rolecall_core::authorize::{EventFilter, List, MAX_ANSWER_BYTES, Unreadable};

use crate::{
    documents::answer,
    world::{KEEP, filter},
};

const LIST: &str = r#"{"id":1,"result":{"tools":[{"name":"x"},{"name":"keep"}]}}"#;
const CUT: &str = r#"{"id":1,"result":{"tools":[{"name":"keep"}]}}"#;

fn run(chunks: &[&[u8]]) -> (String, Option<Unreadable>) {
    let mut events = EventFilter::new(filter(KEEP, Some(List::Tools)));
    let mut passed = Vec::new();
    for chunk in chunks {
        let filtered = events.feed(chunk);
        passed.extend(filtered.bytes);
        if filtered.withheld.is_some() {
            return (String::from_utf8(passed).unwrap(), filtered.withheld);
        }
    }
    let last = events.finish();
    passed.extend(last.bytes);
    (String::from_utf8(passed).unwrap(), last.withheld)
}

fn whole(stream: &str) -> (String, Option<Unreadable>) {
    run(&[stream.as_bytes()])
}

#[test]
fn the_response_loses_its_hidden_items_and_the_rest_stays() {
    let stream = |list: &str| {
        format!(
            ": hello\n\nid: 1\nretry: 10\ndata:\n\nevent: message\r\ndata: {{\"method\":\"notifications/progress\"}}\r\n\r\n\
             unknown: x\nid:2\ndata: {list}\n\n: bye\n\nevent: ping\ndata: 2026\n\n"
        )
    };
    assert_eq!(whole(&stream(LIST)), (stream(CUT), None));
}

#[test]
fn data_of_several_lines_keeps_its_lines() {
    let event = "data: {\"id\":1,\"result\":{\"tools\":[\r\ndata:   {\"name\":\"keep\"},\ndata:{\rdata\n:comment\ndata: \"name\":\"x\"\ndata: } ]}}\n\n";
    let expected = "data: {\"id\":1,\"result\":{\"tools\":[\r\ndata:   {\"name\":\"keep\"}\ndata:\rdata\n:comment\ndata: \ndata:  ]}}\n\n";
    assert_eq!(whole(event), (expected.to_owned(), None));
}

#[test]
fn any_line_end_ends_an_event() {
    for end in ["\n", "\r", "\r\n"] {
        let stream = |list: &str| format!("data: {list}{end}{end}: later{end}{end}");
        assert_eq!(whole(&stream(LIST)), (stream(CUT), None), "{end:?}");
        let all = stream(LIST);
        for at in 0..all.len() {
            let (first, second) = all.as_bytes().split_at(at);
            assert_eq!(run(&[first, second]), (stream(CUT), None), "{end:?} cut at {at}");
        }
        let single: Vec<&[u8]> = all.as_bytes().chunks(1).collect();
        assert_eq!(run(&single), (stream(CUT), None), "{end:?} byte by byte");
    }
}

#[test]
fn an_event_passes_as_soon_as_it_is_whole() {
    let mut events = EventFilter::new(filter(KEEP, Some(List::Tools)));
    let mut feed = |chunk: &str| String::from_utf8(events.feed(chunk.as_bytes()).bytes).unwrap();
    assert_eq!(feed(": a\n"), "");
    assert_eq!(feed("\n"), ": a\n\n");
    assert_eq!(feed("id: 1\r"), "");
    assert_eq!(feed("\r"), "id: 1\r\r", "a CR is a line end by itself");
    assert_eq!(feed("\ndata: {\"method\":\"notifications/x\"}\n"), "\n");
    assert_eq!(feed("\nda"), "data: {\"method\":\"notifications/x\"}\n\n");
}

#[test]
fn an_event_without_its_blank_line_is_read_at_the_end() {
    assert_eq!(whole(&format!("data: {LIST}\n")), (format!("data: {CUT}\n"), None));
    assert_eq!(whole(&format!("data: {LIST}")), (format!("data: {CUT}"), None));
    assert_eq!(whole(": half a comm"), (": half a comm".to_owned(), None));
    assert_eq!(
        whole("data: {\"id\":1,\"result\":{\"tools\":[{\"name\":\"keep\"}"),
        (String::new(), Some(Unreadable::NotJson))
    );
}

#[test]
fn what_precedes_an_event_that_cannot_be_understood_passes_and_nothing_after() {
    let cases = [
        ("data: no json\n\n", Unreadable::NotJson),
        ("event: message\ndata: no json\n\n", Unreadable::NotJson),
        ("event: ping\nevent: message\ndata: no json\n\n", Unreadable::NotJson),
        ("data: [{\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}]}}]\n\n", Unreadable::Batch),
        ("event: other\ndata: [{\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}]}}]\n\n", Unreadable::Batch),
        ("event: other\ndata: {\"tools\":[{\"name\":\"x\"}]}\n\n", Unreadable::NotAMessage),
        ("data: {\"method\":\"notifications/x\",\"params\":{\"tools\":[]}}\n\n", Unreadable::Misplaced),
        ("data: {\"id\":1,\"result\":{\"tools\":[]},\"error\":{}}\n\n", Unreadable::Ambiguous),
        ("data: {\"id\":1,\"result\":{}}\n\n", Unreadable::NoList),
        ("data: \u{feff}{\"id\":1,\"result\":{\"tools\":[]}}\n\n", Unreadable::ByteOrderMark),
        ("\u{feff}data: {\"id\":1,\"result\":{\"tools\":[]}}\n\n", Unreadable::ByteOrderMark),
    ];
    for (event, unreadable) in cases {
        let stream = format!(": first\n\n{event}data: {CUT}\n\n");
        assert_eq!(whole(&stream), (": first\n\n".to_owned(), Some(unreadable)), "{event}");
    }
    let bytes = b"data: {\"id\":1,\"result\":{\"tools\":[{\"name\":\"\xff\"}]}}\n\n";
    assert_eq!(run(&[bytes]), (String::new(), Some(Unreadable::NotJson)));
}

#[test]
fn nothing_follows_what_is_withheld() {
    let mut events = EventFilter::new(filter(KEEP, Some(List::Tools)));
    let stream = format!(": first\n\ndata: no json\n\ndata: {CUT}\n\n");
    let first = events.feed(stream.as_bytes());
    assert_eq!(
        (first.bytes.as_slice(), first.withheld),
        (b": first\n\n".as_slice(), Some(Unreadable::NotJson))
    );
    for later in [events.feed(b""), events.feed(stream.as_bytes()), events.finish()] {
        assert_eq!((later.bytes.as_slice(), later.withheld), (b"".as_slice(), Some(Unreadable::NotJson)));
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test may look at the clock; the core may not")]
fn an_event_that_never_ends_is_given_up() {
    let line = format!("data: {}\n", "a".repeat(1 << 16));
    let lines: Vec<&[u8]> = vec![line.as_bytes(); MAX_ANSWER_BYTES / line.len() + 1];
    assert_eq!(run(&lines), (String::new(), Some(Unreadable::TooLarge)));
    let bytes: Vec<&[u8]> = vec![&[b'a'; 1 << 16]; MAX_ANSWER_BYTES / (1 << 16) + 1];
    let began = std::time::Instant::now();
    assert_eq!(run(&bytes), (String::new(), Some(Unreadable::TooLarge)));
    assert!(began.elapsed().as_secs() < 5, "a long line is searched once: {:?}", began.elapsed());
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test may look at the clock; the core may not")]
fn many_small_events_in_one_chunk_and_many_lines_in_one_event_are_read_at_once() {
    let blank = "\n".repeat(1 << 20);
    let items = r#"{"name":"x"},"#.repeat(4095);
    let lines = "data:\n".repeat(1 << 18);
    let split = format!(
        "data: {{\"id\":1,\"result\":{{\"tools\":[\n{lines}data: {items}\ndata: {{\"name\":\"keep\"}}]}}}}\n{lines}\n"
    );
    let began = std::time::Instant::now();
    assert_eq!(whole(&blank), (blank, None));
    let (passed, withheld) = whole(&split);
    assert!(began.elapsed().as_secs() < 20, "the time grows with the product: {:?}", began.elapsed());
    assert_eq!(withheld, None);
    assert!(passed.contains("keep") && !passed.contains("\"x\""));
}

/// The events' data as a client reads them.
fn data(stream: &str) -> Vec<serde_json::Value> {
    let normalised = stream.replace("\r\n", "\n").replace('\r', "\n");
    let events = normalised.split("\n\n").map(|event| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    });
    events.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(&data).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn chunks_and_lines_change_nothing(
        answers in collection::vec(answer(), 1..4),
        end in proptest::sample::select(vec!["\n", "\r", "\r\n"]),
        cuts in collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let stream = |texts: Vec<&String>| -> String {
            let event = |text: &&String| {
                let lines: String = text.replace("\r\n", "\n").split('\n').map(|line| format!("data: {line}{end}")).collect();
                format!("id: 1{end}{lines}{end}: between{end}{end}")
            };
            texts.iter().map(event).collect()
        };
        let all = stream(answers.iter().map(|(all, _)| all).collect());
        let left = stream(answers.iter().map(|(_, left)| left).collect());
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(all.len())).chain([0, all.len()]).collect();
        at.sort_unstable();
        let chunks: Vec<&[u8]> = at.windows(2).map(|ends| &all.as_bytes()[ends[0]..ends[1]]).collect();
        let (passed, withheld) = run(&chunks);
        prop_assert_eq!(withheld, None);
        prop_assert_eq!(data(&passed), data(&left));
        prop_assert_eq!(passed.lines().count(), all.lines().count(), "lines stay");
        prop_assert_eq!(whole(&all).0, passed);
    }

    #[test]
    fn no_stream_makes_it_panic(chunks in collection::vec(proptest::sample::select(vec!["data:", " ", "{", "}", "\n", "\r", "event: x", LIST, "\u{feff}", "id"]), 0..40)) {
        let chunks: Vec<&[u8]> = chunks.iter().map(|chunk| chunk.as_bytes()).collect();
        let _ = run(&chunks);
    }
}
