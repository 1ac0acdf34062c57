//! Why a text is not one plain AWS CLI command. Never with a word of the command itself: it may hold a secret.

/// What makes the text something else than one plain command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPlain {
    /// More text than an operator's command has.
    #[error("the command is longer than {0} bytes")]
    TooLong(usize),
    /// Line breaks, tabs, NUL and the like, quoted or not.
    #[error("the command holds a control character; write it on one line, with spaces")]
    ControlCharacter,
    /// A character that a shell, or some shells, would act on.
    #[error("the command holds `{0}` outside single quotes, which a shell would act on; quote it")]
    ShellCharacter(char),
    /// White space beyond ASCII outside quotes: readers disagree whether it separates words.
    #[error("the command holds white space other than the space character outside quotes")]
    OddSpace,
    /// An opening quote without a closing one, or a backslash at the end.
    #[error("the command ends inside a quotation")]
    Unbalanced,
    /// A word that begins with `~`: the AWS API MCP server replaces it by a folder even where it is quoted.
    #[error("a word of the command begins with `~`")]
    HomeFolder,
    /// The first word is not `aws`.
    #[error("the command does not begin with `aws`")]
    NotAws,
    /// No service or no operation, or a word in their place that is no name.
    #[error("the command does not name a service and an operation")]
    NoOperation,
    /// `-x`, `--`, `---x`, or a name beyond lower-case letters, digits and hyphens.
    #[error("an option of the command is not of the form `--name`")]
    OddOption,
    /// An option of no known meaning before the operation: nobody but the CLI knows whether the next word is its value.
    #[error("an option before the operation is none that every command takes")]
    MisplacedOption,
    /// The beginning of a longer option's name, which the CLI would complete.
    #[error("an option of the command is abbreviated; write its full name")]
    Abbreviated,
    /// The same option twice: the CLI takes the last, or all.
    #[error("an option of the command is given twice")]
    Repeated,
    /// A global option without its value, with an empty or an impossible one, or with one where it takes none.
    #[error("an option of the command lacks its value, or has one that it does not take")]
    BadValue,
    /// An option that sends the call elsewhere, supplies parameters that are not in the command, or makes no call.
    #[error("the command has an option under which its words do not tell what is called")]
    Opaque,
    /// A value that the CLI reads from a file or fetches.
    #[error("a value of the command is read from somewhere else")]
    Indirect,
}
