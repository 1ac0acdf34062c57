//! What bounds an expression and the claims it sees. Each number is a factor of the worst case that
//! `docs/decisions/0003-cel-engine-and-limits.md` works out and measures.

/// Longest source, in bytes.
pub(super) const MAX_SOURCE_BYTES: usize = 4096;
/// Deepest syntax tree. Evaluation recurses this deep on the stack of a request.
pub(super) const MAX_NESTING: u16 = 24;
/// Nodes of the syntax tree.
pub(super) const MAX_NODES: usize = 1024;
/// References to `claims` and to iteration variables: each may copy a whole claim.
pub(super) const MAX_REFERENCES: usize = 64;
/// Nodes inside comprehensions, which are evaluated once for each element.
pub(super) const MAX_NODES_IN_COMPREHENSIONS: usize = 256;
/// References to `claims` inside comprehensions: each may walk all claims once for each element.
pub(super) const MAX_CLAIMS_IN_COMPREHENSIONS: usize = 2;
/// Calls of `matches`.
pub(super) const MAX_PATTERNS: usize = 8;
/// Size of one compiled pattern, in bytes: `^\w+$` fits.
pub(super) const MAX_PATTERN_BYTES: usize = 64 * 1024;
/// Bytes of text that one evaluation may hold against patterns.
pub(super) const MAX_MATCHED_BYTES: usize = 32 * 1024;
/// JSON values in the claims, nested ones counted.
pub(super) const MAX_CLAIM_VALUES: usize = 1024;
/// Deepest nesting of claims.
pub(super) const MAX_CLAIM_NESTING: usize = 32;
/// Stack for parsing: a debug build needs 2 MiB for the worst 4096 bytes.
pub(super) const COMPILE_STACK_BYTES: usize = 16 * 1024 * 1024;
