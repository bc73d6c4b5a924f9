//! How long something takes, frame by frame, without allocating.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Collects durations up to a minute, to three digits.
///
/// # Examples
/// ```
/// use framepool::Timing;
/// use std::time::Duration;
///
/// let mut timing = Timing::new();
/// for ms in 1..=100 {
///     timing.record(Duration::from_millis(ms));
/// }
/// assert_eq!(timing.count_up_to(Duration::from_millis(30)), 30);
/// assert!(timing.summary(Duration::from_millis(1)).p99 > 98.0);
/// ```
#[derive(Debug, Clone)]
pub struct Timing {
    histogram: Histogram<u64>,
}

/// Median, 99th percentile and maximum, in the unit that the caller chose.
///
/// # Examples
/// ```
/// use framepool::{Summary, Timing};
/// use std::time::Duration;
///
/// let mut timing = Timing::new();
/// assert_eq!(timing.summary(Duration::from_micros(1)), Summary::default());
/// timing.record(Duration::from_millis(2));
/// assert!((timing.summary(Duration::from_micros(1)).max - 2000.0).abs() < 2.0);
/// ```
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

/// As in `median 1.2, 99 % 3.4, max 5.6`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, p99, max } = self;
        write!(f, "median {median:.1}, 99 % {p99:.1}, max {max:.1}")
    }
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

    /// Returns how many durations were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Returns how many of them lasted at most `bound`, to three digits.
    #[must_use]
    pub fn count_up_to(&self, bound: Duration) -> u64 {
        let ns = u64::try_from(bound.as_nanos()).unwrap_or(MINUTE_NS).min(MINUTE_NS);
        self.histogram.count_between(0, ns)
    }

    /// Returns their sum, to three digits.
    #[must_use]
    pub fn sum(&self) -> Duration {
        let ns = self
            .histogram
            .iter_recorded()
            .map(|step| u128::from(step.value_iterated_to()) * u128::from(step.count_at_value()));
        Duration::from_nanos(u64::try_from(ns.sum::<u128>()).unwrap_or(u64::MAX))
    }

    /// Summarises what was recorded, in units of `unit`, at least a nanosecond; zeros if nothing was.
    #[must_use]
    pub fn summary(&self, unit: Duration) -> Summary {
        if self.histogram.is_empty() {
            return Summary::default();
        }
        #[expect(clippy::cast_precision_loss, reason = "a minute of nanoseconds fits a double")]
        let at =
            |ns: u64| ns.min(self.histogram.max()) as f64 / (unit.as_secs_f64() * 1e9).max(1.0);
        Summary {
            median: at(self.histogram.value_at_quantile(0.5)),
            p99: at(self.histogram.value_at_quantile(0.99)),
            max: at(self.histogram.max()),
        }
    }
}

/// The durations of one stream, frame by frame. To be read while it runs.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, FrameProducer};
///
/// let options = FrameProducer::options(FramePool::try_new(4, 8)?).timings(true);
/// let (producer, mut frames) = options.build();
/// let metrics = producer.metrics().clone();
/// producer.into_intake().take(FrameMeta::default(), 8, |room| room.fill(1));
/// drop(frames.try_recv());
/// let timings = metrics.timings().expect("they are on");
/// assert_eq!((timings.fill().count(), timings.hold().count()), (1, 1));
/// println!("{} us", timings.fill().summary(std::time::Duration::from_micros(1)));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Default)]
pub struct Timings {
    acquire: Shared,
    fill: Shared,
    hold: Holds,
}

impl Timings {
    /// Returns how long asking for a buffer took: of frames that had one at once, and of those that had to
    /// wait or came from the heap.
    #[must_use]
    pub fn acquire(&self) -> Timing {
        self.acquire.read()
    }

    /// Returns how long filling a buffer took.
    #[must_use]
    pub fn fill(&self) -> Timing {
        self.fill.read()
    }

    /// Returns how long consumers held frames: from when they were taken in until the primary consumer dropped them.
    #[must_use]
    pub fn hold(&self) -> Timing {
        self.hold.0.read()
    }

    pub(super) fn acquired(&self, since: Instant) {
        self.acquire.record(since);
    }

    pub(super) fn filled(&self, since: Instant) {
        self.fill.record(since);
    }

    /// Returns where it is recorded how long a frame was held.
    pub(super) fn holds(&self) -> Holds {
        self.hold.clone()
    }
}

/// One histogram, which a thread records into while others read it.
#[derive(Debug, Default)]
struct Shared(Mutex<Timing>);

impl Shared {
    fn record(&self, since: Instant) {
        let elapsed = since.elapsed();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).record(elapsed);
    }

    fn read(&self) -> Timing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The durations for which frames are held; each frame that is measured has a handle.
#[derive(Debug, Default, Clone)]
pub(super) struct Holds(Arc<Shared>);

impl Holds {
    pub(super) fn record(&self, since: Option<Instant>) {
        if let Some(since) = since {
            self.0.record(since);
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
        assert!(us.to_string().starts_with("median 50.0, 99 % 99."), "{us}");
        timing.record(Duration::from_secs(3600));
        assert!(timing.summary(Duration::from_secs(1)).max <= 61.0);
    }
}
