//! Runs `cases/aws_command.yaml`, and holds the reading of commands to its properties: it never panics, it is the inverse of
//! quoting, and nothing that a shell would act on gets through.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken table must fail the test"
)]

use std::{collections::BTreeMap, time::Instant};

use proptest::{collection, prelude::*, sample::select};
use rolecall_core::authorize::{AwsCommand, NotPlain};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Case {
    Plain { name: Option<String>, command: String, facts: Facts },
    NotPlain { not_plain: String, commands: Vec<String> },
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Facts {
    service: String,
    operation: String,
    region: Option<String>,
    profile: Option<String>,
    #[serde(default)]
    options: BTreeMap<String, Vec<String>>,
}

impl Facts {
    fn of(command: &AwsCommand) -> Self {
        let options = command.options().map(|(name, values)| (name.to_owned(), values.to_vec()));
        Self {
            service: command.service().to_owned(),
            operation: command.operation().to_owned(),
            region: command.region().map(str::to_owned),
            profile: command.profile().map(str::to_owned),
            options: options.collect(),
        }
    }
}

#[test]
fn commands_have_the_facts_that_the_table_says() {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("cases/aws_command.yaml")).unwrap();
    let mut count = 0;
    for case in cases {
        match case {
            Case::Plain { name, command, facts } => {
                count += 1;
                let what = name.as_ref().unwrap_or(&command);
                let parsed = AwsCommand::parse(&command).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(Facts::of(&parsed), facts, "{what}");
            }
            Case::NotPlain { not_plain, commands } => {
                for command in commands {
                    count += 1;
                    let parsed = AwsCommand::parse(&command).map_err(|error| error.to_string());
                    assert_eq!(parsed, Err(not_plain.clone()), "{command:?}");
                }
            }
        }
    }
    assert!(count >= 150, "the table lost rows: {count}");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test may look at the clock; the core may not")]
fn the_longest_command_is_read_at_once_and_a_longer_one_not_at_all() {
    let widest: String = (0..).map(|n| format!(" --{n}x")).take(4000).collect();
    for word in ["a ", "--a ", "'", "\\ ", "\"\" ", &widest] {
        let command = format!("aws x y {}", word.repeat(16 * 1024 / word.len() + 1));
        let command = command.get(..16 * 1024).unwrap();
        let began = Instant::now();
        let _ = AwsCommand::parse(command);
        assert!(began.elapsed().as_millis() < 500, "{word} took {:?}", began.elapsed());
        assert_eq!(AwsCommand::parse(&format!("{command} ")), Err(NotPlain::TooLong(16 * 1024)));
    }
}

/// Words of commands, and what could make one something else.
fn fragment() -> impl Strategy<Value = String> {
    let known = [
        "aws",
        "s3",
        "ls",
        "wait",
        "--region",
        "--region=",
        "--reg",
        "--profile",
        "--query",
        "--output",
        "json",
        "--debug",
        "--bucket",
        "--buck",
        "--",
        "-",
        "-1",
        "us-east-1",
        "'",
        "\"",
        "\\",
        "$",
        ";",
        "|",
        "&",
        "file://",
        "https://",
        "=",
        "~",
        "*",
        "\n",
        "\0",
        "é",
        "\u{a0}",
    ];
    prop_oneof![select(known.to_vec()).prop_map(str::to_owned), any::<String>(), "[ -~]{0,6}"]
}

/// A word of an operation's value that means what it says.
fn value() -> impl Strategy<Value = String> {
    let means_itself = |word: &String| {
        !word.chars().any(char::is_control)
            && !word.starts_with(['-', '~'])
            && !word.starts_with("http://")
            && !word.starts_with("https://")
            && !["file://", "fileb://"].iter().any(|scheme| word.contains(scheme))
    };
    prop_oneof![any::<String>(), "[ -~]{0,12}"].prop_filter("a value of its own", means_itself)
}

#[derive(Clone, Copy, Debug)]
enum Quotes {
    Single,
    Double,
    Backslash,
}

impl Quotes {
    fn quote(self, word: &str) -> String {
        match self {
            Self::Double if !word.contains(['$', '`']) => {
                format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Self::Backslash if !word.is_empty() => word.chars().flat_map(|c| ['\\', c]).collect(),
            _ => format!("'{}'", word.replace('\'', r"'\''")),
        }
    }
}

fn quotes() -> impl Strategy<Value = Quotes> {
    select(vec![Quotes::Single, Quotes::Double, Quotes::Backslash])
}

/// Whether `text` has one of these characters outside quotes, as a shell and `shlex` see it.
fn has_bare(text: &str, wanted: &str) -> bool {
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (_, '\\') => {
                chars.next();
            }
            (None, c) if wanted.contains(c) => return true,
            _ => {}
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = AwsCommand::parse(&text);
    }

    #[test]
    fn no_words_make_it_panic_and_what_is_read_is_one_command(words in collection::vec(fragment(), 0..12)) {
        let text = format!("aws {}", words.join(" "));
        if AwsCommand::parse(&text).is_ok() {
            prop_assert!(!has_bare(&text, "|&;<>()$`*?[]{}#!~^"), "{}", text);
            prop_assert!(!text.chars().any(char::is_control), "{}", text);
        }
    }

    #[test]
    fn reading_undoes_quoting(values in collection::vec((value(), quotes()), 0..5), name in quotes(), spaces in 1..3_usize) {
        let words = [("aws", name), ("s3api", name), ("get-object", name), ("--a", name)].map(|(word, quotes)| quotes.quote(word));
        let quoted = values.iter().map(|(word, quotes)| quotes.quote(word));
        let text = words.into_iter().chain(quoted).collect::<Vec<_>>().join(&" ".repeat(spaces));
        let command = AwsCommand::parse(&text).unwrap();
        let read: Vec<_> = command.options().map(|(name, values)| (name, values.to_vec())).collect();
        let expected: Vec<_> = values.into_iter().map(|(word, _)| word).collect();
        prop_assert_eq!(read, [("a", expected)], "{}", text);
    }

    #[test]
    fn a_character_for_the_shell_spoils_any_command(at in 0..4_usize, c in select("|&;<>()$`*?[]{}#!~^\n\t\r".chars().collect::<Vec<_>>())) {
        let mut words = ["aws", "s3", "ls", "s3://bucket", "--recursive"].map(str::to_owned);
        words[at + 1].push(c);
        prop_assert!(AwsCommand::parse(&words.join(" ")).is_err());
        words[at + 1].pop();
        words[at + 1].insert(0, c);
        prop_assert!(AwsCommand::parse(&words.join(" ")).is_err());
    }

    #[test]
    fn global_options_mean_the_same_anywhere(at in 0..4_usize, joined in any::<bool>(), region in "[a-z0-9-]{0,8}[a-z]") {
        prop_assume!(!region.starts_with('-'));
        let option = if joined { format!("--region={region}") } else { format!("--region {region}") };
        let mut words = vec!["aws", "s3", "cp", "a", "b"];
        words.insert(at + 1, &option);
        let command = AwsCommand::parse(&words.join(" ")).unwrap();
        prop_assert_eq!((command.service(), command.operation(), command.region()), ("s3", "cp", Some(region.as_str())));
    }
}
