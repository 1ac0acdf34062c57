//! Words of STS that go into log and audit. They may quote the request: no piece of the token gets through, and no value
//! of a session tag.

use std::cmp::Reverse;

use url::form_urlencoded::byte_serialize;

use super::{Operation, SessionTags};

/// What is kept of a text, in characters; STS's own messages are shorter.
const MAX_QUOTED: usize = 300;
/// What is searched for values of tags, in characters, so that a hostile answer costs no more than an honest one.
const MAX_SEARCHED: usize = 4096;
/// Length from which a piece of a token is left out; a shorter one may be an ordinary word.
const PIECE: usize = 17;

/// The beginning of `text`, each piece of `token` and each tag's value in it replaced by `…`.
#[must_use]
pub fn quote_without_secrets(text: &str, token: &str, operation: &Operation) -> String {
    match operation {
        Operation::AssumeRoleWithWebIdentity => quote_without_token(text, token),
        Operation::AssumeRole(tags) => match text.char_indices().nth(MAX_SEARCHED) {
            // A value may have been cut there: a long text is not quoted at all.
            Some(_) => "…".to_owned(),
            None => quote_without_token(&without_values(text, tags), token),
        },
    }
}

/// The beginning of `text`, each piece of `token` in it replaced by `…`.
#[must_use]
pub fn quote_without_token(text: &str, token: &str) -> String {
    without_pieces(&text.chars().take(MAX_QUOTED).collect::<String>(), token)
}

/// Values as they are and as the request encodes them, the longest first: one may be part of another.
fn without_values(text: &str, tags: &SessionTags) -> String {
    let mut values: Vec<String> = tags
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .flat_map(|(_, value)| [value.to_owned(), byte_serialize(value.as_bytes()).collect()])
        .collect();
    values.sort_by_key(|value| Reverse(value.len()));
    values.iter().fold(text.to_owned(), |text, value| without_pieces(&without_words(&text, value), value))
}

/// `text` with `…` for each `word` in it that is not part of a longer word.
fn without_words(text: &str, word: &str) -> String {
    let mut quoted = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match rest.strip_prefix(word) {
            Some(after) if !is_joined(&quoted, word) && !is_joined(word, after) => {
                quoted.push('…');
                rest = after;
            }
            _ => {
                quoted.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    quoted
}

/// Whether a word goes on from one text into the next.
fn is_joined(before: &str, after: &str) -> bool {
    before.chars().next_back().is_some_and(char::is_alphanumeric)
        && after.chars().next().is_some_and(char::is_alphanumeric)
}

fn without_pieces(text: &str, token: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let mut hidden_until = 0;
    let mut quoted = String::new();
    for (position, &c) in text.iter().enumerate() {
        let piece: Option<String> = text.get(position..position + PIECE).map(|piece| piece.iter().collect());
        if piece.is_some_and(|piece| token.contains(&piece)) {
            if hidden_until <= position {
                quoted.push('…');
            }
            hidden_until = position + PIECE;
        }
        if hidden_until <= position {
            quoted.push(c);
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJhbm4iLCJhdWQiOiJ4In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";

    #[test]
    fn only_pieces_of_the_token_go() {
        let cases = [
            ("", ""),
            (
                "Not authorized to perform sts:AssumeRoleWithWebIdentity",
                "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            ),
            (
                "No provider in your account for https://dev-1.okta.com/oauth2/default",
                "No provider in your account for https://dev-1.okta.com/oauth2/default",
            ),
            ("a eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ", "a …"),
            ("'eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJhbm4iLCJhdWQiOiJ4In0'é", "'…'é"),
            ("starts with eyJhbGciOiJSUzI1NiIs", "starts with …"),
            ("glued%3DeyJhbGciOiJSUzI1NiIs%26", "glued%3D…%26"),
            ("eyJhbGci is a common beginning", "eyJhbGci is a common beginning"),
        ];
        for (text, expected) in cases {
            assert_eq!(quote_without_token(text, TOKEN), expected);
        }
        assert_eq!(quote_without_token(&"ü".repeat(400), TOKEN), "ü".repeat(300));
    }

    fn tags(values: &[&str]) -> Operation {
        let tags = values
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("T{index}"), (*value).to_owned()))
            .collect();
        Operation::AssumeRole(SessionTags::new(tags, Vec::new()).unwrap())
    }

    #[test]
    fn values_of_tags_go_and_words_that_only_contain_them_stay() {
        let cases: [(&[&str], _, _); 9] = [
            (
                &["red"],
                "Value 'red' at 'tags.1.member.value' is required",
                "Value '…' at 'tags.1.member.value' is required",
            ),
            (&["red", "red team"], "{Team=red team, Name=red}", "{Team=…, Name=…}"),
            (&["a:b"], "a:b, xa:b, a:bc, a:b", "…, xa:b, a:bc, …"),
            (&["b b"], "ab b b", "ab …"),
            (&["/x/"], "a/x/b", "a…b"),
            (
                &["Zoë Müller"],
                "RoleArn=x&Tags.member.1.Value=Zo%C3%AB+M%C3%BCller&y",
                "RoleArn=x&Tags.member.1.Value=…&y",
            ),
            (&["cost-center-for-research"], "xcost-center-for-researchx", "x…x"),
            (&[""], "nothing to hide", "nothing to hide"),
            (&["red"], "starts with eyJhbGciOiJSUzI1NiIs and red", "starts with … and …"),
        ];
        for (values, text, expected) in cases {
            assert_eq!(quote_without_secrets(text, TOKEN, &tags(values)), expected, "{values:?}");
        }
        let long = "Value 'red' ".repeat(400);
        assert_eq!(quote_without_secrets(&long, TOKEN, &tags(&["red"])), "…");
        let whole = quote_without_secrets("Value 'red'", TOKEN, &Operation::AssumeRoleWithWebIdentity);
        assert_eq!(whole, "Value 'red'");
    }

    proptest! {
        #[test]
        fn no_value_gets_through(value in "[a-c :.-]{1,40}", before in "[a-c' ]{0,320}", after in "[' ][a-c' ]{0,9}") {
            let quoted = quote_without_secrets(&format!("{before}'{value}{after}"), "", &tags(&[&value]));
            prop_assert!(!quoted.contains(&format!("'{value}'")), "{}", quoted);
        }

        #[test]
        fn no_longer_piece_gets_through(before in "[ -~]{0,320}", start in 0..60_usize, length in 17..40_usize) {
            let piece = &TOKEN[start..][..length.min(TOKEN.len() - start)];
            let quoted = quote_without_token(&format!("{before}{piece}end"), TOKEN);
            for position in 0..=TOKEN.len() - PIECE {
                prop_assert!(!quoted.contains(&TOKEN[position..position + PIECE]), "{}", quoted);
            }
        }
    }
}
