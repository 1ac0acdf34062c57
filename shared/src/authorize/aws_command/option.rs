//! Options of the AWS CLI that every command takes (its `data/cli.json`, versions 1 and 2), and the form of all others.

use super::NotPlain;

/// What an option before, between or after the names of service and operation means to the CLI itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Takes no value.
    Flag,
    /// Takes the next word, whatever it is.
    Value,
    /// Takes one of these words.
    OneOf(&'static [&'static str]),
    /// Takes a number of seconds.
    Seconds,
    /// With it the words do not tell what is called: see [`NotPlain::Opaque`].
    Opaque,
}

/// Values are held to what every version takes: where a version does not know an option, its value would become the
/// service, and must be no service's name.
const GLOBAL: [(&str, Meaning); 21] = [
    ("ca-bundle", Meaning::Value),
    ("cli-auto-prompt", Meaning::Opaque),
    ("cli-binary-format", Meaning::OneOf(&["base64", "raw-in-base64-out"])),
    ("cli-connect-timeout", Meaning::Seconds),
    ("cli-error-format", Meaning::OneOf(&["legacy", "json", "yaml", "text", "table", "enhanced"])),
    // Supplies parameters of the operation as a document; the CLI's other parameters win or lose against it.
    ("cli-input-json", Meaning::Opaque),
    ("cli-input-yaml", Meaning::Opaque),
    ("cli-read-timeout", Meaning::Seconds),
    ("color", Meaning::OneOf(&["on", "off", "auto"])),
    ("debug", Meaning::Flag),
    // The call, signed, goes wherever this says: neither service nor region are what the words name.
    ("endpoint-url", Meaning::Opaque),
    ("no-cli-auto-prompt", Meaning::Flag),
    ("no-cli-pager", Meaning::Flag),
    ("no-paginate", Meaning::Flag),
    ("no-sign-request", Meaning::Flag),
    ("no-verify-ssl", Meaning::Flag),
    ("output", Meaning::OneOf(&["json", "text", "table", "yaml", "yaml-stream", "off"])),
    ("profile", Meaning::Value),
    ("query", Meaning::Value),
    ("region", Meaning::Value),
    ("v2-debug", Meaning::Flag),
];

/// The CLI prints its version wherever this stands, and calls nothing.
const VERSION: &str = "version";

/// A word that the CLI takes for an option.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CliOption {
    /// Without the hyphens.
    pub(super) name: String,
    /// What follows the `=`.
    pub(super) inline: Option<String>,
}

/// `word` as an option; `None` where it is a plain word, which a lone hyphen and a negative number are, too.
pub(super) fn read(word: &str) -> Result<Option<CliOption>, NotPlain> {
    if !word.starts_with('-') || word == "-" || is_negative_number(word) {
        return Ok(None);
    }
    let body = word.strip_prefix("--").ok_or(NotPlain::OddOption)?;
    let (name, inline) = match body.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (body, None),
    };
    if !super::is_name(name) {
        return Err(NotPlain::OddOption);
    }
    if is_abbreviation(name) {
        return Err(NotPlain::Abbreviated);
    }
    Ok(Some(CliOption { name: name.to_owned(), inline }))
}

/// Python's `argparse` completes the beginning of a name, so that `--reg` is `--region`.
fn is_abbreviation(name: &str) -> bool {
    let names = GLOBAL.iter().map(|(global, _)| *global).chain([VERSION]);
    names.into_iter().any(|global| global.len() > name.len() && global.starts_with(name))
}

fn is_negative_number(word: &str) -> bool {
    let Some(number) = word.strip_prefix('-') else { return false };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    [whole, fraction].iter().all(|digits| is_digits(digits))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of `option` where every command takes it, from behind its `=` or from the words that follow; `None` where it is
/// an option of the operation.
pub(super) fn global_value(
    option: &CliOption,
    mut next_word: impl FnMut() -> Option<String>,
) -> Result<Option<Vec<String>>, NotPlain> {
    if option.name == VERSION {
        return Err(NotPlain::Opaque);
    }
    let Some((_, meaning)) = GLOBAL.iter().find(|(name, _)| *name == option.name) else { return Ok(None) };
    let is_valid: &dyn Fn(&str) -> bool = match meaning {
        Meaning::Opaque => return Err(NotPlain::Opaque),
        Meaning::Flag if option.inline.is_some() => return Err(NotPlain::BadValue),
        Meaning::Flag => return Ok(Some(Vec::new())),
        Meaning::Value => &|value| !value.is_empty(),
        Meaning::OneOf(values) => &|value| values.contains(&value),
        Meaning::Seconds => &is_digits,
    };
    let value = option.inline.clone().or_else(&mut next_word).ok_or(NotPlain::BadValue)?;
    let is_word = option.inline.is_some() || read(&value) == Ok(None);
    if !is_word || !is_valid(&value) {
        return Err(NotPlain::BadValue);
    }
    Ok(Some(vec![value]))
}
