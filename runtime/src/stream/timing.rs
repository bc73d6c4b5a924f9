//! How long something takes, frame by frame, without allocating.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::Duration;

/// Collects durations up to a minute, to three digits.
#[derive(Debug, Clone)]
pub struct Timing {
    histogram: Histogram<u64>,
}

/// Median, 99th percentile and maximum, in the unit that the caller chose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Half took at most this long.
    pub median: f64,
    /// 99 of 100 took at most this long.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

const MINUTE_NS: u64 = 60_000_000_000;

impl Default for Timing {
    fn default() -> Self {
        Self::new()
    }
}

impl Timing {
    /// Sets memory aside, and touches all of it, so that recording neither allocates nor faults.
    ///
    /// # Panics
    /// Never: the bounds are valid.
    #[must_use]
    pub fn new() -> Self {
        let mut histogram =
            Histogram::new_with_bounds(1, MINUTE_NS, 3).expect("the bounds are valid");
        histogram.reset();
        Self { histogram }
    }

    /// Records one duration; longer ones than a minute count as a minute.
    pub fn record(&mut self, duration: Duration) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(MINUTE_NS);
        self.histogram.saturating_record(ns);
    }

    /// Summarises what was recorded, in units of `unit`; zeros if nothing was.
    #[must_use]
    pub fn summary(&self, unit: Duration) -> Summary {
        if self.histogram.is_empty() {
            return Summary::default();
        }
        #[expect(clippy::cast_precision_loss, reason = "a minute of nanoseconds fits a double")]
        let at = |ns: u64| ns.min(self.histogram.max()) as f64 / (unit.as_secs_f64() * 1e9);
        Summary {
            median: at(self.histogram.value_at_quantile(0.5)),
            p99: at(self.histogram.value_at_quantile(0.99)),
            max: at(self.histogram.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_in_the_unit_asked_for() {
        let mut timing = Timing::new();
        assert_eq!(timing.summary(Duration::from_nanos(1)), Summary::default());
        for us in 1..=100 {
            timing.record(Duration::from_micros(us));
        }
        let us = timing.summary(Duration::from_micros(1));
        assert!((us.median - 50.0).abs() < 0.1 && (us.p99 - 99.0).abs() < 0.2, "{us:?}");
        assert!((us.max - 100.0).abs() < 0.2, "{us:?}");
        timing.record(Duration::from_secs(3600));
        assert!(timing.summary(Duration::from_secs(1)).max <= 61.0);
    }
}
