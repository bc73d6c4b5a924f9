//! Where every frame went: counters with one writer each (an intake), and any number of readers.

use crate::pool::FramePool;
use crate::stream::counter::Counter;
use crate::stream::fault::Faults;
use crate::stream::outcome::{Stop, StopReason};
use crate::stream::tap::TapReport;
use crate::stream::taps::AnyTaps;
use crate::stream::timing::Timings;
use serde::Serialize;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The counters of one intake. Those that a delivered frame advances are on one cache line.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(super) struct Counters {
    pub(super) seen: Counter,
    pub(super) pooled: Counter,
    pub(super) heap: Counter,
    pub(super) leased: Counter,
    pub(super) hits: Counter,
    pub(super) exhausted: Counter,
    pub(super) timeout: Counter,
    pub(super) too_large: Counter,
    pub(super) channel_full: Counter,
    pub(super) closed: Counter,
    pub(super) rescued: Counter,
    pub(super) overtaken: Counter,
    pub(super) gaps: Counter,
    pub(super) overruns: Counter,
    pub(super) impossible: Counter,
    pub(super) duplicates: Counter,
    pub(super) recovered: Counter,
    pub(super) late: Counter,
    pub(super) out_of_order: Counter,
    pub(super) misses: Counter,
}

impl Counters {
    fn add_to(&self, report: &mut Report) {
        report.seen += self.seen.get();
        report.delivered.pooled += self.pooled.get();
        report.delivered.heap += self.heap.get();
        report.delivered.leased += self.leased.get();
        report.leases.rescued += self.rescued.get();
        report.leases.overrun += self.overtaken.get();
        report.dropped.exhausted += self.exhausted.get();
        report.dropped.timeout += self.timeout.get();
        report.dropped.too_large += self.too_large.get();
        report.dropped.channel_full += self.channel_full.get();
        report.dropped.closed += self.closed.get();
        self.add_to_faults(&mut report.faults);
        report.lost = report.faults.lost();
        report.pool_hits += self.hits.get();
        report.pool_misses += self.misses.get();
    }

    fn add_to_faults(&self, faults: &mut Faults) {
        let out_of_order = self.out_of_order.get();
        faults.gaps += self.gaps.get();
        faults.overruns += self.overruns.get();
        faults.impossible += self.impossible.get();
        faults.duplicates += self.duplicates.get();
        // What was taken for missed, and came after all.
        faults.missed += self.recovered.get().saturating_sub(out_of_order);
        faults.late += self.late.get();
        faults.out_of_order += out_of_order;
    }
}

/// What became of one stream's frames so far: a handle, which lives on when the stream is gone, and keeps
/// its pool. Reading it costs the frames nothing.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// let metrics = intake.metrics().clone(); // for another thread
/// intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// drop((intake, frames));
/// assert_eq!(metrics.report().delivered.pooled, 1);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    /// One for each intake, also of those that are gone.
    intakes: Mutex<Vec<Arc<Counters>>>,
    pool: FramePool,
    uses_pool: bool,
    taps: Arc<dyn AnyTaps>,
    timings: Option<Timings>,
    stop: Stop,
}

impl Metrics {
    pub(super) fn new(
        pool: FramePool,
        uses_pool: bool,
        taps: Arc<dyn AnyTaps>,
        timings: Option<Timings>,
    ) -> Self {
        let (intakes, stop) = (Mutex::default(), Stop::default());
        Self { inner: Arc::new(Inner { intakes, pool, uses_pool, taps, timings, stop }) }
    }

    pub(super) fn uses_pool(&self) -> bool {
        self.inner.uses_pool
    }

    /// Makes the counters of another intake.
    pub(super) fn counters(&self) -> Arc<Counters> {
        let counters = Arc::<Counters>::default();
        let mut intakes = self.inner.intakes.lock().unwrap_or_else(PoisonError::into_inner);
        intakes.push(Arc::clone(&counters));
        counters
    }

    pub(super) fn stop(&self) -> &Stop {
        &self.inner.stop
    }

    /// Reads all counters: exact once the stream has ended, a snapshot before.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = Report::default();
        let intakes = self.inner.intakes.lock().unwrap_or_else(PoisonError::into_inner);
        intakes.iter().for_each(|counters| counters.add_to(&mut report));
        drop(intakes);
        let stats = self.inner.pool.stats();
        report.pool_capacity = stats.capacity;
        report.pool_in_use = stats.capacity - stats.available;
        report.pool_high_water = stats.high_water.unwrap_or_default();
        report
    }

    /// Reads all counters, and the clock.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { at: Instant::now(), report: self.report() }
    }

    /// Reads the counters of the taps, also of those that were removed; those of one name are summed up.
    #[must_use]
    pub fn taps(&self) -> Vec<TapReport> {
        self.inner.taps.report()
    }

    /// Returns the durations, if the stream measures them
    /// ([`StreamOptions::timings`](crate::stream::StreamOptions::timings)).
    #[must_use]
    pub fn timings(&self) -> Option<&Timings> {
        self.inner.timings.as_ref()
    }

    /// Returns why the stream stopped, if it did.
    #[must_use]
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.inner.stop.reason()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("report", &self.report()).finish_non_exhaustive()
    }
}

/// Frames that reached the consumer's channel, by where their bytes are.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(1, 8)?, 4, OnExhausted::Heap);
/// for _ in 0..3 {
///     intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// }
/// let delivered = intake.metrics().report().delivered;
/// assert_eq!((delivered.pooled, delivered.heap, delivered.total()), (1, 2, 3));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delivered {
    /// In a slot of the pool.
    pub pooled: u64,
    /// In memory from the heap, as the pool was exhausted, or not used.
    pub heap: u64,
    /// In the place where the device wrote them: [`Lease`](crate::Lease)s.
    pub leased: u64,
}

impl Delivered {
    /// Returns how many there were.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.pooled + self.heap + self.leased
    }
}

/// Frames that were seen and dropped, by cause.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(4, 8)?, 1, OnExhausted::Heap);
/// for _ in 0..3 {
///     intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// }
/// let dropped = intake.metrics().report().dropped;
/// assert_eq!((dropped.channel_full, dropped.total()), (2, 2));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Dropped {
    /// No slot was free, and the policy is to drop, or the heap had no memory; or too many frames were lent in a device's
    /// ring.
    pub exhausted: u64,
    /// No slot was given back in time.
    pub timeout: u64,
    /// They are larger than a slot, and the policy is to drop.
    pub too_large: u64,
    /// The consumer's channel had no place.
    pub channel_full: u64,
    /// The stream had stopped: the consumer, or the pool, was gone, or a full channel stopped it before.
    pub closed: u64,
}

impl Dropped {
    /// Returns how many there were.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.exhausted + self.timeout + self.too_large + self.channel_full + self.closed
    }
}

/// What became of frames that were delivered as leases, apart from those that were dropped in time.
///
/// # Examples
/// ```
/// use framepool::Report;
///
/// assert_eq!(Report::default().leases.to_string(), "0 rescued, 0 overrun");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Leases {
    /// They were copied before the device came round.
    pub rescued: u64,
    /// The device came round: no buffer was free for a copy, or the thread that rescues was too late.
    pub overrun: u64,
}

/// As in `3 rescued, 0 overrun`.
impl fmt::Display for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rescued, {} overrun", self.rescued, self.overrun)
    }
}

/// Where every frame of a stream went, and how full its pool is.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(1, 8)?, 4, OnExhausted::Drop);
/// for _ in 0..3 {
///     intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// }
/// let report = intake.metrics().report();
/// assert!(report.is_conserved());
/// assert_eq!(report.dropped.exhausted, 2);
/// assert_eq!(
///     report.to_string(),
///     "3 seen, 1 delivered, 2 dropped (2 pool exhausted), 0 lost; \
///      1 of 1 buffers in use, at most 1, hit rate 33.3 %"
/// );
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Frames that the SDK reported.
    pub seen: u64,
    /// Frames that reached the consumer.
    pub delivered: Delivered,
    /// Frames that did not.
    pub dropped: Dropped,
    /// Frames that were gone before they were seen: the first three of `faults` together.
    pub lost: u64,
    /// What went wrong before frames were seen, kind by kind.
    pub faults: Faults,
    /// What became of the frames that were delivered as leases.
    pub leases: Leases,
    /// Frames that were filled in a buffer that the pool had at once, or a tap gave back; and those that needed none.
    pub pool_hits: u64,
    /// Frames that found no free buffer that is large enough, or did not ask for one, whatever became of them
    /// then.
    pub pool_misses: u64,
    /// Buffers of the pool.
    pub pool_capacity: usize,
    /// Buffers that are on loan now.
    pub pool_in_use: usize,
    /// The most buffers that were ever on loan at once; of a pool of more than 62 an upper bound.
    pub pool_high_water: usize,
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
        percent(self.pool_hits, self.pool_misses)
    }
}

/// As in `1000 seen, 990 delivered (10 from the heap), 10 dropped (10 channel full), 2 lost`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, delivered, dropped, lost, .. } = self;
        write!(f, "{seen} seen, {} delivered", delivered.total())?;
        if delivered.heap > 0 {
            write!(f, " ({} from the heap)", delivered.heap)?;
        }
        if delivered.leased > 0 {
            write!(f, " ({} leased, {})", delivered.leased, self.leases)?;
        }
        write!(f, ", {} dropped", dropped.total())?;
        let causes = [
            (dropped.exhausted, "pool exhausted"),
            (dropped.timeout, "timed out"),
            (dropped.too_large, "too large"),
            (dropped.channel_full, "channel full"),
            (dropped.closed, "stopped"),
        ];
        let mut separator = " (";
        for (count, cause) in causes.iter().filter(|(count, _)| *count > 0) {
            write!(f, "{separator}{count} {cause}")?;
            separator = ", ";
        }
        f.write_str(if dropped.total() > 0 { ")" } else { "" })?;
        write!(f, ", {lost} lost")?;
        let Self { pool_in_use, pool_capacity, pool_high_water, .. } = self;
        let rate = self.hit_rate_percent();
        write!(
            f,
            "; {pool_in_use} of {pool_capacity} buffers in use, at most {pool_high_water}, hit rate {rate:.1} %"
        )
    }
}

/// Returns the first as a percentage of both; 100 if there are neither.
pub(super) fn percent(hits: u64, misses: u64) -> f64 {
    let asked = hits + misses;
    if asked == 0 {
        return 100.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let rate = hits as f64 / asked as f64 * 100.0;
    rate
}

/// A report and when it was made.
///
/// # Examples
/// ```
/// use framepool::{FramePool, OnExhausted, channel};
///
/// let (intake, _frames) = channel(FramePool::try_new(1, 8)?, 1, OnExhausted::Heap);
/// let before = intake.metrics().snapshot();
/// // A second later:
/// let rates = intake.metrics().snapshot().since(&before);
/// assert_eq!(rates.seen_per_second, 0.0);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Snapshot {
    /// When.
    pub at: Instant,
    /// The counters then.
    pub report: Report,
}

impl Snapshot {
    /// Returns what happened between an earlier snapshot of the same stream and this one.
    ///
    /// # Examples
    /// ```
    /// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
    ///
    /// let (mut intake, _frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Drop);
    /// let before = intake.metrics().snapshot();
    /// intake.take(FrameMeta::default(), 8, |room| room.fill(1));
    /// let rates = intake.metrics().snapshot().since(&before);
    /// assert_eq!(rates.hit_rate_percent, 100.0);
    /// assert!(rates.delivered_per_second > 0.0);
    /// # Ok::<(), framepool::PoolError>(())
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Rates {
        let (then, now) = (&earlier.report, &self.report);
        let over = self.at.saturating_duration_since(earlier.at);
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let per_second = |then: u64, now: u64| match now.saturating_sub(then) {
            0 => 0.0,
            frames => frames as f64 / over.as_secs_f64().max(f64::MIN_POSITIVE),
        };
        let hits = now.pool_hits.saturating_sub(then.pool_hits);
        let misses = now.pool_misses.saturating_sub(then.pool_misses);
        Rates {
            over,
            seen_per_second: per_second(then.seen, now.seen),
            delivered_per_second: per_second(then.delivered.total(), now.delivered.total()),
            dropped_per_second: per_second(then.dropped.total(), now.dropped.total()),
            lost_per_second: per_second(then.lost, now.lost),
            hit_rate_percent: percent(hits, misses),
        }
    }
}

/// What happened between two snapshots, in frames per second.
///
/// # Examples
/// ```
/// use framepool::{FramePool, OnExhausted, channel};
///
/// let (intake, _frames) = channel(FramePool::try_new(1, 8)?, 1, OnExhausted::Heap);
/// let before = intake.metrics().snapshot();
/// // A second later:
/// let rates = intake.metrics().snapshot().since(&before);
/// assert_eq!(rates.seen_per_second, 0.0);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Rates {
    /// The time between them.
    pub over: Duration,
    /// Frames that the SDK reported.
    pub seen_per_second: f64,
    /// Frames that reached the consumer.
    pub delivered_per_second: f64,
    /// Frames that did not.
    pub dropped_per_second: f64,
    /// Frames that were gone before they were seen.
    pub lost_per_second: f64,
    /// Frames that found a free buffer, as a percentage of those that asked; 100 if none did.
    pub hit_rate_percent: f64,
}

/// As in `100.0 frames/s seen, 99.0 delivered, 1.0 dropped, 0.0 lost, hit rate 99.0 %`.
impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { over: _, seen_per_second: seen, delivered_per_second: delivered, .. } = self;
        let Self { dropped_per_second: dropped, lost_per_second: lost, .. } = self;
        write!(
            f,
            "{seen:.1} frames/s seen, {delivered:.1} delivered, {dropped:.1} dropped, {lost:.1} lost, \
             hit rate {:.1} %",
            self.hit_rate_percent
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_counts_every_way_out() {
        let mut report = Report { seen: 7, ..Report::default() };
        report.delivered = Delivered { pooled: 1, heap: 1, leased: 0 };
        report.dropped =
            Dropped { exhausted: 1, timeout: 1, too_large: 1, channel_full: 1, closed: 1 };
        assert!(report.is_conserved());
        report.lost = 3;
        assert!(report.is_conserved(), "lost frames were never seen");
        report.seen = 8;
        assert!(!report.is_conserved());
    }

    #[test]
    fn hit_rate_of_nothing_is_perfect() {
        let mut report = Report::default();
        assert!((report.hit_rate_percent() - 100.0).abs() < 1e-9);
        (report.pool_hits, report.pool_misses) = (3, 1);
        assert!((report.hit_rate_percent() - 75.0).abs() < 1e-9);
    }

    #[test]
    fn a_report_reads_as_a_sentence() {
        let mut report = Report { seen: 5, pool_capacity: 4, ..Report::default() };
        report.delivered = Delivered { pooled: 2, heap: 1, leased: 0 };
        report.dropped.exhausted = 1;
        report.dropped.channel_full = 1;
        assert_eq!(
            report.to_string(),
            "5 seen, 3 delivered (1 from the heap), 2 dropped (1 pool exhausted, 1 channel full), \
             0 lost; 0 of 4 buffers in use, at most 0, hit rate 100.0 %"
        );
    }

    #[test]
    fn rates_are_of_what_came_between() {
        let at = Instant::now();
        let then = Report { seen: 100, pool_hits: 90, pool_misses: 10, ..Report::default() };
        let now = Report { seen: 300, pool_hits: 240, pool_misses: 60, lost: 4, ..then };
        let later = Snapshot { at: at + Duration::from_secs(4), report: now };
        let rates = later.since(&Snapshot { at, report: then });
        assert_eq!((rates.seen_per_second, rates.lost_per_second), (50.0, 1.0));
        assert_eq!((rates.delivered_per_second, rates.hit_rate_percent), (0.0, 75.0));
        assert_eq!(
            rates.to_string(),
            "50.0 frames/s seen, 0.0 delivered, 0.0 dropped, 1.0 lost, hit rate 75.0 %"
        );
    }
}
