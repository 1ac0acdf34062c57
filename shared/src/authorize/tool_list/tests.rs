use super::{super::MAX_ANSWER_BYTES, *};

const CALL: &[u8] =
    br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":1,
    "AWS_REGION":"eu-west-1","io.modelcontextprotocol/protocolVersion":"2026-07-28",
    "io.modelcontextprotocol/clientInfo":{"name":"c","version":"1.0"}}}}"#;

fn listing() -> ToolListing {
    ToolListing::for_call(br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"t"}}"#)
}

fn answer(result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":"rolecall/tools/1/7","result":{result}}}"#)
}

fn read(listing: &ToolListing, json: &str) -> Result<ToolPage, Unreadable> {
    let mut reader = listing.reader();
    reader.feed_document(json.as_bytes())?;
    reader.document()
}

fn whole(result: &str) -> Result<ToolList, Unreadable> {
    let listing = listing();
    let page = read(&listing, &answer(result))?;
    match listing.with_page(page)? {
        Listed::Whole(list) => Ok(list),
        Listed::More(_) => panic!("there is more"),
    }
}

fn text(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap()
}

#[test]
fn the_request_has_what_the_revision_demands_and_nothing_else_of_the_call() {
    let mut listing = ToolListing::for_call(CALL);
    assert_eq!(
        text(listing.request_body()),
        r#"{"jsonrpc":"2.0","id":"rolecall/tools/1/7","method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1.0"},"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#
    );
    listing.request.turn_to("a\"b".to_owned());
    let body = text(listing.request_body());
    assert!(
        body.contains(r#""id":"rolecall/tools/2/7""#) && body.contains(r#""cursor":"a\"b","_meta""#),
        "{body}"
    );
    for call in [&b"{}"[..], br#"{"id":"x","method":"tools/call","params":{"_meta":7}}"#, b"no JSON"] {
        let body = text(ToolListing::for_call(call).request_body());
        assert!(body.ends_with(r#""method":"tools/list","params":{}}"#), "{body}");
    }
}

#[test]
fn annotations_come_as_they_were_written() {
    let list = whole(
        r#"{"tools":[{"name":"a","annotations":{"readOnlyHint":true, "x":[1]}},{"name":"b"},{"name":"c","annotations":"odd"}]}"#,
    );
    let list = list.unwrap();
    let annotations = |json| Annotations::read(json).unwrap();
    assert_eq!(list.annotations("a"), Some(&annotations(r#"{"readOnlyHint":true, "x":[1]}"#)));
    assert_eq!(list.annotations("b"), None);
    assert_eq!(list.annotations("c"), Some(&annotations(r#""odd""#)));
    assert_eq!(list.annotations("d"), None);
}

#[test]
fn a_saved_answer_is_read_as_the_gateway_reads_its_own() {
    let result = r#"{"tools":[{"name":"a","annotations":{"readOnlyHint":true}}]}"#;
    let expected = whole(result).unwrap();
    for json in [result.to_owned(), answer(result), answer(result).replace(r#""rolecall/tools/1/7""#, "3")] {
        assert_eq!(ToolList::saved(json.as_bytes()), Ok(Some(expected.clone())), "{json}");
    }
    assert_eq!(ToolList::saved(br#"{"tools":[],"nextCursor":"2"}"#), Ok(None));
    for (json, expected) in [
        (r#"{"tools":[{"name":"a","annotations":{}},{"name":"a"}]}"#, Unreadable::ToolTwice),
        (r#"{"tools":[],"tools":[]}"#, Unreadable::DuplicateKey),
        (r#"{"tools":[{}]}"#, Unreadable::Nameless),
        (r#"{"prompts":[]}"#, Unreadable::NoList),
        (r#"{"id":1,"error":{"code":-32601}}"#, Unreadable::Refused),
        (r#"{"id":1,"method":"tools/list"}"#, Unreadable::NoResponse),
        ("[]", Unreadable::Batch),
        ("tools", Unreadable::NotJson),
    ] {
        assert_eq!(ToolList::saved(json.as_bytes()), Err(expected), "{json}");
    }
    assert_eq!(ToolList::saved(&vec![b' '; MAX_ANSWER_BYTES + 1]), Err(Unreadable::TooLarge));
}

#[test]
fn pages_are_merged_until_one_has_no_cursor() {
    let first = listing();
    let page =
        read(&first, &answer(r#"{"tools":[{"name":"a","annotations":{}}],"nextCursor":"2"}"#)).unwrap();
    let Listed::More(second) = first.with_page(page).unwrap() else { panic!("one page too few") };
    assert!(text(second.request_body()).contains(r#""params":{"cursor":"2"}"#));
    let again = r#"{"tools":[{"name":"a","annotations":{}},{"name":"b","annotations":{}}],"nextCursor":""}"#;
    let page = read(&second, &answer(again).replace("tools/1/", "tools/2/")).unwrap();
    let Listed::Whole(list) = second.with_page(page).unwrap() else { panic!("one page too many") };
    assert!(list.annotations("a").is_some() && list.annotations("b").is_some());
}

#[test]
fn a_list_that_can_not_be_read_for_certain_is_none() {
    use Unreadable as U;
    let many = format!(r#"{{"tools":[{}{{"name":"z"}}]}}"#, r#"{"name":"a"},"#.repeat(4096));
    let long =
        format!(r#"{{"tools":[{{"name":"a","annotations":{{"title":"{}"}}}}]}}"#, "x".repeat(MAX_KEPT_BYTES));
    let deep = format!(r#"{{"tools":[{{"name":"a","annotations":{}{}}}]}}"#, "[".repeat(40), "]".repeat(40));
    for (result, expected) in [
        (r#"{"tools":[{"name":"a","annotations":{"readOnlyHint":true}},{"name":"a"}]}"#, U::ToolTwice),
        (
            r#"{"tools":[{"name":"a","annotations":{"readOnlyHint":true,"readOnlyHint":false}}]}"#,
            U::DuplicateKey,
        ),
        (r#"{"tools":[{"name":"a","annotations":{},"Annotations":{}}]}"#, U::DuplicateKey),
        (r#"{"tools":[{"name":"a"}],"tools":[]}"#, U::DuplicateKey),
        (r#"{"tools":[{"annotations":{}}]}"#, U::Nameless),
        (r#"{"tools":{}}"#, U::NoList),
        (r#"{"tools":[],"nextCursor":7}"#, U::NoList),
        (r#"{}"#, U::NoList),
        ("[]", U::NoList),
        (&many, U::TooManyItems),
        (&long, U::TooLarge),
        (&deep, U::TooLarge),
    ] {
        assert_eq!(whole(result), Err(expected), "{}", result.get(..80).unwrap_or(result));
    }
    for (json, expected) in [
        (r#"{"jsonrpc":"2.0","id":"rolecall/tools/1/7","error":{"code":-32601,"message":"no"}}"#, U::Refused),
        (r#"{"jsonrpc":"2.0","id":7,"result":{"tools":[]}}"#, U::NoResponse),
        (r#"{"jsonrpc":"2.0","result":{"tools":[]}}"#, U::NoResponse),
        (r#"{"jsonrpc":"2.0","method":"notifications/progress"}"#, U::NoResponse),
        (r#"[]"#, U::Batch),
        ("", U::NotJson),
    ] {
        assert_eq!(read(&listing(), json), Err(expected), "{json}");
    }
}

#[test]
fn a_list_without_an_end_is_given_up() {
    let mut listing = listing();
    for page in 1..MAX_PAGES {
        let next = ToolPage { tools: Vec::new(), next_cursor: Some("on".to_owned()) };
        let Ok(Listed::More(more)) = listing.with_page(next) else { panic!("page {page} is not the last") };
        listing = more;
    }
    let next = ToolPage { tools: Vec::new(), next_cursor: Some("on".to_owned()) };
    assert_eq!(listing.with_page(next).map(|_| ()), Err(Unreadable::TooManyPages));
}

#[test]
fn the_response_is_found_in_a_stream_cut_anywhere() {
    let message = answer(r#"{"tools":[{"name":"a","annotations":{"title":"A"}}]}"#);
    let stream = format!(
        ": hello\r\n\r\nevent: ping\ndata: {message}\n\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}}\n\n\
         id: 1\ndata:{}\ndata: {}\n\n",
        &message[..17],
        &message[17..]
    );
    for size in 1..stream.len() {
        let mut reader = listing().reader();
        let mut pages = stream.as_bytes().chunks(size).filter_map(|chunk| reader.feed_events(chunk).unwrap());
        let page = pages.next().unwrap();
        assert_eq!(page, read(&listing(), &message).unwrap(), "{size}");
        assert!(pages.next().is_none());
    }
    let mut reader = listing().reader();
    assert_eq!(reader.feed_events(format!("data: {message}").as_bytes()), Ok(None));
    assert!(reader.last_event().is_ok(), "some servers forget the blank line");
    assert_eq!(listing().reader().last_event(), Err(Unreadable::NoResponse));
}
