//! A token as it is pasted: alone, or with the header that carried it.

use std::path::Path;

use crate::{failure::Failure, input};

/// The token in a file, or on standard input where the path is `-`.
///
/// # Errors
/// [`Failure::Unreadable`].
pub fn read(path: &Path) -> Result<String, Failure> {
    Ok(bare(&input::read(path)?).to_owned())
}

fn bare(text: &str) -> &str {
    let text = without(text.trim(), "authorization:");
    without(text, "bearer ")
}

fn without<'t>(text: &'t str, prefix: &str) -> &'t str {
    match text.split_at_checked(prefix.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(prefix) => rest.trim(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn the_header_around_a_token_is_taken_away() {
        for text in
            ["a.b.c", " a.b.c\n", "Bearer a.b.c", "Authorization: Bearer a.b.c", "authorization:bearer a.b.c"]
        {
            assert_eq!(bare(text), "a.b.c", "{text}");
        }
        assert_eq!(bare("Bearer"), "Bearer");
        assert_eq!(bare("ü"), "ü");
    }
}
