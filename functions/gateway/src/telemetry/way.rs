//! One signal's way to the collector: one attempt at a time, which a breaker keeps from a collector that does not answer.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use opentelemetry_sdk::error::OTelSdkResult;
use rolecall_core::telemetry::Breaker;
use tokio::time::{Instant, timeout_at};

/// No collector is judged by what it did not do in less.
const LEAST_PATIENCE: Duration = Duration::from_millis(50);

/// The way of one signal. A backend that takes only the other one does not close that one's.
pub(super) struct Way {
    signal: &'static str,
    breaker: Mutex<Breaker>,
    turn: tokio::sync::Mutex<()>,
    began: Instant,
}

impl Way {
    /// The way of `traces` or `metrics`.
    pub(super) fn new(signal: &'static str) -> Self {
        let (breaker, turn) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { signal, breaker, turn, began: Instant::now() }
    }

    /// Sends within this time, unless the collector has just failed. Too little time leaves `sending` unpolled, and
    /// says nothing about the collector; neither does an attempt that its caller gives up.
    pub(super) async fn attempt(&self, patience: Duration, sending: impl Future<Output = OTelSdkResult>) {
        let until = Instant::now() + patience;
        if !self.is_worth_it(until) {
            return;
        }
        let Ok(_turn) = timeout_at(until, self.turn.lock()).await else { return };
        if !self.is_worth_it(until) {
            return;
        }
        let succeeded = matches!(timeout_at(until, sending).await, Ok(Ok(())));
        let is_news = self.breaker().record(succeeded, self.began.elapsed());
        let signal = self.signal;
        match (is_news, succeeded) {
            (true, false) => {
                tracing::warn!(signal, "the OpenTelemetry collector does not take what it is sent");
            }
            (true, true) => {
                tracing::info!(signal, "the OpenTelemetry collector takes what it is sent again");
            }
            (false, _) => {}
        }
    }

    fn is_worth_it(&self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        left >= LEAST_PATIENCE && self.breaker().lets_through(self.began.elapsed())
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicU32, Ordering},
    };

    use super::*;

    async fn succeeds(way: &Way, patience: Duration) -> bool {
        let polled = AtomicU32::new(0);
        let sending = async {
            polled.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        way.attempt(patience, sending).await;
        polled.into_inner() == 1
    }

    #[tokio::test]
    async fn without_time_nothing_begins_and_nothing_is_held_against_the_collector() {
        let way = Way::new("traces");
        for patience in [Duration::ZERO, LEAST_PATIENCE / 2] {
            assert!(!succeeds(&way, patience).await);
        }
        assert!(succeeds(&way, Duration::from_secs(1)).await);
    }

    #[tokio::test]
    async fn a_turn_that_did_not_come_is_not_held_against_the_collector() {
        let way = Way::new("traces");
        let turn = way.turn.lock().await;
        assert!(!succeeds(&way, LEAST_PATIENCE * 2).await);
        drop(turn);
        assert!(succeeds(&way, Duration::from_secs(1)).await);
    }

    #[tokio::test]
    async fn a_collector_that_does_not_answer_is_left_in_peace() {
        let way = Way::new("traces");
        way.attempt(LEAST_PATIENCE * 2, pending()).await;
        assert!(!succeeds(&way, Duration::from_secs(1)).await);
    }

    #[tokio::test]
    async fn an_attempt_that_is_given_up_leaves_the_turn_and_the_breaker_as_they_were() {
        let way = Way::new("traces");
        let attempt = way.attempt(Duration::from_secs(10), pending());
        assert!(tokio::time::timeout(LEAST_PATIENCE, attempt).await.is_err());
        assert!(succeeds(&way, Duration::from_secs(1)).await);
    }
}
