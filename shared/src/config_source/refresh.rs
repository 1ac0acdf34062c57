//! When a source is looked at again. Times are seconds since the epoch: a monotonic clock may stand still while a
//! function is frozen.

/// The next look's earliest time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshSchedule {
    interval: u64,
    looked_at: u64,
    wait: u64,
}

impl RefreshSchedule {
    /// A schedule of `interval` seconds, of which the first began at `now`.
    #[must_use]
    pub fn new(interval: u64, now: u64) -> Self {
        Self { interval, looked_at: now, wait: interval }
    }

    /// Whether to look now. A clock that was set back must not keep an old configuration in force.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        now.abs_diff(self.looked_at) >= self.wait
    }

    /// Records that a look begins.
    pub fn begin(&mut self, now: u64) {
        *self = Self::new(self.interval, now);
    }

    /// Records that the look has ended at `now`, and that the source wants none for this many seconds after it. Whole
    /// seconds are counted, so one more is waited where the source is that strict.
    pub fn end(&mut self, now: u64, pause: u64) {
        let took = now.saturating_sub(self.looked_at);
        let strict = if pause > 0 { took.saturating_add(pause).saturating_add(1) } else { 0 };
        self.wait = self.interval.max(strict);
    }
}
