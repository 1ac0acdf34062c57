//! Moments as people read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rolecall_core::audit::timestamp;

/// A unit's seconds and its name.
const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];

/// Seconds since the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// RFC 3339 in UTC; `None` beyond what a clock can hold.
pub fn date(seconds: u64) -> Option<String> {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map(timestamp)
}

/// `3 minutes ago`, `in 2 hours`, `now`.
pub fn relative(then: u64, now: u64) -> String {
    match (then.checked_sub(now), now.checked_sub(then)) {
        (Some(0), _) => "now".to_owned(),
        (Some(ahead), _) => format!("in {}", span(ahead)),
        (None, past) => format!("{} ago", span(past.unwrap_or_default())),
    }
}

/// A length of time in its largest unit, rounded down.
fn span(seconds: u64) -> String {
    let unit = UNITS.into_iter().find(|(length, _)| seconds >= *length);
    let (length, name) = unit.unwrap_or((1, "second"));
    let count = seconds.checked_div(length).unwrap_or_default();
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_their_largest_unit() {
        for (then, expected) in [
            (1_000_000, "now"),
            (1_000_001, "in 1 second"),
            (999_880, "2 minutes ago"),
            (1_000_000 + 3_599, "in 59 minutes"),
            (1_000_000 + 7_200, "in 2 hours"),
            (1_000_000 - 86_400, "1 day ago"),
            (0, "11 days ago"),
        ] {
            assert_eq!(relative(then, 1_000_000), expected, "{then}");
        }
    }

    #[test]
    fn no_number_in_a_token_is_too_large() {
        assert_eq!(date(1_763_730_000).unwrap(), "2025-11-21T13:00:00Z");
        assert!(relative(u64::MAX, 0).starts_with("in "));
        let _ = date(u64::MAX);
    }
}
