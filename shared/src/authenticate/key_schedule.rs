//! When the issuer's keys are fetched: at start, when they grow old, and when a token names an unknown one;
//! never as often as an outsider likes. Times are seconds since the epoch.

/// Between fetches that tokens with unknown keys cause.
const UNKNOWN_KEY_INTERVAL: u64 = 10;
/// Between attempts while there are no keys at all.
const FIRST_LOAD_INTERVAL: u64 = 1;
/// Age at which keys are fetched anew in the background, so that withdrawn ones go.
const REFRESH_AGE: u64 = 3600;
/// Age at which keys are no longer trusted although the issuer cannot be reached.
const MAX_AGE: u64 = 24 * 3600;

/// What has been fetched so far, and when.
#[derive(Debug, Default)]
pub struct KeySchedule {
    loaded_at: Option<u64>,
    attempted_at: Option<u64>,
    last_attempt_failed: bool,
    refetched_at: Option<u64>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The keys at hand serve.
    Nothing,
    /// The keys at hand serve; fetch new ones beside the request.
    Background,
    /// Fetch before going on.
    Fetch,
    /// There are no keys and it is too early to try again.
    Unavailable,
}

impl KeySchedule {
    /// Asked before a token is checked.
    #[must_use]
    pub fn before_check(&self, now: u64) -> Due {
        let attempt_is_older_than =
            |interval: u64| self.attempted_at.is_none_or(|at| now.saturating_sub(at) >= interval);
        match self.loaded_at.map(|at| now.saturating_sub(at)) {
            Some(age) if age < REFRESH_AGE => Due::Nothing,
            Some(age) if age < MAX_AGE && attempt_is_older_than(UNKNOWN_KEY_INTERVAL) => Due::Background,
            Some(age) if age < MAX_AGE => Due::Nothing,
            _ if attempt_is_older_than(FIRST_LOAD_INTERVAL) => Due::Fetch,
            _ => Due::Unavailable,
        }
    }

    /// Asked when no known key fits a token: [`Due::Fetch`], or [`Due::Nothing`] where the keys are as new as
    /// they may be, or [`Due::Unavailable`] where the last attempt to get newer ones failed.
    #[must_use]
    pub fn on_unknown_key(&self, now: u64) -> Due {
        if self.refetched_at.is_none_or(|at| now.saturating_sub(at) >= UNKNOWN_KEY_INTERVAL) {
            Due::Fetch
        } else if self.last_attempt_failed {
            Due::Unavailable
        } else {
            Due::Nothing
        }
    }

    /// Records a fetch that began at `now`. The first load does not count towards the unknown-key interval.
    pub fn record(&mut self, now: u64, succeeded: bool) {
        if self.loaded_at.is_some() {
            self.refetched_at = Some(now);
        }
        self.attempted_at = Some(now);
        self.last_attempt_failed = !succeeded;
        if succeeded {
            self.loaded_at = Some(now);
        }
    }
}
