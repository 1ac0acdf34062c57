//! When to leave a collector in peace that does not answer.

use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Counts failures in a row; the pauses after them double from 10 s to 5 min.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    until: Option<Duration>,
}

impl Breaker {
    /// Whether an attempt is due; `now` is the time since any fixed moment.
    #[must_use]
    pub fn lets_through(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    /// Notes how an attempt went; says whether that is news.
    pub fn record(&mut self, succeeded: bool, now: Duration) -> bool {
        let is_news = (self.failures == 0) != succeeded;
        if succeeded {
            *self = Self::default();
        } else {
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST_PAUSE);
            self.until = Some(now.saturating_add(pause));
            self.failures = self.failures.saturating_add(1);
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_and_one_success_ends_them() {
        let mut breaker = Breaker::default();
        let mut now = Duration::ZERO;
        for seconds in [10, 20, 40, 80, 160, 300, 300] {
            assert!(breaker.lets_through(now));
            let is_first = now.is_zero();
            assert_eq!(breaker.record(false, now), is_first, "only the first failure is news");
            assert!(!breaker.lets_through(now + Duration::from_secs(seconds - 1)));
            now += Duration::from_secs(seconds);
        }
        assert!(breaker.record(true, now), "it is back");
        assert!(breaker.lets_through(now));
        assert!(!breaker.record(true, now));
    }
}
