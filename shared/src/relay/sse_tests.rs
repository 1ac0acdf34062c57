use std::{convert::Infallible, pin::pin, task};

use bytes::Bytes;
use futures_util::Stream;
use proptest::prelude::*;
use sse_stream::SseStream;

use super::*;

const ERROR: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"the time is up"}}"#;

/// What a client has after reading a stream to its end.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    /// Data of `message` events that are JSON.
    messages: Vec<String>,
    last_event_id: String,
    retry: Option<String>,
}

impl Seen {
    fn event(&mut self, kind: &str, data: &str) {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok();
        if matches!(kind, "" | "message") && is_json {
            self.messages.push(data.to_owned());
        }
    }
}

/// WHATWG HTML section 9.2.6, line by line.
fn whatwg(stream: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut seen, mut kind, mut data, mut id) =
        (Seen::default(), String::new(), String::new(), String::new());
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    for line in lines {
        if line.is_empty() {
            seen.last_event_id.clone_from(&id);
            if !data.is_empty() {
                seen.event(&kind, data.strip_suffix('\n').unwrap());
            }
            (kind, data) = Default::default();
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut kind),
            "data" => data.extend([value, "\n"]),
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                seen.retry = Some(value.to_owned());
            }
            _ => {}
        }
    }
    seen
}

/// The messages as rmcp's parser and its choice of events give them; an error where that parser gives up.
fn rmcp(stream: &[u8]) -> Result<Vec<String>, String> {
    let body = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(stream))]);
    let mut events = pin!(SseStream::from_bytes_stream(body));
    let mut seen = Seen::default();
    while let task::Poll::Ready(Some(event)) =
        events.as_mut().poll_next(&mut task::Context::from_waker(task::Waker::noop()))
    {
        let event = event.map_err(|error| error.to_string())?;
        seen.event(&event.event.unwrap_or_default(), &event.data.unwrap_or_default());
    }
    Ok(seen.messages)
}

fn fed(chunks: &[&[u8]]) -> EventBoundary {
    let mut boundary = EventBoundary::default();
    chunks.iter().for_each(|chunk| boundary.feed(chunk));
    boundary
}

#[test]
fn a_boundary_is_where_no_event_is_open() {
    let table: &[(&[&[u8]], bool)] = &[
        (&[], true),
        (&[b""], true),
        (&[b"\n"], true),
        (&[b"\xEF\xBB\xBF"], true),
        (&[b"\xEF\xBB"], false),
        (&[b"\xEF", b"\xBB\xBF", b"\r\n"], true),
        (&[b"\n\xEF\xBB\xBF"], false),
        (&[b"data: x"], false),
        (&[b"data: x\n"], false),
        (&[b"data: x\n\n"], true),
        (&[b"data: x\r\r"], true),
        (&[b"data: x\r\n\r\n"], true),
        (&[b"data: x\r\n"], false),
        (&[b"data: x\r", b"\n"], false),
        (&[b"data: x\r", b"\n", b"\r"], true),
        (&[b"data: x\r", b"\n", b"\r", b"\n"], true),
        (&[b"data: x\r", b"", b"\n"], false),
        (&[b"data: x\n\r"], true),
        (&[b"data: x\n\nd"], false),
        (&[b": ping"], false),
        (&[b": ping\n"], true),
        (&[b"id: 1\n: ping\n"], false),
        (&[b"unknown\n"], false),
        (&[KEEP_ALIVE], true),
    ];
    for (chunks, expected) in table {
        assert_eq!(fed(chunks).at_boundary(), *expected, "{chunks:?}");
    }
}

#[test]
fn the_closing_event_neutralises_half_events() {
    let table: &[(&str, &str)] = &[
        ("", ""),
        ("data: {}\n\n", ""),
        ("data: {}\r\n\r", ""),
        (": pi", "\n"),
        ("data: {}", "\nevent: rolecall-incomplete\n\n"),
        ("data: {}\r", "\nevent: rolecall-incomplete\n\n"),
        ("data: {}\n: pi", "\nevent: rolecall-incomplete\n\n"),
        ("da", "ta:\nevent: rolecall-incomplete\n\n"),
        ("id: 12", "\0\nevent: rolecall-incomplete\n\n"),
        ("i", "d:\0\nevent: rolecall-incomplete\n\n"),
        ("retry: 30", " \nevent: rolecall-incomplete\n\n"),
        ("retr", "y:1000 \nevent: rolecall-incomplete\n\n"),
        ("event: mess", "rolecall-incomplete\n\n"),
        ("data: {}\nevent: message", "rolecall-incomplete\n\n"),
        ("event: message\n", "\n"),
        ("event: message\r", "\n\n"),
        ("event: message\r\n", "\n"),
        ("event: message\nid: 1", "\0\n\n"),
        ("event: message\ndata: {}\n", "data: rolecall-incomplete\n\n"),
        ("event: message\ndata: {}", "\ndata: rolecall-incomplete\n\n"),
        ("event: message\ndata: {}\ni", "d:\0\ndata: rolecall-incomplete\n\n"),
    ];
    for (stream, expected) in table {
        let closing = fed(&[stream.as_bytes()]).closing_event(ERROR.as_bytes());
        assert_eq!(String::from_utf8(closing).unwrap(), format!("{expected}data: {ERROR}\n\n"), "{stream:?}");
    }
}

#[test]
fn half_characters_are_completed() {
    for character in ["é", "ࠀ", "€", "\u{d7ff}", "\u{feff}", "\u{ffff}", "𐀀", "😀", "\u{10ffff}"] {
        let whole = format!("data: {character}");
        for cut in 7..whole.len() {
            let half = whole.as_bytes().get(..cut).unwrap();
            let closed = [half, &fed(&[half]).closing_event(ERROR.as_bytes())].concat();
            assert!(std::str::from_utf8(&closed).is_ok(), "{character:?} cut at {cut}");
        }
    }
}

#[test]
fn line_breaks_in_json_become_data_lines() {
    assert_eq!(message_event(b"{\n}"), b"data: {\ndata: }\n\n");
    assert_eq!(message_event(b"{}"), b"data: {}\n\n");
}

#[test]
fn a_long_line_costs_no_memory() {
    let mut boundary = fed(&[b"data: "]);
    (0..1000).for_each(|_| boundary.feed(&[b'x'; 1000]));
    assert!(boundary.line.kept() < 16);
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "data: ?\\{\"a\":\"[a-zé€😀]{0,4}\"\\}",
        1 => Just("data: {\ndata: \"x\": 1\ndata:}".to_owned()),
        1 => ": ?[a-zé]{0,5}",
    ]
}

/// A stream as a sane server writes it: every field but `data` at most once an event, in any order.
fn stream() -> impl Strategy<Value = String> {
    let fields = (
        proptest::option::of(prop_oneof![Just("event: message"), Just("event:ping"), Just("event:")]),
        proptest::option::of("id: ?[0-9é]{1,4}"),
        proptest::option::of("retry: ?[0-9]{1,5}"),
        proptest::collection::vec(line(), 0..3),
    );
    let event = fields.prop_flat_map(|(kind, id, retry, mut lines)| {
        lines.extend(kind.map(str::to_owned).into_iter().chain(id).chain(retry));
        Just(lines)
            .prop_shuffle()
            .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect::<String>())
    });
    let newline = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    (any::<bool>(), proptest::collection::vec(event, 0..5), newline).prop_map(|(bom, events, newline)| {
        let text: String = events.iter().map(|event| format!("{event}\n")).collect();
        format!("{}{}", if bom { "\u{feff}" } else { "" }, text.replace('\n', newline))
    })
}

/// `bytes` up to its last line end, that one included.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
    bytes.split_at(end).0
}

fn chunked(bytes: &[u8], sizes: &[usize]) -> EventBoundary {
    let (mut boundary, mut rest) = (EventBoundary::default(), bytes);
    for size in sizes.iter().cycle() {
        let (chunk, next) = rest.split_at((*size).min(rest.len()));
        boundary.feed(chunk);
        rest = next;
        if rest.is_empty() {
            break;
        }
    }
    boundary
}

proptest! {
    #[test]
    fn chunking_never_matters(
        text in "[\u{feff}]?(data: ?[a-z:]{0,4}|:c|id|\n|\r|\r\n){0,12}",
        sizes in proptest::collection::vec(1_usize..5, 1..6),
    ) {
        let lines = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
        let (ended, half) = lines.rsplit_once('\n').unwrap_or(("", &lines));
        let open = ended.split('\n').rev().take_while(|line| !line.is_empty()).any(|line| !line.starts_with(':'));
        prop_assert_eq!(chunked(text.as_bytes(), &sizes).at_boundary(), half.is_empty() && !open);
    }

    #[test]
    fn a_stream_closed_anywhere_shows_whole_messages_and_the_error(
        text in stream(),
        cut in any::<prop::sample::Index>(),
        sizes in proptest::collection::vec(1_usize..20, 1..6),
    ) {
        let arrived = text.as_bytes().split_at(cut.index(text.len() + 1)).0;
        let closed = [arrived, &chunked(arrived, &sizes).closing_event(ERROR.as_bytes())].concat();
        let mut expected = whatwg(arrived).messages;
        expected.push(ERROR.to_owned());
        let seen = whatwg(&closed);
        prop_assert_eq!(&seen.messages, &expected);
        prop_assert_eq!(rmcp(&closed), Ok(expected));

        let by_whole_lines = whatwg(&[whole_lines(arrived), b"\n\n"].concat());
        prop_assert_eq!(seen.last_event_id, by_whole_lines.last_event_id);
        prop_assert_eq!(seen.retry, by_whole_lines.retry);
    }

    #[test]
    fn comments_at_boundaries_change_nothing(text in stream(), sizes in proptest::collection::vec(1_usize..20, 1..6)) {
        let (mut boundary, mut rest, mut sent) = (EventBoundary::default(), text.as_bytes(), Vec::new());
        for size in sizes.iter().cycle() {
            let (chunk, next) = rest.split_at((*size).min(rest.len()));
            boundary.feed(chunk);
            sent.extend(chunk);
            if boundary.at_boundary() && !sent.is_empty() {
                sent.extend(KEEP_ALIVE);
            }
            rest = next;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(whatwg(&sent), whatwg(text.as_bytes()));
        prop_assert_eq!(rmcp(&sent), rmcp(text.as_bytes()));
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = fed(&[&bytes]).closing_event(&bytes);
    }
}
