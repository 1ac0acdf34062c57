//! What the text of an AWS CLI command calls: the facts that policies read as `resource.aws`. Only one plain command has
//! any; a text that a shell, another version of the CLI or the server could take for something else has none, because
//! a policy must never believe of a call what is not so (decision 10).

mod error;
mod option;
mod words;

use std::{collections::BTreeMap, iter::Peekable};

pub use error::NotPlain;
use option::CliOption;

/// The operation that has the name of what it waits for as a third word.
const WAIT: &str = "wait";
/// A value that begins so is read from a file, also within the shorthand of a structure (`Body@=file://…`).
const FILES: [&str; 2] = ["file://", "fileb://"];
/// A value that begins so is fetched by version 1 of the CLI, except for parameters that are URLs themselves.
const FETCHED: [&str; 2] = ["http://", "https://"];
/// The end of the names of such parameters: `queue-url`, `template-url`.
const URL: &str = "url";

type Options = BTreeMap<String, Vec<String>>;

/// One plain AWS CLI command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsCommand {
    service: String,
    operation: String,
    options: Options,
}

impl AwsCommand {
    /// Reads a command of at most 16 KiB, in time linear in its length (times the logarithm of its options).
    ///
    /// Source: AWS CLI User Guide, *Command structure* and *Command line options*; the quoting of POSIX.1-2024, Shell Command
    /// Language, section 2.2.
    ///
    /// # Errors
    /// [`NotPlain`], which names no word of the command.
    pub fn parse(text: &str) -> Result<Self, NotPlain> {
        let mut words = words::split(text)?.into_iter();
        if words.next().as_deref() != Some("aws") {
            return Err(NotPlain::NotAws);
        }
        let (rest, options) = without_global_options(words)?;
        let mut rest = rest.into_iter().peekable();
        let service = name(rest.next())?;
        let mut operation = name(rest.next())?;
        if operation == WAIT {
            operation = format!("{operation} {}", name(rest.next())?);
        }
        is_direct("", &words_ahead(&mut rest))?;
        let mut command = Self { service, operation, options };
        while let Some(Part::Option(CliOption { name, inline })) = rest.next() {
            let values: Vec<_> = inline.into_iter().chain(words_ahead(&mut rest)).collect();
            is_direct(&name, &values)?;
            insert(&mut command.options, name, values)?;
        }
        command.has_no_abbreviation()?;
        Ok(command)
    }

    /// The first word after `aws`: `s3`, `s3api`, `ec2`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The second: `ls`, `describe-instances`; of a waiter both words with one space between: `wait instance-running`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// `--region`. Without it the server's default, an ARN or the service decides.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.global("region")
    }

    /// `--profile`.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        self.global("profile")
    }

    /// Every option, global ones too, in alphabetical order: its name without the hyphens and the words up to the next
    /// option. Only the operation's own definition tells which of them are its values.
    pub fn options(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.options.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    fn global(&self, name: &str) -> Option<&str> {
        self.options.get(name)?.first().map(String::as_str)
    }

    /// The CLI would read `--bucket a --buck b` as the bucket twice. In alphabetical order a name that begins with another
    /// follows it, or another such name does.
    fn has_no_abbreviation(&self) -> Result<(), NotPlain> {
        let longer = self.options.keys().skip(1);
        let mut pairs = self.options.keys().zip(longer);
        if pairs.any(|(name, next)| next.starts_with(name)) { Err(NotPlain::Abbreviated) } else { Ok(()) }
    }
}

/// A word of the command as the CLI sees it once the options for itself are gone.
enum Part {
    Word(String),
    Option(CliOption),
}

/// The CLI takes its own options out, wherever they stand, before the operation sees the others.
fn without_global_options(mut words: impl Iterator<Item = String>) -> Result<(Vec<Part>, Options), NotPlain> {
    let mut rest = Vec::new();
    let mut global = Options::new();
    while let Some(word) = words.next() {
        let Some(option) = option::read(&word)? else {
            rest.push(Part::Word(word));
            continue;
        };
        match option::global_value(&option, || words.next())? {
            Some(values) => {
                is_direct("", &values)?;
                insert(&mut global, option.name, values)?;
            }
            None => rest.push(Part::Option(option)),
        }
    }
    Ok((rest, global))
}

fn insert(options: &mut Options, name: String, values: Vec<String>) -> Result<(), NotPlain> {
    if options.insert(name, values).is_some() { Err(NotPlain::Repeated) } else { Ok(()) }
}

/// The words up to the next option.
fn words_ahead(rest: &mut Peekable<impl Iterator<Item = Part>>) -> Vec<String> {
    let mut words = Vec::new();
    while let Some(Part::Word(word)) = rest.next_if(|part| matches!(part, Part::Word(_))) {
        words.push(word);
    }
    words
}

fn name(part: Option<Part>) -> Result<String, NotPlain> {
    match part {
        Some(Part::Word(word)) if is_name(&word) => Ok(word),
        Some(Part::Option(_)) => Err(NotPlain::MisplacedOption),
        Some(Part::Word(_)) | None => Err(NotPlain::NoOperation),
    }
}

/// The form of every service, operation and option of the AWS CLI, except the service `runtime.sagemaker`.
fn is_name(word: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !word.starts_with('-') && !word.is_empty() && word.bytes().all(is_inner)
}

/// Whether the words after `option` are themselves what the operation gets.
fn is_direct(option: &str, words: &[String]) -> Result<(), NotPlain> {
    let is_file = |word: &String| FILES.iter().any(|scheme| word.contains(scheme));
    let is_fetched =
        |word: &String| !option.ends_with(URL) && FETCHED.iter().any(|scheme| word.starts_with(scheme));
    if words.iter().any(|word| is_file(word) || is_fetched(word)) { Err(NotPlain::Indirect) } else { Ok(()) }
}
