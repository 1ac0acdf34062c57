//! A CEL expression over `claims`, compiled when the configuration is read.

use std::fmt;

/// A compiled expression.
pub struct Matcher(String);

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Matcher").field(&self.0).finish()
    }
}

/// The expression can't be used.
#[derive(Debug, thiserror::Error)]
#[error("write a CEL expression over `claims`")]
pub struct MatcherError;

impl Matcher {
    /// Compiles `source`.
    ///
    /// # Errors
    /// Where it is not CEL.
    pub fn compile(source: &str) -> Result<Self, MatcherError> {
        cel::Program::compile(source).map(|_| Self(source.to_owned())).map_err(|_| MatcherError)
    }
}
