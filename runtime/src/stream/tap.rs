//! One tap: where its frames go, and what becomes of them.

use crate::stream::channel::Sender;
use crate::stream::counter::Counter;
use crate::stream::newest::Slot;
use framepool_core::frame::FrameView;
use serde::Serialize;
use std::fmt;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Sees frames on the thread that takes them in: closures `Fn(FrameView<'_>)` are observers.
///
/// # Examples
/// ```
/// use framepool::{FramePool, FrameView, Observer, OnExhausted, channel};
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// struct Bytes(AtomicUsize);
///
/// impl Observer for Bytes {
///     fn on_frame(&self, frame: FrameView<'_>) {
///         self.0.fetch_add(frame.bytes().len(), Ordering::Relaxed);
///     }
/// }
///
/// let (intake, _frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Drop);
/// intake.taps().named("bytes").observe(Bytes(AtomicUsize::new(0)));
/// # Ok::<(), framepool::PoolError>(())
/// ```
pub trait Observer: Send + Sync {
    /// Looks at a frame; what must outlive the call is copied. The camera's thread waits meanwhile: well
    /// under the time of a frame.
    fn on_frame(&self, frame: FrameView<'_>);
}

impl<F: Fn(FrameView<'_>) + Send + Sync> Observer for F {
    fn on_frame(&self, frame: FrameView<'_>) {
        self(frame);
    }
}

pub(super) struct Tap<F> {
    pub(super) name: String,
    pub(super) every: NonZeroU64,
    /// None once it is removed.
    pub(super) target: Mutex<Option<Target<F>>>,
    /// One for each intake that has offered a frame.
    pub(super) counters: Mutex<Vec<Arc<TapCounters>>>,
}

/// Where frames go. Each intake has its own, so that a tap's receiver sees the end of the stream.
pub(super) enum Target<F> {
    Observer(Arc<dyn Fn(&F) + Send + Sync>),
    Channel(Sender<F>),
    Newest(Arc<Slot<F>>),
}

impl<F> Clone for Target<F> {
    fn clone(&self) -> Self {
        match self {
            Self::Observer(observer) => Self::Observer(Arc::clone(observer)),
            Self::Channel(sender) => Self::Channel(sender.clone()),
            Self::Newest(slot) => Self::Newest(Arc::clone(slot)),
        }
    }
}

/// What one intake counts of one tap.
#[derive(Default)]
pub(super) struct TapCounters {
    pub(super) offered: Counter,
    pub(super) delivered: Counter,
    pub(super) dropped: Counter,
    pub(super) skipped: Counter,
    pub(super) panicked: Counter,
}

/// Where the frames of one tap went.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Drop);
/// let (tap, _analysis) = intake.taps().named("analysis").channel(1);
/// for _ in 0..3 {
///     intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// }
/// assert_eq!(tap.report().to_string(), "analysis: 1 of 3 delivered, 2 dropped");
/// assert!(tap.report().is_conserved());
/// tap.remove();
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TapReport {
    /// Its name.
    pub name: String,
    /// Whether it was removed: by its handle, because its receiver is gone, after a panic, or since the
    /// stream has ended.
    pub removed: bool,
    /// Frames that were offered to it: every Nth.
    pub offered: u64,
    /// Of these, frames that it got.
    pub delivered: u64,
    /// Of these, frames that it did not get: its channel was full, its receiver gone, or it panicked.
    pub dropped: u64,
    /// Of those delivered, frames that its receiver did not get: replaced by newer ones, or taken back for
    /// the pool.
    pub skipped: u64,
    /// How often it panicked.
    pub panicked: u64,
}

impl TapReport {
    /// Checks the law of conservation: every frame offered was delivered or dropped.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        self.offered == self.delivered + self.dropped
    }

    fn add(&mut self, other: &Self) {
        self.removed &= other.removed;
        self.offered += other.offered;
        self.delivered += other.delivered;
        self.dropped += other.dropped;
        self.skipped += other.skipped;
        self.panicked += other.panicked;
    }
}

/// As in `live: 90 of 100 delivered, 10 dropped, 3 skipped`.
impl fmt::Display for TapReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, removed, offered, delivered, dropped, skipped, panicked } = self;
        write!(f, "{name}: {delivered} of {offered} delivered, {dropped} dropped")?;
        if *skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        if *panicked > 0 {
            f.write_str(", panicked")?;
        }
        f.write_str(if *removed { ", removed" } else { "" })
    }
}

pub(super) fn add_to(sums: &mut Vec<TapReport>, report: TapReport) {
    match sums.iter_mut().find(|sum| sum.name == report.name) {
        Some(sum) => sum.add(&report),
        None => sums.push(report),
    }
}

impl<F> Tap<F> {
    pub(super) fn target(&self) -> MutexGuard<'_, Option<Target<F>>> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes it. Observers and wakers are the user's: that they panic is logged.
    pub(super) fn remove(&self) {
        let target = self.target().take();
        let has_panicked = panics(|| match target {
            Some(Target::Channel(sender)) => sender.end(),
            Some(Target::Newest(slot)) => slot.close(),
            Some(Target::Observer(observer)) => drop(observer),
            None => {}
        });
        if has_panicked {
            tracing::error!(tap = self.name, "a tap panicked while it was removed");
        }
    }

    pub(super) fn report(&self) -> TapReport {
        let removed = self.target().is_none();
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |of: fn(&TapCounters) -> &Counter| counters.iter().map(|c| of(c).get()).sum();
        TapReport {
            name: self.name.clone(),
            removed,
            offered: sum(|c| &c.offered),
            delivered: sum(|c| &c.delivered),
            dropped: sum(|c| &c.dropped),
            skipped: sum(|c| &c.skipped),
            panicked: sum(|c| &c.panicked),
        }
    }
}

/// Returns whether a call of what is the user's panics.
#[inline]
pub(super) fn panics(call: impl FnOnce()) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(call));
    // Dropped, what was thrown might panic again.
    outcome.map_err(std::mem::forget).is_err()
}
