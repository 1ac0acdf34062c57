//! Why an expression is refused when the configuration is read, or has no value for a token.
//!
//! A [`MatcherError`] may quote the expression. A [`MatcherFailure`] never holds a claim's value, because it is logged.

use cel::parser::ParseErrors;

use super::limits::{
    MAX_CLAIMS_IN_COMPREHENSIONS, MAX_NESTING, MAX_NODES_IN_COMPREHENSIONS, MAX_PATTERNS, MAX_REFERENCES,
    MAX_SOURCE_BYTES,
};

/// An expression that does not compile, with what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// Nothing but white space.
    #[error("the expression is empty: write a condition such as \"admins\" in claims[\"groups\"]")]
    Empty,
    /// More than the largest source.
    #[error(
        "the expression has {bytes} bytes: shorten it to {MAX_SOURCE_BYTES}, or split it into several mappings"
    )]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Not CEL.
    #[error("not valid CEL at line {line}, column {column} ({problem}): correct the syntax")]
    Syntax {
        /// From 1, within the expression.
        line: usize,
        /// From 1.
        column: usize,
        /// The parser's words.
        problem: String,
    },
    /// The parser gave up without a reason.
    #[error("the expression cannot be parsed: simplify it")]
    Unparsable,
    /// The operating system gave no thread.
    #[error("no thread to compile the expression on: raise the limit on threads or memory")]
    NoThread,
    /// The tree of the expression is too deep.
    #[error("the expression is nested more than {MAX_NESTING} deep: split it into several mappings")]
    TooDeep,
    /// A variable other than `claims`.
    #[error("`{0}` is not defined: the only variable is claims, so write claims[\"{0}\"] or quote a text")]
    UnknownName(String),
    /// An iteration variable that would hide `claims`.
    #[error("the iteration variable `{0}` hides claims: give it another name")]
    HidesClaims(String),
    /// A function that this subset does not have.
    #[error(
        "`{0}` is not available here: use size, contains, startsWith, endsWith, matches, has, in, exists, all, \
         exists_one, filter, map, or a conversion"
    )]
    UnknownFunction(String),
    /// A known function with the wrong number of arguments, or as a method where it is none.
    #[error("`{name}` is called wrongly: write {usage}")]
    WrongCall {
        /// The function.
        name: String,
        /// A correct call.
        usage: &'static str,
    },
    /// Syntax that CEL has and this subset has not.
    #[error("{0} cannot be used in a matcher: compare claims with literals instead")]
    Unsupported(&'static str),
    /// A value that is no boolean where one is needed.
    #[error("{0} is not a condition: compare it with something, for example by == or in")]
    NotBoolean(&'static str),
    /// A comprehension in another's body or range.
    #[error(
        "exists, all, exists_one, filter and map cannot be nested: use one of them, or several joined by && and ||"
    )]
    NestedComprehension,
    /// Too much work for each element.
    #[error(
        "more than {MAX_NODES_IN_COMPREHENSIONS} operations inside exists, all, exists_one, filter or map: shorten them"
    )]
    LongComprehension,
    /// Too many walks over all claims for each element.
    #[error(
        "more than {MAX_CLAIMS_IN_COMPREHENSIONS} uses of claims inside exists, all, exists_one, filter or map: \
         move some of them outside"
    )]
    ClaimsInComprehension,
    /// A copy of the claims for each element.
    #[error(
        "claims in a list, a map, a sum or the text of matches in or before exists, all, exists_one, filter or map: \
         move it outside, or compare by == or in"
    )]
    CopiesClaims,
    /// `map` that multiplies its input.
    #[error("map cannot yield a list or a map: yield the element or one of its fields")]
    YieldsContainer,
    /// Too many references.
    #[error("more than {MAX_REFERENCES} references to claims or variables: split it into several mappings")]
    ManyReferences,
    /// A pattern that is not known when the configuration is read.
    #[error("the pattern of matches is not a literal: write the regular expression in quotes")]
    PatternNotLiteral,
    /// A pattern that is no regular expression, or too large.
    #[error("the pattern {pattern:?} is not usable ({problem}): correct or shorten it")]
    Pattern {
        /// As written.
        pattern: String,
        /// What the regular expression compiler says.
        problem: String,
    },
    /// Too many patterns.
    #[error("more than {MAX_PATTERNS} different patterns: join them with | in one")]
    ManyPatterns,
}

impl MatcherError {
    pub(super) fn syntax(errors: &ParseErrors) -> Self {
        let Some(first) = errors.errors.first() else { return Self::Unparsable };
        if first.msg.contains("recursion limit") {
            return Self::TooDeep;
        }
        Self::Syntax {
            line: usize::try_from(first.pos.0).unwrap_or_default(),
            column: usize::try_from(first.pos.1).unwrap_or_default(),
            problem: first.msg.chars().take(200).collect(),
        }
    }
}

/// Why an expression has no value for a token. Names and types only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherFailure {
    /// A claim or field that the expression names is absent; `None` where a claim's value was the name.
    #[error("{}", absent(.0.as_deref()))]
    Absent(Option<String>),
    /// An operation got values of types it is not defined for.
    #[error("a value has a type that {operation} does not take")]
    WrongType {
        /// The operator or function.
        operation: String,
    },
    /// The value of the whole expression is no boolean.
    #[error("the expression is not a condition for these claims: its value is a {kind}")]
    NotBoolean {
        /// CEL's name of its type.
        kind: String,
    },
    /// More, or deeper, claims than an expression may see.
    #[error("the token has too many claims for a matcher")]
    TooManyClaims,
    /// More text than patterns may be held against.
    #[error("too much text for matches")]
    TooMuchText,
    /// A division by zero, an overflow, an index out of bounds.
    #[error("{0}")]
    Arithmetic(&'static str),
    /// Anything else.
    #[error("the expression has no value for these claims")]
    NoValue,
}

fn absent(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("the token has no `{name}`"),
        None => "the token has no claim of a name that the expression computes".to_owned(),
    }
}
