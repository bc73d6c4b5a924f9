//! The driver's end: takes frames in, and delivers each, or drops it for a counted reason.

use crate::buffer::Described;
use crate::pool::{FrameAcquirer, FramePool};
use crate::pooled::PooledBuffer;
use crate::reading::ReadFrame;
use crate::stream::account::Account;
use crate::stream::channel::{Refusal, Sender};
use crate::stream::counter::Counter;
use crate::stream::exhausted::{Warnings, replacement, spare, taken_back};
use crate::stream::fault::Fault;
use crate::stream::frame::Frame;
use crate::stream::lease::Lease;
use crate::stream::metrics::{Counters, Metrics};
use crate::stream::offers::Offers;
use crate::stream::outcome::{Outcome, StopReason};
use crate::stream::policy::WhenFull;
use crate::stream::shared::Stream;
use crate::stream::taps::Taps;
use crate::stream::timing::Timings;
use crate::stream::warning::RateLimit;
use framepool_core::frame::FrameMeta;
use framepool_core::rescue::Rescued;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;
use tracing::level_filters::LevelFilter;

/// Says that a frame's bytes were gone before they could be copied: it counts as lost.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, Outcome, Unfilled, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// let outcome = intake.take(FrameMeta::default(), 8, |room| {
///     room.fill(1);
///     let is_still_there = false; // the camera has come round meanwhile
///     if is_still_there { Ok(()) } else { Err(Unfilled) }
/// });
/// assert_eq!(outcome, Outcome::Lost);
/// assert_eq!(intake.metrics().report().lost, 1);
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the frame was overwritten before it was copied")]
pub struct Unfilled;

/// What a `fill` returns: nothing, or whether it has filled the buffer.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, Outcome, Unfilled, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// let outcome = intake.take(FrameMeta::default(), 8, |room| {
///     room.fill(1);
///     let is_still_there = false; // the camera has come round meanwhile
///     if is_still_there { Ok(()) } else { Err(Unfilled) }
/// });
/// assert_eq!(outcome, Outcome::Lost);
/// assert_eq!(intake.metrics().report().lost, 1);
/// # Ok::<(), framepool::PoolError>(())
/// ```
pub trait Filled {
    /// Returns whether the buffer is filled.
    ///
    /// # Errors
    /// [`Unfilled`] if not: the frame is lost.
    fn filled(self) -> Result<(), Unfilled>;
}

impl Filled for () {
    fn filled(self) -> Result<(), Unfilled> {
        Ok(())
    }
}

impl Filled for Result<(), Unfilled> {
    fn filled(self) -> Result<(), Unfilled> {
        self
    }
}

/// The bytes that a `fill` writes a frame into.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Heap);
/// intake.take(FrameMeta::default(), 4, |room| {
///     assert!(room.was_free());
///     room.copy_from_slice(&[1, 2, 3, 4]);
/// });
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug)]
pub struct Room<'a> {
    bytes: &'a mut [u8],
    was_free: bool,
}

impl Room<'_> {
    /// Returns whether the pool had this buffer at once. If not, time has passed since the frame came:
    /// ask again whether the frame is still there.
    #[must_use]
    pub fn was_free(&self) -> bool {
        self.was_free
    }
}

impl Deref for Room<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes
    }
}

impl DerefMut for Room<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.bytes
    }
}

/// The driver's end of a stream: takes frames in. A driver with several threads makes one for each.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, FrameProducer};
///
/// let (producer, frames) = FrameProducer::options(FramePool::try_new(4, 8)?).build();
/// let threads: Vec<_> = (0..2)
///     .map(|_| {
///         let mut intake = producer.intake();
///         std::thread::spawn(move || {
///             intake.take(FrameMeta::default(), 8, |room| room.fill(1));
///         })
///     })
///     .collect();
/// drop(producer);
/// assert_eq!(frames.count(), 2);
/// # threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
/// # Ok::<(), framepool::PoolError>(())
/// ```
pub struct Intake<F: ReadFrame = Frame> {
    stream: Arc<Stream>,
    buffers: FrameAcquirer,
    frames: Sender<F>,
    counters: Arc<Counters>,
    offers: Offers<F>,
    warnings: Warnings,
    full_warnings: RateLimit,
    is_only: bool,
}

impl<F: ReadFrame> Intake<F> {
    /// Makes one; `is_only` if the stream has no other, now and later.
    pub(super) fn new(
        stream: Arc<Stream>,
        frames: Sender<F>,
        taps: Taps<F>,
        is_only: bool,
    ) -> Self {
        Self {
            buffers: stream.pool.acquirer(),
            counters: stream.metrics.counters(),
            offers: Offers::new(taps),
            frames,
            stream,
            warnings: Warnings::default(),
            full_warnings: RateLimit::default(),
            is_only,
        }
    }

    /// Lends a frame where it is: `lend` makes the lease of the frame with this number, unless nothing is left to make
    /// it of.
    pub(super) fn lend(
        &mut self,
        lend: impl FnOnce(u64, Option<&Timings>) -> Option<Lease>,
    ) -> Outcome
    where
        F: From<Lease>,
    {
        self.hand_over(lend, |counters| &counters.leased)
    }

    /// Delivers a frame that needs no buffer: `make` makes the one with this number, if it can.
    fn hand_over<T>(
        &mut self,
        make: impl FnOnce(u64, Option<&Timings>) -> Option<T>,
        delivered: fn(&Counters) -> &Counter,
    ) -> Outcome
    where
        F: From<T>,
    {
        let Self { stream, frames, counters, offers, full_warnings, is_only, .. } = self;
        let account = Account { stream, counters, is_only: *is_only };
        if let Some(outcome) = refused(account, frames, full_warnings) {
            return outcome;
        }
        if stream.pool.is_closed() {
            return account.stop(StopReason::PoolClosed, |counters| &counters.closed);
        }
        // Observers that were removed are dropped here, and may panic.
        let unless_updated = Lost(counters);
        offers.update();
        std::mem::forget(unless_updated);

        let number = account.seen();
        let Some(made) = make(number, stream.metrics.timings()) else {
            counters.misses.add(1);
            return account.drop_seen(|counters| &counters.exhausted);
        };
        counters.hits.add(1);
        if LevelFilter::current() >= LevelFilter::TRACE {
            trace(number, None);
        }
        let frame = F::from(made);
        offers.offer(&frame);
        if let Some(reason) = stream.metrics.stop().reason() {
            return account.stop_seen(reason, |counters| &counters.closed);
        }
        if let Err(_frame) = frames.push(frame) {
            return full(account, full_warnings);
        }
        delivered(counters).add(1);
        frames.wake();
        Outcome::Delivered
    }

    /// Finds a free buffer for `len` bytes.
    pub(super) fn free(&mut self, len: usize) -> Option<PooledBuffer> {
        let is_fit = self.stream.uses_pool && len <= self.stream.pool.slot_bytes();
        if is_fit { self.buffers.try_acquire() } else { None }
    }

    /// Finds a buffer for `len` bytes of a frame that was seen before: a free one, one of a frame that waits in taps, or as
    /// the policy says.
    pub(super) fn spare(&mut self, len: usize) -> Option<PooledBuffer> {
        if let Some(free) = self.free(len) {
            return Some(free);
        }
        let Self { stream, buffers, counters, offers, warnings, is_only, .. } = self;
        let is_fit = stream.uses_pool && len <= stream.pool.slot_bytes();
        let taken = if is_fit { taken_back(buffers, offers) } else { None };
        let account = Account { stream, counters, is_only: *is_only };
        taken.or_else(|| spare(account, warnings, len))
    }

    /// Counts what became of frames that were lent.
    pub(super) fn count_lease(&self, rescued: Rescued) {
        match rescued {
            Rescued::Copied => self.counters.rescued.add(1),
            Rescued::Overrun => self.counters.overtaken.add(1),
            Rescued::NoRoom => {}
        }
    }

    /// Takes in one frame of `len` bytes, which `fill` writes into the buffer that it is given.
    ///
    /// Blocks only if the stream's policy is to wait. `meta.number` is set here: the stream's frames in
    /// the order in which they were seen, from 1. A frame that has no place to go is dropped before it is
    /// copied and shown to taps, unless another intake takes the last place meanwhile. A `fill`
    /// that panics has lost its frame, and the panic goes on to the caller.
    pub fn take<W: Filled>(
        &mut self,
        meta: FrameMeta,
        len: usize,
        fill: impl FnOnce(&mut Room<'_>) -> W,
    ) -> Outcome
    where
        F: From<Frame>,
    {
        let Self { stream, buffers, frames, counters, offers, warnings, full_warnings, is_only } =
            self;
        let account = Account { stream, counters, is_only: *is_only };
        if let Some(outcome) = refused(account, frames, full_warnings) {
            return outcome;
        }

        // Observers that were removed are dropped here, and may panic.
        let unless_updated = Lost(counters);
        offers.update();
        std::mem::forget(unless_updated);

        let timings = stream.metrics.timings();
        let start = timings.map(|_| Instant::now());
        // Frames that are taken back from taps are dropped, which calls hooks.
        let unless_found = Lost(counters);
        let free = if stream.uses_pool && len <= stream.pool.slot_bytes() {
            buffers.try_acquire().or_else(|| taken_back(buffers, offers))
        } else {
            None
        };
        let was_free = free.is_some();
        let found = free.map_or_else(|| replacement(account, warnings, len), Ok);
        std::mem::forget(unless_found);
        let mut buffer = match found {
            Ok(buffer) => buffer,
            Err(outcome) => return outcome,
        };
        if let (Some(timings), Some(start)) = (timings, start) {
            timings.acquired(start);
        }

        let start = timings.map(|_| Instant::now());
        let unless_filled = Lost(counters);
        let bytes = &mut buffer[..len];
        if fill(&mut Room { bytes, was_free }).filled().is_err() {
            return Outcome::Lost;
        }
        std::mem::forget(unless_filled);
        if let (Some(timings), Some(start)) = (timings, start) {
            timings.filled(start);
        }

        let used_pool = buffer.loan().is_pooled();
        let number = account.seen();
        let since = timings.map(|_| Instant::now());
        let taken = Described { meta, len, since };
        let frame = F::from(Frame::taken(buffer, taken, number, timings.map(Timings::holds)));
        counters.hits.add(u64::from(was_free));
        if LevelFilter::current() >= LevelFilter::TRACE {
            trace(number, Some(used_pool));
        }
        offers.offer(&frame);
        if let Some(reason) = stream.metrics.stop().reason() {
            return account.stop_seen(reason, |counters| &counters.closed);
        }
        if let Err(_frame) = frames.push(frame) {
            // Another intake has taken the place meanwhile.
            return full(account, full_warnings);
        }
        if used_pool { &counters.pooled } else { &counters.heap }.add(1);
        frames.wake();
        Outcome::Delivered
    }

    /// Takes in a frame of `len` bytes that is in a buffer already: a device wrote it there.
    ///
    /// # Examples
    /// ```
    /// use framepool::{FrameMeta, FramePool, OnExhausted, Outcome, channel};
    ///
    /// let pool = FramePool::try_new(2, 8)?;
    /// let mut buffer = pool.try_acquire().expect("two are free");
    /// let (mut intake, mut frames) = channel(pool, 4, OnExhausted::Drop);
    /// buffer.fill(7); // by the device
    /// assert_eq!(intake.deliver(FrameMeta::new(4, 2, 8), 8, buffer), Outcome::Delivered);
    /// assert_eq!(frames.try_recv()?.bytes(), [7; 8]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deliver(&mut self, meta: FrameMeta, len: usize, buffer: PooledBuffer) -> Outcome
    where
        F: From<Frame>,
    {
        let is_pooled = buffer.loan().is_pooled();
        self.hand_over(
            |number, timings| {
                let taken = Described { meta, len, since: timings.map(|_| Instant::now()) };
                Some(Frame::taken(buffer, taken, number, timings.map(Timings::holds)))
            },
            if is_pooled { |counters| &counters.pooled } else { |counters| &counters.heap },
        )
    }

    /// Counts what went wrong before frames were seen.
    pub fn count(&mut self, fault: Fault, frames: u64) {
        let counters = &self.counters;
        match fault {
            Fault::Gap => &counters.gaps,
            Fault::Overrun => &counters.overruns,
            Fault::Impossible => &counters.impossible,
            Fault::Duplicate => &counters.duplicates,
            Fault::Recovered => &counters.recovered,
            Fault::Late => &counters.late,
            Fault::OutOfOrder => &counters.out_of_order,
        }
        .add(frames);
    }

    /// Returns how many frames this intake has seen: delivered or dropped.
    #[must_use]
    pub fn frames_seen(&self) -> u64 {
        self.counters.seen.get()
    }

    /// Returns how many of these were delivered.
    #[must_use]
    pub fn frames_delivered(&self) -> u64 {
        self.counters.pooled.get() + self.counters.heap.get() + self.counters.leased.get()
    }

    /// Returns the counters, which live on when the intake is gone.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.stream.metrics
    }

    /// Returns the taps, to add some.
    #[must_use]
    pub fn taps(&self) -> &Taps<F> {
        self.offers.taps()
    }

    /// Returns the pool.
    #[must_use]
    pub fn pool(&self) -> &FramePool {
        &self.stream.pool
    }
}

impl<F: ReadFrame> fmt::Debug for Intake<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("metrics", self.metrics()).finish_non_exhaustive()
    }
}

/// Drops a frame that has no place to go, before anything is done for it.
#[inline(always)]
fn refused<F>(
    account: Account<'_>,
    frames: &Sender<F>,
    full_warnings: &mut RateLimit,
) -> Option<Outcome> {
    if let Some(reason) = account.stream.metrics.stop().reason() {
        return Some(account.stop(reason, |counters| &counters.closed));
    }
    match frames.refusal() {
        None => None,
        Some(Refusal::Full) => {
            account.seen();
            Some(full(account, full_warnings))
        }
        Some(Refusal::Closed) => {
            Some(account.stop(StopReason::ConsumerGone, |counters| &counters.closed))
        }
    }
}

/// Logs a frame: one that was copied, into the pool or not, or one that is where it was.
// Out of line: code that is passed over is fetched from cold caches, too, once a large frame has passed.
#[cold]
fn trace(number: u64, used_pool: Option<bool>) {
    match used_pool {
        Some(used_pool) => tracing::trace!(number, used_pool, "frame"),
        None => tracing::trace!(number, "frame where it is"),
    }
}

/// Drops a frame that was seen, for which the consumer's channel has no place, or stops the stream.
#[cold]
fn full(account: Account<'_>, warnings: &mut RateLimit) -> Outcome {
    if account.stream.when_full == WhenFull::Stop {
        return account.stop_seen(StopReason::ConsumerFull, |counters| &counters.channel_full);
    }
    if let Some(dropped) = warnings.count(Instant::now()) {
        let consumer = &*account.stream.consumer;
        let advice = RateLimit::first(
            dropped,
            "more places help over short stalls; else the consumer is too slow",
        );
        tracing::warn!(
            dropped,
            consumer,
            advice,
            "the consumer's channel is full, frames are dropped"
        );
    }
    account.drop_seen(|counters| &counters.channel_full)
}

/// Counts a frame as overrun when it is dropped, also while `fill` unwinds.
struct Lost<'c>(&'c Counters);

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        self.0.overruns.add(1);
    }
}
