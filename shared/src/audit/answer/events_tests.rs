use proptest::prelude::*;

use super::*;

const ERROR: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#;
const TOOL: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"isError":true}}"#;

fn read(stream: &[u8], chunk: usize) -> (Option<ApplicationError>, String) {
    let (mut scan, mut tee) = (EventScan::default(), Tee::new(10_000));
    stream.chunks(chunk).for_each(|chunk| scan.feed(chunk, &mut tee));
    (scan.finish(), String::from_utf8_lossy(tee.bytes()).into_owned())
}

#[test]
fn failures_are_found_in_message_events_alone() {
    use ApplicationError::{JsonRpc, Tool};
    let table: &[(String, Option<ApplicationError>)] = &[
        (format!("data: {ERROR}\n\n"), Some(JsonRpc)),
        (format!("data:{ERROR}\r\n\r\n"), Some(JsonRpc)),
        (format!("data:{ERROR}\r\r"), Some(JsonRpc)),
        (format!("\u{feff}data: {ERROR}\n\n"), Some(JsonRpc)),
        (format!(": hi\n\nid: 7\nevent: message\ndata: {TOOL}\n\n"), Some(Tool)),
        (format!("data: {TOOL}\nevent: message\n\n"), Some(Tool)),
        (
            TOOL.split(',').collect::<Vec<_>>().join(",\ndata: ").replacen('{', "data: {", 1) + "\n\n",
            Some(Tool),
        ),
        (format!("data: {{}}\n\ndata: {TOOL}\n\ndata: {{}}\n\n"), Some(Tool)),
        (format!("data: {TOOL}"), Some(Tool)),
        (format!("event: other\ndata: {ERROR}\n\ndata: {{}}\n\n"), None),
        (format!("data: {ERROR}\nevent: messages\n\n"), None),
        (format!(": {ERROR}\n\n"), None),
        (format!("Data: {ERROR}\n\n"), None),
        (format!("datadata: {ERROR}\n\n"), None),
        (format!("a\u{feff}data: {ERROR}\n\n"), None),
        ("data: {\"error\"\n\ndata: :{}}\n\n".to_owned(), None),
        (ERROR.to_owned(), None),
        ("data\n\ndata:\n\n\n\n".to_owned(), None),
    ];
    for (stream, expected) in table {
        for chunk in [1, 2, 3, 7, stream.len().max(1)] {
            assert_eq!(read(stream.as_bytes(), chunk).0, *expected, "{chunk}: {stream}");
        }
    }
}

#[test]
fn the_data_of_events_is_kept_and_nothing_else() {
    let stream =
        "\u{feff}: hi\n\nid: 1\nevent: message\ndata: {\"a\":\ndata:1}\n\nretry: 5\ndata: {}\r\n\r\n";
    for chunk in [1, 2, 5, 500] {
        assert_eq!(read(stream.as_bytes(), chunk).1, "{\"a\":\n1}\n{}\n");
    }
}

proptest! {
    #[test]
    fn where_a_stream_is_cut_changes_nothing(
        stream in r#"((data|event|id|x)?:? ?|\{"error":|\{|\}|1|message|\n|\r|\r\n|é){0,30}"#, chunk in 1_usize..9
    ) {
        prop_assert_eq!(read(stream.as_bytes(), chunk), read(stream.as_bytes(), stream.len().max(1)));
    }
}
