//! Where every frame went. One writer (the intake), any number of readers.

use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter that one thread advances and others read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        // Ordering: Relaxed: a statistic, which publishes nothing. One writer, so no
        // read-modify-write is needed.
        self.0.store(self.get() + n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        self.0.load(Ordering::Relaxed)
    }
}

/// The counters of one stream of frames.
#[derive(Debug, Default)]
pub struct Metrics {
    pub(crate) seen: Counter,
    pub(crate) pooled: Counter,
    pub(crate) heap: Counter,
    pub(crate) exhausted: Counter,
    pub(crate) timeout: Counter,
    pub(crate) channel_full: Counter,
    pub(crate) closed: Counter,
    pub(crate) lost: Counter,
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
}

impl Metrics {
    /// Reads all counters: exact once the stream has ended, a snapshot before.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            seen: self.seen.get(),
            delivered: Delivered { pooled: self.pooled.get(), heap: self.heap.get() },
            dropped: Dropped {
                exhausted: self.exhausted.get(),
                timeout: self.timeout.get(),
                channel_full: self.channel_full.get(),
                closed: self.closed.get(),
            },
            lost: self.lost.get(),
            pool_hits: self.hits.get(),
            pool_misses: self.misses.get(),
        }
    }
}

/// Frames that reached the consumer's channel, by where their bytes are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delivered {
    /// In a slot of the pool.
    pub pooled: u64,
    /// In memory from the heap, as the pool was exhausted.
    pub heap: u64,
}

impl Delivered {
    /// Returns how many there were.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.pooled + self.heap
    }
}

/// Frames that were seen and dropped, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Dropped {
    /// No slot was free.
    pub exhausted: u64,
    /// No slot was given back in time.
    pub timeout: u64,
    /// The consumer's channel had no place.
    pub channel_full: u64,
    /// The consumer, or the pool, was gone.
    pub closed: u64,
}

impl Dropped {
    /// Returns how many there were.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.exhausted + self.timeout + self.channel_full + self.closed
    }
}

/// Where every frame of a stream went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Frames that the SDK reported.
    pub seen: u64,
    /// Frames that reached the consumer.
    pub delivered: Delivered,
    /// Frames that did not.
    pub dropped: Dropped,
    /// Frames that were gone before they were seen: gaps in the camera's numbers, and overruns.
    pub lost: u64,
    /// Frames delivered in a buffer that the pool had at once.
    pub pool_hits: u64,
    /// Frames that found no free buffer, whatever became of them then.
    pub pool_misses: u64,
}

impl Report {
    /// Checks the law of conservation: every frame seen was delivered or dropped for a reason.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        self.seen == self.delivered.total() + self.dropped.total()
    }

    /// Returns hits as a percentage of hits and misses; 100 if there were neither.
    #[must_use]
    pub fn hit_rate_percent(&self) -> f64 {
        let asked = self.pool_hits + self.pool_misses;
        if asked == 0 {
            return 100.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let rate = self.pool_hits as f64 / asked as f64 * 100.0;
        rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_counts_every_way_out() {
        let mut report = Report { seen: 6, ..Report::default() };
        report.delivered = Delivered { pooled: 1, heap: 1 };
        report.dropped = Dropped { exhausted: 1, timeout: 1, channel_full: 1, closed: 1 };
        assert!(report.is_conserved());
        report.lost = 3;
        assert!(report.is_conserved(), "lost frames were never seen");
        report.seen = 7;
        assert!(!report.is_conserved());
    }

    #[test]
    fn hit_rate_of_nothing_is_perfect() {
        let mut report = Report::default();
        assert!((report.hit_rate_percent() - 100.0).abs() < 1e-9);
        (report.pool_hits, report.pool_misses) = (3, 1);
        assert!((report.hit_rate_percent() - 75.0).abs() < 1e-9);
    }
}
