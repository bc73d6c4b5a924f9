//! The rate at which frames were delivered.

use std::time::Instant;

/// Counts frames that were delivered, with the arrival of the first and the newest.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    delivered: u64,
    first: Option<Instant>,
    newest: Option<Instant>,
}

impl Rate {
    /// Counts a frame that arrived at `now`.
    pub(crate) fn note(&mut self, now: Instant) {
        self.delivered += 1;
        self.first.get_or_insert(now);
        self.newest = Some(now);
    }

    pub(crate) fn frames_per_second(&self) -> Option<f64> {
        self.intervals().map(|(intervals, seconds)| intervals / seconds)
    }

    /// Returns whether another rate was asked for, and warns of that.
    pub(crate) fn differs_from(&self, asked: f64) -> bool {
        let is_off = self.is_off(asked);
        if is_off && let Some(rate) = self.frames_per_second() {
            tracing::warn!("{rate:.1} frames a second were delivered, {asked} were asked for");
        }
        is_off
    }

    /// Returns the number of intervals between delivered frames, and the seconds from the first
    /// frame to the newest.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    fn intervals(&self) -> Option<(f64, f64)> {
        let span = self.newest?.saturating_duration_since(self.first?);
        (self.delivered > 1 && !span.is_zero())
            .then(|| ((self.delivered - 1) as f64, span.as_secs_f64()))
    }

    /// Returns whether the rate differs from `asked` by more than 2 %, and in all by more time than
    /// a thread may be late.
    fn is_off(&self, asked: f64) -> bool {
        self.intervals().is_some_and(|(intervals, seconds)| {
            let off = (seconds - intervals / asked).abs();
            off > 0.02 * intervals / asked && off > 0.02
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Counts frames that arrive one period apart.
    fn rate(frames: u32, period: Duration) -> Rate {
        let (mut rate, start) = (Rate::default(), Instant::now());
        for frame in 0..frames {
            rate.note(start + period * frame);
        }
        rate
    }

    #[test]
    fn rates_are_of_frames_delivered() {
        let hundred = rate(101, Duration::from_millis(10));
        assert!((hundred.frames_per_second().unwrap() - 100.0).abs() < 1e-6);
        assert_eq!(rate(1, Duration::from_millis(10)).frames_per_second(), None);
        assert_eq!(Rate::default().frames_per_second(), None);
    }

    #[test]
    fn a_rate_that_was_not_reached_is_distinguished_from_jitter() {
        let hundred = rate(201, Duration::from_millis(10));
        assert!(!hundred.is_off(100.0) && !hundred.is_off(101.0));
        assert!(hundred.is_off(122.0) && hundred.is_off(90.0));
        assert!(!rate(3, Duration::from_millis(10)).is_off(122.0), "too short to tell");
    }
}
