//! Warnings that do not flood the log.

use std::time::{Duration, Instant};

/// Lets the first ten occurrences through, then every hundredth, and at most one a second.
#[derive(Debug, Default)]
pub(super) struct RateLimit {
    occurrences: u64,
    last: Option<Instant>,
}

impl RateLimit {
    const PAUSE: Duration = Duration::from_secs(1);

    /// Returns what to do about it, for the first occurrence alone.
    pub(super) fn first(occurrences: u64, advice: &str) -> Option<&str> {
        (occurrences == 1).then_some(advice)
    }

    /// Counts an occurrence at `now`; returns the count if this one is worth a warning.
    pub(super) fn count(&mut self, now: Instant) -> Option<u64> {
        self.occurrences += 1;
        let worth = self.occurrences <= 10 || self.occurrences.is_multiple_of(100);
        let rested =
            self.last.is_none_or(|last| now.saturating_duration_since(last) >= Self::PAUSE);
        (worth && rested).then(|| {
            self.last = Some(now);
            self.occurrences
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ten_then_every_hundredth() {
        let start = Instant::now();
        let mut limit = RateLimit::default();
        let let_through: Vec<_> =
            (0..300).filter_map(|s| limit.count(start + Duration::from_secs(s))).collect();
        assert_eq!(let_through, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 200, 300]);
    }

    #[test]
    fn at_most_one_a_second() {
        let start = Instant::now();
        let mut limit = RateLimit::default();
        let let_through: Vec<_> = (0..30)
            .filter_map(|tenth| limit.count(start + Duration::from_millis(100 * tenth)))
            .collect();
        assert_eq!(let_through, [1], "ten within the first second, then no hundredth");
    }
}
