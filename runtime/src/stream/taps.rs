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

use crate::reading::ReadFrame;
use crate::stream::frame::Frame;
use crate::stream::frames::Frames;
use crate::stream::newest::Newest;
use crate::stream::tap::{Observer, Tap, TapReport, Target, add_to};
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
pub struct Taps<F = Frame> {
    registry: Arc<Registry<F>>,
}

struct Registry<F> {
    list: Mutex<List<F>>,
    /// Advanced by every change to the list, which intakes notice.
    version: AtomicU64,
}

struct List<F> {
    current: Vec<Arc<Tap<F>>>,
    /// Of taps that are gone for good, those of the same name as one: viewers come and go.
    past: Vec<TapReport>,
    /// Whether the stream has ended.
    is_over: bool,
}

impl<F> List<F> {
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

impl<F: ReadFrame> Taps<F> {
    /// Begins a tap of this name, by which the metrics and the log call it.
    pub fn named(&self, name: impl Into<String>) -> TapOptions<F> {
        TapOptions { taps: self.clone(), name: name.into(), every: NonZeroU64::MIN }
    }

    fn list(&self) -> MutexGuard<'_, List<F>> {
        self.registry.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, name: String, every: NonZeroU64, target: Target<F>) -> TapHandle<F> {
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

    /// Returns the taps that are there now.
    pub(super) fn current(&self) -> Vec<Arc<Tap<F>>> {
        self.list().current.clone()
    }

    /// Returns which list of taps this is.
    #[inline]
    pub(super) fn version(&self) -> u64 {
        // Ordering: Relaxed: a change that is not seen yet is noticed with a later frame.
        self.registry.version.load(Ordering::Relaxed)
    }

    /// Tells the intakes that a tap was added, or marked as removed.
    pub(super) fn changed(&self) {
        // Ordering: Relaxed: an intake that notices reads the list under its lock.
        self.registry.version.fetch_add(1, Ordering::Relaxed);
    }
}

impl<F> Clone for Taps<F> {
    fn clone(&self) -> Self {
        Self { registry: Arc::clone(&self.registry) }
    }
}

impl<F> Default for Taps<F> {
    fn default() -> Self {
        let list = List { current: Vec::new(), past: Vec::new(), is_over: false };
        let (list, version) = (Mutex::new(list), AtomicU64::new(0));
        Self { registry: Arc::new(Registry { list, version }) }
    }
}

/// The taps of a stream, whatever its frames are.
pub(super) trait AnyTaps: Send + Sync {
    /// Removes every tap, those that will be added too: the stream has ended.
    fn end(&self);

    /// Reads the counters; taps of one name are summed up.
    fn report(&self) -> Vec<TapReport>;
}

impl<F: ReadFrame> AnyTaps for Taps<F> {
    fn end(&self) {
        let mut list = self.list();
        list.is_over = true;
        let all = list.current.clone();
        drop(list);
        all.iter().for_each(|tap| tap.remove());
    }

    fn report(&self) -> Vec<TapReport> {
        let list = self.list();
        let mut sums = list.past.clone();
        for report in list.current.iter().map(|tap| tap.report()) {
            add_to(&mut sums, report);
        }
        sums
    }
}

impl<F: ReadFrame> fmt::Debug for Taps<F> {
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
pub struct TapOptions<F = Frame> {
    taps: Taps<F>,
    name: String,
    every: NonZeroU64,
}

impl<F: ReadFrame> TapOptions<F> {
    /// Offers it only every `n`th frame of each intake, beginning with the `n`th; 0 is taken for 1.
    pub fn every(mut self, n: u64) -> Self {
        self.every = NonZeroU64::new(n).unwrap_or(NonZeroU64::MIN);
        self
    }

    /// Calls `each` with each frame, on the thread that takes it in, as [`observe`](TapOptions::observe) does: for streams
    /// of leases, too.
    pub fn each(self, each: impl Fn(&F) + Send + Sync + 'static) -> TapHandle<F> {
        self.taps.add(self.name, self.every, Target::Observer(Arc::new(each)))
    }

    /// Sends a share of each frame to a channel of `places` frames, from 1 to 1 048 576. The receiver's end
    /// removes the tap by going away. When the pool runs out, frames that are still in the channel are taken
    /// back, the oldest first, and counted as skipped.
    #[must_use = "frames that are not received are dropped"]
    pub fn channel(self, places: usize) -> (TapHandle<F>, Frames<F>) {
        let (sender, frames) = Frames::channel(places);
        (self.taps.add(self.name, self.every, Target::Channel(sender)), frames)
    }

    /// Keeps a share of the newest frame, for a viewer that looks now and then. The receiver's end removes the tap
    /// by going away.
    #[must_use = "frames that are not received are dropped"]
    pub fn newest(self) -> (TapHandle<F>, Newest<F>) {
        let (slot, newest) = Newest::new();
        (self.taps.add(self.name, self.every, Target::Newest(slot)), newest)
    }
}

impl TapOptions<Frame> {
    /// Calls `observer` with each frame, on the thread that takes it in. After a panic it is called no
    /// more; other intakes may be calling it meanwhile.
    pub fn observe(self, observer: impl Observer + 'static) -> TapHandle {
        self.each(move |frame: &Frame| observer.on_frame(frame.view()))
    }
}

impl<F: fmt::Debug> fmt::Debug for TapOptions<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TapOptions")
            .field("name", &self.name)
            .field("every", &self.every)
            .finish_non_exhaustive()
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
pub struct TapHandle<F = Frame> {
    taps: Taps<F>,
    tap: Arc<Tap<F>>,
}

impl<F> Clone for TapHandle<F> {
    fn clone(&self) -> Self {
        Self { taps: self.taps.clone(), tap: Arc::clone(&self.tap) }
    }
}

impl<F: ReadFrame> TapHandle<F> {
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

impl<F: ReadFrame> fmt::Debug for TapHandle<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TapHandle").field(&self.report()).finish()
    }
}
