//! Why a user's session cannot be tagged. A message names keys and claims, never a value.

/// A session tag that STS would not take, or that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// More than STS takes.
    #[error(
        "the token has {count} session tags, STS takes 50; the operator should have the provider send fewer"
    )]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// An unusable key. It is not shown: it may hold anything.
    #[error(
        "the key of a session tag in the token {problem}; the operator should correct it at the provider"
    )]
    Key {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An unusable value.
    #[error(
        "the session tag `{key}` {problem}; the operator should correct the user's claim or choose another"
    )]
    Value {
        /// Whose.
        key: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two tags under one key; IAM takes upper and lower case for the same.
    #[error(
        "the token has the session tag `{key}` twice, upper and lower case aside; the operator should keep one"
    )]
    Twice {
        /// The key.
        key: String,
    },
    /// A transitive key without its tag.
    #[error(
        "the token's transitive_tag_keys has a key without a tag; the operator should send both, or neither"
    )]
    TransitiveWithoutTag,
    /// A claim that STS defines has another shape than STS reads.
    #[error("the token's {claim} is not {expected}; the operator should correct it at the provider")]
    Shape {
        /// The claim, or the part of it.
        claim: &'static str,
        /// What is expected there.
        expected: &'static str,
    },
    /// A claim that `awsSts.sessionTags` names has no elements.
    #[error(
        "the claim `{claim}` for the session tag `{key}` is {shape}, not a text or a list of texts; the operator should correct awsSts.sessionTags or the claim"
    )]
    Claim {
        /// The tag.
        key: String,
        /// The claim.
        claim: String,
        /// Its JSON type, with the article.
        shape: &'static str,
    },
}
