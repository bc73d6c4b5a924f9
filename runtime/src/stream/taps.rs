//! Taps: consumers beside the primary one, best effort, added and removed while frames come.
//!
//! ```text
//!   intake --every Nth frame--> observer   called on the spot with a borrowed view
//!                           --> channel    a share; dropped if it is full
//!                           --> newest     a share; replaces one that was not taken
//! ```
//!
//! A tap harms no other consumer: what it cannot take is dropped and counted; frames that its receiver has not
//! taken out are taken back when the pool runs out; after it is closed or has panicked it is removed. Frames
//! in its receiver's hands are buffers that the pool does not have: that many more is what it needs.

use crate::stream::channel::{Refusal, Sender};
use crate::stream::counter::Counter;
use crate::stream::frame::Frame;
use crate::stream::frames::Frames;
use crate::stream::newest::{Newest, Slot};
use framepool_core::frame::FrameView;
use serde::Serialize;
use std::fmt;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
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

/// The taps of one stream: a handle, to add some while frames come.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, channel};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// static BRIGHT: AtomicU64 = AtomicU64::new(0);
///
/// let (mut intake, mut frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Drop);
/// let brightness = intake.taps().named("brightness").observe(|view: framepool::FrameView<'_>| {
///     BRIGHT.fetch_add(view.bytes().iter().map(|&byte| u64::from(byte)).sum(), Ordering::Relaxed);
/// });
/// let (_, mut analysis) = intake.taps().named("analysis").every(2).channel(4);
/// let (_, mut live) = intake.taps().named("live").newest();
///
/// for value in 1..=4 {
///     intake.take(FrameMeta::default(), 8, |room| room.fill(value));
/// }
/// assert_eq!(BRIGHT.load(Ordering::Relaxed), 8 * (1 + 2 + 3 + 4));
/// assert_eq!(analysis.try_recv()?.bytes(), [2; 8]);
/// assert_eq!(live.take().expect("there is one").bytes(), [4; 8]);
/// assert_eq!(frames.try_recv()?.bytes(), [1; 8]);
///
/// brightness.remove();
/// assert!(intake.metrics().taps().iter().all(framepool::TapReport::is_conserved));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Taps {
    registry: Arc<Registry>,
}

#[derive(Default)]
struct Registry {
    list: Mutex<List>,
    /// Advanced by every change to the list, which intakes notice.
    version: AtomicU64,
}

#[derive(Default)]
struct List {
    current: Vec<Arc<Tap>>,
    /// Of taps that are gone for good, those of the same name as one: viewers come and go.
    past: Vec<TapReport>,
    /// Whether the stream has ended.
    is_over: bool,
}

impl List {
    /// Keeps only the counts of taps that were removed and that no intake can offer to any more.
    fn fold_the_gone(&mut self) {
        let Self { current, past, .. } = self;
        current.retain_mut(|tap| {
            // Unique first: an intake that has gone counts no more.
            let is_alone = Arc::get_mut(tap).is_some();
            let report = tap.report();
            let is_gone = is_alone && report.removed;
            if is_gone {
                add_to(past, report);
            }
            !is_gone
        });
    }
}

struct Tap {
    name: String,
    every: NonZeroU64,
    /// None once it is removed.
    target: Mutex<Option<Target>>,
    /// One for each intake that has offered a frame.
    counters: Mutex<Vec<Arc<TapCounters>>>,
}

/// Where frames go. Each intake has its own, so that a tap's receiver sees the end of the stream.
#[derive(Clone)]
enum Target {
    Observer(Arc<dyn Observer>),
    Channel(Sender),
    Newest(Arc<Slot>),
}

/// Why a tap did not take a frame.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Now,
    ForGood,
}

/// What one intake counts of one tap.
#[derive(Default)]
struct TapCounters {
    offered: Counter,
    delivered: Counter,
    dropped: Counter,
    skipped: Counter,
    panicked: Counter,
}

impl Taps {
    /// Begins a tap of this name, by which the metrics and the log call it.
    pub fn named(&self, name: impl Into<String>) -> TapOptions {
        TapOptions { taps: self.clone(), name: name.into(), every: NonZeroU64::MIN }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.registry.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, name: String, every: NonZeroU64, target: Target) -> TapHandle {
        let (target, counters) = (Mutex::new(Some(target)), Mutex::default());
        let tap = Arc::new(Tap { name, every, target, counters });
        let mut list = self.list();
        list.fold_the_gone();
        list.current.push(Arc::clone(&tap));
        let is_over = list.is_over;
        drop(list);
        if is_over {
            tap.remove();
        }
        self.changed();
        TapHandle { taps: self.clone(), tap }
    }

    /// Removes every tap, those that will be added too: the stream has ended.
    pub(super) fn end(&self) {
        let mut list = self.list();
        list.is_over = true;
        let all = list.current.clone();
        drop(list);
        all.iter().for_each(|tap| tap.remove());
    }

    /// Tells the intakes that a tap was added, or marked as removed.
    fn changed(&self) {
        // Ordering: Relaxed: an intake that notices reads the list under its lock.
        self.registry.version.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads the counters; taps of one name are summed up.
    pub(super) fn report(&self) -> Vec<TapReport> {
        let list = self.list();
        let mut sums = list.past.clone();
        for report in list.current.iter().map(|tap| tap.report()) {
            add_to(&mut sums, report);
        }
        sums
    }
}

fn add_to(sums: &mut Vec<TapReport>, report: TapReport) {
    match sums.iter_mut().find(|sum| sum.name == report.name) {
        Some(sum) => sum.add(&report),
        None => sums.push(report),
    }
}

impl fmt::Debug for Taps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.report()).finish()
    }
}

/// What a tap is to be: made by [`Taps::named`].
///
/// # Examples
/// ```
/// use framepool::{FramePool, OnExhausted, channel};
///
/// let (intake, _frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Drop);
/// let (tap, frames) = intake.taps().named("analysis").every(10).channel(2);
/// # drop((tap, frames));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[must_use]
#[derive(Debug)]
pub struct TapOptions {
    taps: Taps,
    name: String,
    every: NonZeroU64,
}

impl TapOptions {
    /// Offers it only every `n`th frame of each intake, beginning with the `n`th; 0 is taken for 1.
    pub fn every(mut self, n: u64) -> Self {
        self.every = NonZeroU64::new(n).unwrap_or(NonZeroU64::MIN);
        self
    }

    /// Calls `observer` with each frame, on the thread that takes it in. After a panic it is called no
    /// more; other intakes may be calling it meanwhile.
    pub fn observe(self, observer: impl Observer + 'static) -> TapHandle {
        self.taps.add(self.name, self.every, Target::Observer(Arc::new(observer)))
    }

    /// Sends a share of each frame to a channel of `places` frames, from 1 to 1 048 576. The receiver's end
    /// removes the tap by going away. When the pool runs out, frames that are still in the channel are taken
    /// back, the oldest first, and counted as skipped.
    #[must_use = "frames that are not received are dropped"]
    pub fn channel(self, places: usize) -> (TapHandle, Frames) {
        let (sender, frames) = Frames::channel(places);
        (self.taps.add(self.name, self.every, Target::Channel(sender)), frames)
    }

    /// Keeps a share of the newest frame, for a viewer that looks now and then. The receiver's end removes the tap
    /// by going away.
    #[must_use = "frames that are not received are dropped"]
    pub fn newest(self) -> (TapHandle, Newest) {
        let (slot, newest) = Newest::new();
        (self.taps.add(self.name, self.every, Target::Newest(slot)), newest)
    }
}

/// A tap that was added. Dropping the handle leaves it there.
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
#[derive(Clone)]
pub struct TapHandle {
    taps: Taps,
    tap: Arc<Tap>,
}

impl TapHandle {
    /// Removes the tap: frames that intakes take from now on are not offered to it; one that is being
    /// offered still may. Its counts stay in the metrics.
    pub fn remove(&self) {
        self.tap.remove();
        self.taps.changed();
    }

    /// Reads its counters.
    #[must_use]
    pub fn report(&self) -> TapReport {
        self.tap.report()
    }
}

impl fmt::Debug for TapHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TapHandle").field(&self.report()).finish()
    }
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

impl Tap {
    fn target(&self) -> MutexGuard<'_, Option<Target>> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self) {
        let target = self.target().take();
        match target {
            Some(Target::Channel(sender)) => sender.end(),
            Some(Target::Newest(slot)) => slot.close(),
            // Dropped without the lock: it is the user's.
            Some(Target::Observer(_)) | None => {}
        }
    }

    fn report(&self) -> TapReport {
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

/// A tap, as one intake sees it.
struct Offer {
    tap: Arc<Tap>,
    target: Target,
    counters: Arc<TapCounters>,
    every: u64,
    /// Frames until the next one that it is offered.
    left: u64,
}

impl Offer {
    /// Offers the tap a frame. Returns whether it is removed because of that.
    #[inline]
    fn make(&mut self, frame: &Frame) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        self.left = self.every;
        self.counters.offered.add(1);
        // Observers, wakers and hooks are the user's: what they break is their tap.
        let taken = catch_unwind(AssertUnwindSafe(|| self.give(frame)));
        let counters = &self.counters;
        let taken = taken.unwrap_or_else(|panic| {
            // Dropped, it might panic again.
            std::mem::forget(panic);
            counters.panicked.add(1);
            tracing::error!(tap = self.tap.name, "a tap panicked, it is removed");
            Err(Refused::ForGood)
        });
        if taken.is_err()
            && counters.delivered.get() + counters.dropped.get() < counters.offered.get()
        {
            counters.dropped.add(1);
        }
        taken == Err(Refused::ForGood)
    }

    #[inline]
    fn give(&self, frame: &Frame) -> Result<(), Refused> {
        let counters = &self.counters;
        match &self.target {
            Target::Observer(observer) => {
                observer.on_frame(frame.view());
                counters.delivered.add(1);
            }
            Target::Channel(sender) => {
                match sender.refusal() {
                    None => sender.push(frame.share()).map_err(|_share| Refused::Now)?,
                    Some(Refusal::Full) => return Err(Refused::Now),
                    Some(Refusal::Closed) => return Err(Refused::ForGood),
                }
                counters.delivered.add(1);
                sender.wake();
            }
            Target::Newest(slot) => {
                let replaced = slot.put(frame).ok_or(Refused::ForGood)?;
                counters.delivered.add(1);
                counters.skipped.add(u64::from(replaced.is_some()));
                slot.wake();
            }
        }
        Ok(())
    }

    /// Takes back the oldest frame that is still in the tap's hands, and not in its receiver's.
    fn take_back(&self) -> Option<Frame> {
        let frame = match &self.target {
            Target::Observer(_) => None,
            Target::Channel(sender) => sender.take_back(),
            Target::Newest(slot) => slot.take(),
        }?;
        self.counters.skipped.add(1);
        Some(frame)
    }
}

/// An intake's list of the taps: its own, so that offering a frame locks nothing.
pub(super) struct Offers {
    taps: Taps,
    version: u64,
    list: Vec<Offer>,
}

impl Offers {
    pub(super) fn new(taps: Taps) -> Self {
        Self { taps, version: 0, list: Vec::new() }
    }

    pub(super) fn taps(&self) -> &Taps {
        &self.taps
    }

    /// Learns of taps that were added or removed.
    #[inline]
    pub(super) fn update(&mut self) {
        // Ordering: Relaxed: a change that is not seen yet is noticed with a later frame.
        let version = self.taps.registry.version.load(Ordering::Relaxed);
        if version != self.version {
            self.refresh(version);
        }
    }

    /// Offers a frame to every tap.
    #[inline]
    pub(super) fn offer(&mut self, frame: &Frame) {
        for offer in &mut self.list {
            if offer.make(frame) {
                offer.tap.remove();
                self.taps.changed();
            }
        }
    }

    /// Takes back frames that no receiver of a tap has looked at, the oldest of each first, until `enough`; of
    /// a tap whose oldest one others hold too, no more than that.
    pub(super) fn take_back(&self, mut enough: impl FnMut() -> bool) -> bool {
        self.list.iter().any(|offer| {
            while let Some(mut frame) = offer.take_back() {
                let is_only = frame.get_mut().is_some();
                drop(frame);
                if enough() {
                    return true;
                }
                if !is_only {
                    break;
                }
            }
            false
        })
    }

    #[cold]
    fn refresh(&mut self, version: u64) {
        let before = std::mem::take(&mut self.list);
        let current = self.taps.list().current.clone();
        let offer = |tap: Arc<Tap>| {
            let target = tap.target().clone()?;
            let known = before.iter().find(|offer| Arc::ptr_eq(&offer.tap, &tap));
            let counters = known.map_or_else(Arc::default, |offer| Arc::clone(&offer.counters));
            let every = tap.every.get();
            let left = known.map_or(every, |offer| offer.left);
            if known.is_none() {
                let mut all = tap.counters.lock().unwrap_or_else(PoisonError::into_inner);
                all.push(Arc::clone(&counters));
            }
            Some(Offer { tap, target, counters, every, left })
        };
        self.list = current.into_iter().filter_map(offer).collect();
        self.version = version;
    }
}
