//! Runs `cases/list_filter.yaml`, and holds documents to the property: the answer without exactly the hidden items.

use proptest::{collection, prelude::*};
use rolecall_core::authorize::{AnswerForm, List, ListFilter, MAX_ANSWER_BYTES, Unreadable};
use serde::Deserialize;

use crate::world::{KEEP, filter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    list: Option<String>,
    answer: String,
    passes: Option<String>,
    #[serde(default)]
    same: bool,
    withheld: Option<String>,
}

fn list(member: &str) -> List {
    let lists = [List::Tools, List::Prompts, List::Resources, List::ResourceTemplates];
    lists.into_iter().find(|list| list.member() == member).unwrap()
}

fn cases() -> Vec<Case> {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("../cases/list_filter.yaml")).unwrap();
    assert!(cases.len() >= 50, "the table lost rows: {}", cases.len());
    cases
}

fn outcome(filter: &ListFilter, answer: &str) -> Result<Option<String>, String> {
    let read = filter.document(answer.as_bytes()).map_err(|unreadable| unreadable.to_string())?;
    Ok(read.map(|bytes| String::from_utf8(bytes).unwrap()))
}

#[test]
fn documents_pass_as_the_table_says() {
    for Case { name, list: expected, answer, passes, same, withheld } in cases() {
        let filter = filter(KEEP, expected.as_deref().map(list));
        let expected = withheld.map_or(Ok(passes), Err);
        assert_eq!(outcome(&filter, &answer), expected, "{name}");
        assert_eq!(same, expected == Ok(None), "{name}: `same`, `passes` or `withheld`");
    }
}

#[test]
fn templates_go_where_no_resource_could_be_read() {
    let templates = r#"{"id":1,"result":{"resourceTemplates":[{"uriTemplate":"a{b}"}]}}"#;
    let none = Ok(Some(r#"{"id":1,"result":{"resourceTemplates":[]}}"#.to_owned()));
    let templates_under = |policy: &str| outcome(&filter(policy, Some(List::ResourceTemplates)), templates);
    for policy in [
        r#"permit(principal, action == Action::"tools/call", resource);"#,
        r#"permit(principal in Group::"others", action, resource);"#,
        "permit(principal, action, resource is Tool);",
        "permit(principal, action, resource); forbid(principal, action, resource is Resource);",
        r#"permit(principal, action, resource); forbid(principal, action, resource) when { context.account like "1111*" };"#,
        "permit(principal, action, resource); forbid(principal, action, resource) when { context.no_such_member };",
    ] {
        assert_eq!(templates_under(policy), none, "{policy}");
    }
    for policy in [
        "permit(principal, action, resource);",
        r#"permit(principal, action, resource == Resource::"one");"#,
        r#"permit(principal, action == Action::"resources/subscribe", resource in Server::"aws-mcp.us-east-1.api.aws");"#,
        r#"permit(principal, action, resource); forbid(principal, action, resource) when { resource.uri like "secret*" };"#,
    ] {
        assert_eq!(templates_under(policy), Ok(None), "{policy}");
    }
}

#[test]
fn errors_pass_unless_they_bring_lists() {
    let filter = filter(KEEP, Some(List::Tools));
    for body in [
        "",
        "Not Acceptable",
        "{\"message\":null}",
        "<html>",
        "{",
        r#"{"id":1,"error":{}}"#,
        r#"{"id":"","result":null,"error":{}}"#,
    ] {
        assert_eq!(filter.error_document(body.as_bytes()), Ok(None), "{body}");
    }
    let list = r#"{"id":1,"result":{"tools":[{"name":"x"}]}}"#;
    let cut = br#"{"id":1,"result":{"tools":[]}}"#.to_vec();
    assert_eq!(filter.error_document(list.as_bytes()), Ok(Some(cut)));
    let both = r#"{"id":1,"result":{"tools":[{"name":"x"}]},"error":{}}"#;
    assert_eq!(filter.error_document(both.as_bytes()), Err(Unreadable::Ambiguous));
    assert_eq!(filter.error_document(format!("[{list}]").as_bytes()), Err(Unreadable::Batch));
}

#[test]
fn a_list_may_have_4096_items() {
    let filter = filter(KEEP, Some(List::Tools));
    let answer = |count: usize| {
        let items = vec![r#"{"name":"x"}"#; count].join(",");
        format!(r#"{{"id":1,"result":{{"tools":[{items}]}}}}"#)
    };
    assert_eq!(outcome(&filter, &answer(4096)), Ok(Some(answer(0))));
    assert_eq!(filter.document(answer(4097).as_bytes()), Err(Unreadable::TooManyItems));
    assert!(answer(4097).len() < MAX_ANSWER_BYTES, "the number is what counts here");
}

#[test]
fn only_two_media_types_and_one_status_bring_lists() {
    use AnswerForm as F;
    let cases: [(u16, &[&str], F); 16] = [
        (200, &["application/json"], F::Document),
        (200, &["Application/JSON; charset=utf-8"], F::Document),
        (200, &["text/event-stream"], F::Events),
        (200, &["text/event-stream;charset=utf-8"], F::Events),
        (200, &["text/plain"], F::Unknown),
        (200, &["application/json-seq"], F::Unknown),
        (200, &[], F::Unknown),
        (200, &["application/json", "text/plain"], F::Unknown),
        (201, &["application/json"], F::Unknown),
        (201, &["text/event-stream"], F::Unknown),
        (202, &[], F::Unknown),
        (206, &["application/json"], F::Unknown),
        (404, &["application/json"], F::ErrorDocument),
        (500, &["text/event-stream"], F::Events),
        (429, &["text/html"], F::ErrorText),
        (503, &[], F::ErrorText),
    ];
    for (status, types, expected) in cases {
        let headers =
            types.iter().map(|value| (http::header::CONTENT_TYPE, value.parse().unwrap())).collect();
        let status = http::StatusCode::from_u16(status).unwrap();
        assert_eq!(AnswerForm::of(status, &headers), expected, "{status} {types:?}");
    }
}

/// An item's text, and whether it is kept.
pub fn item() -> impl Strategy<Value = (String, bool)> {
    let extra = prop_oneof![
        Just(String::new()),
        Just(r#","x":{"a":1,"a":[2.50,"}],"]}"#.to_owned()),
        Just(r#","description":"\"name\":\"keep\"\\""#.to_owned()),
        "[a-zé😀 ]{0,8}".prop_map(|text| format!(",\n \"title\" : \"{text}\" ")),
    ];
    let name = prop_oneof![
        Just("x"),
        Just("y\\u0020z"),
        Just("keep"),
        Just("\\u006beep it"),
        Just("Keep"),
        Just("")
    ];
    (name, extra, any::<bool>()).prop_map(|(name, extra, last)| {
        let kept = name.starts_with("keep") || name.starts_with("\\u006b");
        let text = if last {
            format!("{{\"a\":0{extra},\"name\" :\"{name}\"}}")
        } else {
            format!("{{ \"name\":\"{name}\"{extra}}}")
        };
        (text, kept)
    })
}

pub fn space() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["", " ", "\n", "\r\n", " \t "]).prop_map(str::to_owned)
}

/// An answer to `tools/list`, and what must be left of it.
pub fn answer() -> impl Strategy<Value = (String, String)> {
    let items = collection::vec((item(), space(), space()), 0..8);
    let around = (
        space(),
        space(),
        proptest::sample::select(vec![
            "",
            "\"nextCursor\":\"c\\/1\" , ",
            "\"_meta\":{\"tools\":[{\"name\":\"x\"}]},",
        ]),
    );
    (items, around).prop_map(|(items, (lead, tail, members))| {
        let (mut all, mut left) = (lead.clone(), lead);
        let mut kept_any = false;
        for (index, ((text, kept), before, after)) in items.into_iter().enumerate() {
            let separator = format!("{before},{after}");
            if index > 0 {
                all += &separator;
            }
            all += &text;
            if kept {
                if kept_any {
                    left += &separator;
                }
                left += &text;
                kept_any = true;
            }
        }
        let wrap =
            |list: &str| format!("{{\"id\":1,{tail}\"result\":{{{members}\"tools\":[{list}{tail}] }}\n}}");
        (wrap(&all), wrap(&left))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn exactly_the_hidden_items_are_cut_out((all, left) in answer()) {
        let passed = outcome(&filter(KEEP, Some(List::Tools)), &all).unwrap();
        prop_assert_eq!(passed.unwrap_or(all), left);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in collection::vec(any::<u8>(), 0..200)) {
        let _ = filter(KEEP, None).document(&bytes);
    }

    #[test]
    fn no_broken_answer_passes_changed((all, left) in answer(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = all.into_bytes();
        *at.get_mut(&mut bytes) = byte;
        if let Ok(Some(cut)) = filter(KEEP, Some(List::Tools)).document(&bytes) {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&cut).is_ok(), "{}", left);
        }
    }
}
