//! The beginning of a body, kept while the body passes.

/// Keeps the first bytes of what it is given.
#[derive(Debug, Default)]
pub struct Tee {
    kept: Vec<u8>,
    limit: usize,
    overflowed: bool,
}

impl Tee {
    /// Keeps at most `limit` bytes; 0 keeps none.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// The next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        let room = self.limit.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.overflowed |= bytes.len() > room;
    }

    /// What was kept.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.kept
    }

    /// Whether more came than was kept.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }
}
