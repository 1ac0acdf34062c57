//! Words of STS that go into log and audit. They may quote the request: no piece of the token gets through.

/// What is kept of a text, in characters; STS's own messages are shorter.
const MAX_QUOTED: usize = 300;
/// Length from which a piece of a token is left out; a shorter one may be an ordinary word.
const PIECE: usize = 17;

/// The beginning of `text`, each piece of `token` in it replaced by `…`.
#[must_use]
pub fn quote_without_token(text: &str, token: &str) -> String {
    let text: Vec<char> = text.chars().take(MAX_QUOTED).collect();
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

    proptest! {
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
