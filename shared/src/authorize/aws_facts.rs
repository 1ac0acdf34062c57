//! `resource.aws`: what the arguments of a tool say that it calls, where they hold the text of an AWS CLI command.

use cedar_policy::RestrictedExpression;

use super::{AwsCommand, Json, values};

/// The argument that holds the command, in every tool of that kind that AWS has published.
const COMMAND_ARGUMENT: &str = "cli_command";
const PARSED: &str = "parsed";

/// The facts of a call with these arguments; `None` where it has none, because they hold no command. Anything but one plain
/// command, a list of commands for example, has the fact that nothing is known: `parsed` is false.
pub(super) fn of(arguments: Option<&Json<'_>>) -> Option<RestrictedExpression> {
    let command = arguments?.get(COMMAND_ARGUMENT)?;
    match command.as_text().map(AwsCommand::parse) {
        Some(Ok(command)) => facts(&command),
        Some(Err(_)) | None => values::record([(PARSED.to_owned(), RestrictedExpression::new_bool(false))]),
    }
}

fn facts(command: &AwsCommand) -> Option<RestrictedExpression> {
    let options = command.options().map(|(name, values)| (name.to_owned(), option(values)));
    let named = [("region", command.region()), ("profile", command.profile())];
    let always = [
        (PARSED.to_owned(), RestrictedExpression::new_bool(true)),
        ("service".to_owned(), text(command.service())),
        ("operation".to_owned(), text(command.operation())),
        ("options".to_owned(), values::record(options)?),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), text(value?))));
    values::record(always.into_iter().chain(named))
}

/// Several words are a set: a pattern held against them is an error then, never a match on the first.
fn option(words: &[String]) -> RestrictedExpression {
    match words {
        [] => text(""),
        [word] => text(word),
        words => RestrictedExpression::new_set(words.iter().map(|word| text(word))),
    }
}

fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}
