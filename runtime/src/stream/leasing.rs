//! The driver's end of a stream of leases: lends each frame in its place, and rescues those that are still lent when the
//! device comes near.
//!
//! ```text
//!   kept    | p-5 | p-4 |  -  | p-2 | p-1 |  p  |     a share of each frame that may still be lent
//!             ^ the device comes here next
//!             only share left: returned, its record is the next frame's
//!             else: copied into a buffer of the pool, or read until it is gone
//! ```

use crate::buffer::Described;
use crate::device::DeviceRing;
use crate::error::PoolError;
use crate::reading::ReadFrame;
use crate::stream::fault::Fault;
use crate::stream::intake::Intake;
use crate::stream::lease::{Lease, Records, records};
use crate::stream::outcome::Outcome;
use crate::stream::timing::Timings;
use framepool_core::frame::FrameMeta;
use framepool_core::rescue::Rescued;
use framepool_core::{Acquirer, BuildError, Frozen, Loan};
use std::sync::Arc;
use std::time::Instant;

/// The driver's end of a stream of leases on a device's ring. `F` is what consumers get: [`Lease`]s, or
/// [`AnyFrame`](crate::AnyFrame)s.
///
/// # Examples
/// ```
/// use framepool::{DeviceRing, FrameMeta, FramePool, FrameProducer, Lease, LeaseIntake, ReadFrame};
/// # use std::ptr::NonNull;
/// # use std::sync::Arc;
/// # use std::sync::atomic::{AtomicU64, Ordering};
/// # #[derive(Debug)]
/// # struct Ring(NonNull<u8>, AtomicU64);
/// # unsafe impl Send for Ring {}
/// # unsafe impl Sync for Ring {}
/// # unsafe impl DeviceRing for Ring {
/// #     fn base(&self) -> NonNull<u8> { self.0 }
/// #     fn frame_bytes(&self) -> usize { 8 }
/// #     fn frames(&self) -> usize { 8 }
/// #     fn is_whole(&self, position: u64) -> bool {
/// #         std::sync::atomic::fence(Ordering::Acquire);
/// #         let complete = self.1.load(Ordering::Relaxed);
/// #         position <= complete && complete + 1 < position + 8
/// #     }
/// # }
/// # impl Ring {
/// #     fn of_8_frames() -> Arc<Self> {
/// #         Arc::new(Self(NonNull::from(vec![7_u8; 64].leak()).cast(), AtomicU64::new(0)))
/// #     }
/// #     fn complete_one(&self) -> u64 { self.1.fetch_add(1, Ordering::Relaxed) + 1 }
/// # }
/// let ring = Ring::of_8_frames();
/// let (producer, mut frames) =
///     FrameProducer::options(FramePool::try_new(4, 8)?).build_of::<Lease>();
/// let mut intake = LeaseIntake::new(producer.into_intake());
/// intake.begin(ring.clone())?;
///
/// let complete = ring.complete_one(); // by the device
/// intake.lend(FrameMeta::new(4, 2, 8), 8, complete, complete);
/// let lease = frames.try_recv()?;
/// let mut copy = [0; 8];
/// lease.copy_to(&mut copy)?;
/// assert_eq!(copy, [7; 8]);
/// assert!(lease.view().is_none(), "the device will come round");
///
/// // The device does, but for the last places before this frame's.
/// (0..5).for_each(|_| drop(ring.complete_one()));
/// intake.rescue(6);
/// assert_eq!(lease.view().expect("rescued").bytes(), [7; 8]);
/// assert_eq!(intake.intake().metrics().report().leases.rescued, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LeaseIntake<F: ReadFrame = Lease> {
    intake: Intake<F>,
    margin: Option<usize>,
    device: Option<Arc<dyn DeviceRing>>,
    places: Option<Places>,
}

/// What of a ring may still be lent.
#[derive(Debug)]
struct Places {
    /// Of one frame: asked once, as the answer's cache lines are cold when a frame comes.
    frame_bytes: usize,
    records: Acquirer<Records>,
    /// By place; none where a frame is lent that is not the place's any more.
    kept: Box<[Option<Kept>]>,
    /// The lowest position that may be among them, and the highest.
    oldest: u64,
    newest: u64,
}

/// What is kept of a place's frame.
#[derive(Debug)]
enum Kept {
    /// A share of it: it may still be lent.
    Lent {
        record: Frozen<Records>,
        position: u64,
        /// No buffer was found for it.
        was_tried: bool,
    },
    /// Its record: it was returned. Given back to the pool and taken out again, it would cost cache lines that are cold once
    /// a frame has passed.
    Returned(Loan<Records>),
}

impl Kept {
    fn is_lent(&self) -> bool {
        matches!(self, Self::Lent { .. })
    }

    fn is_lent_at(&self, wanted: u64) -> bool {
        matches!(self, Self::Lent { position, .. } if *position == wanted)
    }
}

impl<F: ReadFrame + From<Lease>> LeaseIntake<F> {
    /// Lends into a stream, whose pool is the reserve that frames are rescued into.
    #[must_use]
    pub fn new(intake: Intake<F>) -> Self {
        Self { intake, margin: None, device: None, places: None }
    }

    /// Rescues a frame when the device has so many frames to complete until it writes its place: by default a quarter of
    /// the ring, at least three frames. A larger margin bears longer delays of the thread that rescues; with a smaller one
    /// consumers may take longer before anything is copied.
    #[must_use]
    pub fn with_margin(self, frames: usize) -> Self {
        Self { margin: Some(frames), ..self }
    }

    /// Lends the frames of this ring from now on, from position 1. Allocates nothing if the one before had as many frames.
    ///
    /// # Errors
    /// [`PoolError::Build`] if there is no memory for what is known of each lease, or the ring has no frames; then no ring's
    /// frames are lent.
    pub fn begin(&mut self, device: Arc<dyn DeviceRing>) -> Result<(), PoolError> {
        self.finish();
        let frames = device.frames();
        if frames == 0 {
            return Err(BuildError::NoSlots.into());
        }
        if self.places.as_ref().is_none_or(|places| places.kept.len() != frames) {
            // Those in the ring, those in the pool, and some from the heap.
            let leases = frames.saturating_mul(2).saturating_add(self.intake.pool().capacity());
            let records = records(leases)?.acquirer();
            let mut kept = Vec::new();
            kept.resize_with(frames, || None);
            let kept = kept.into_boxed_slice();
            self.places = Some(Places { frame_bytes: 0, records, kept, oldest: 1, newest: 0 });
        }
        if let Some(places) = &mut self.places {
            places.frame_bytes = device.frame_bytes();
        }
        self.device = Some(device);
        Ok(())
    }

    /// Lends one frame of `len` bytes, which is at `position`, when the newest complete frame is at `complete`; and rescues
    /// the ones that the device comes near to. Positions increase from call to call.
    ///
    /// At most twice as many frames are lent at once as the ring has, and as many more as the pool has buffers: one more is
    /// dropped as exhausted, whatever the policy is.
    pub fn lend(&mut self, meta: FrameMeta, len: usize, position: u64, complete: u64) -> Outcome {
        self.rescue(complete);
        let Self { intake, device: Some(device), places: Some(places), .. } = self else {
            self.intake.count(Fault::Impossible, 1);
            return Outcome::Lost;
        };
        let Places { frame_bytes, records, kept, newest, .. } = places;
        let can_be = *newest < position && position <= complete && len <= *frame_bytes;
        if !can_be {
            intake.count(Fault::Impossible, 1);
            return Outcome::Lost;
        }
        *newest = position;
        if complete - position >= kept.len() as u64 {
            intake.count(Fault::Overrun, 1);
            return Outcome::Lost;
        }
        let place = place_of(position, kept.len());
        // The device has come round to what was there.
        if kept[place].as_ref().is_some_and(Kept::is_lent) {
            kept[place] = kept[place].take().and_then(|frame| let_go(intake, frame));
        }
        let outcome = intake.lend(|number, timings| {
            let mut record = match kept[place].take() {
                Some(Kept::Returned(record)) => record,
                _ => another(records, kept)?,
            };
            let since = timings.map(|_| Instant::now());
            let mut frame = Described { meta, len, since };
            frame.meta.number = number;
            record.describe(device, position, frame);
            let record = record.freeze();
            let lease = Lease::new(record.clone(), timings.map(Timings::holds));
            kept[place] = Some(Kept::Lent { record, position, was_tried: false });
            Some(lease)
        });
        // One that is lent late may be near already.
        if position < complete {
            self.rescue(complete);
        }
        outcome
    }

    /// Rescues the frames that are lent and that the device comes near to, when the newest complete frame is at
    /// `complete`. [`lend`](Self::lend) does it too.
    pub fn rescue(&mut self, complete: u64) {
        let Self { intake, margin, device: Some(_), places: Some(places) } = self else { return };
        let Places { kept, oldest, newest, .. } = places;
        let frames = kept.len();
        let most = frames.saturating_sub(1).max(1);
        let margin = margin.unwrap_or((frames / 4).max(3)).clamp(1, most);
        let near = complete.saturating_add(margin as u64 + 1).saturating_sub(frames as u64);
        // Those before have been let go of, as their places are others' now.
        *oldest = (*oldest).max(newest.saturating_sub(frames as u64 - 1));
        let (mut all_settled, mut may_wait) = (true, true);
        for position in *oldest..=near.min(*newest) {
            let place = &mut kept[place_of(position, frames)];
            // A later frame may be there already.
            if place.as_ref().is_some_and(|kept| kept.is_lent_at(position)) {
                *place = place.take().map(|frame| look_at(intake, frame));
                if place.as_ref().is_some_and(Kept::is_lent) {
                    rescue(intake, place, &mut may_wait);
                    all_settled &= !place.as_ref().is_some_and(Kept::is_lent);
                }
            }
            if all_settled {
                *oldest = position + 1;
            }
        }
    }

    /// Returns the position below which no frame is lent in the ring: each was returned, rescued or lost.
    #[must_use]
    #[inline(never)]
    pub fn returned_below(&mut self) -> u64 {
        let Self { intake, places: Some(places), .. } = self else { return 1 };
        let Places { kept, oldest, newest, .. } = places;
        *oldest = (*oldest).max(newest.saturating_sub(kept.len() as u64 - 1));
        while *oldest <= *newest {
            let place = &mut kept[place_of(*oldest, kept.len())];
            if let Some(frame) = place.take_if(|kept| kept.is_lent_at(*oldest)) {
                let frame = place.insert(look_at(intake, frame));
                if frame.is_lent() {
                    break;
                }
            }
            *oldest += 1;
        }
        *oldest
    }

    /// Lets go of the ring and all leases on it, once the device has stopped: those that are whole live on in their place,
    /// and keep it. The ring is free when nothing else has a share of it.
    pub fn finish(&mut self) {
        self.device = None;
        let Self { intake, places: Some(places), .. } = self else { return };
        for frame in places.kept.iter_mut().filter_map(Option::take) {
            drop(let_go(intake, frame));
        }
        (places.oldest, places.newest) = (1, 0);
    }

    /// Returns the intake, with its counters.
    #[must_use]
    pub fn intake(&self) -> &Intake<F> {
        &self.intake
    }

    /// Counts what went wrong before frames were seen.
    pub fn count(&mut self, fault: Fault, frames: u64) {
        self.intake.count(fault, frames);
    }
}

/// Returns the place of a frame.
fn place_of(position: u64, places: usize) -> usize {
    // Less than there are places.
    usize::try_from((position - 1) % places as u64).unwrap_or(0)
}

/// Finds a record for a place that has none: a free one, or else that of a returned frame of another place.
// Out of line: what is passed over is cold, too, once a frame has passed.
#[cold]
fn another(records: &mut Acquirer<Records>, kept: &mut [Option<Kept>]) -> Option<Loan<Records>> {
    if let Some(free) = records.try_acquire() {
        return Some(free);
    }
    let place = kept.iter_mut().find(|kept| matches!(kept, Some(Kept::Returned(_))))?;
    match place.take() {
        Some(Kept::Returned(record)) => Some(record),
        _ => None,
    }
}

/// Looks whether a frame is still lent.
fn look_at<F: ReadFrame>(intake: &Intake<F>, frame: Kept) -> Kept {
    let Kept::Lent { record, position, was_tried } = frame else { return frame };
    match record.thaw() {
        Ok(only) => {
            // Its reader has found that, and then dropped it.
            if only.is_gone() {
                intake.count_lease(Rescued::Overrun);
            }
            Kept::Returned(only)
        }
        Err(record) => Kept::Lent { record, position, was_tried },
    }
}

/// Copies the frame in a place into a buffer, if it is still lent. The frame stays there if there was none. If the policy is
/// to wait for one, that is done while `may_wait`, and once for a frame, which counts as a miss then.
#[cold]
fn rescue<F: ReadFrame>(intake: &mut Intake<F>, place: &mut Option<Kept>, may_wait: &mut bool) {
    let Some(Kept::Lent { record, was_tried, .. }) = place else { return };
    // Before it is said to be copied: readers wait for that.
    let room = if !record.is_whole() {
        None
    } else if *may_wait && !*was_tried {
        *was_tried = true;
        let room = intake.spare(record.len());
        *may_wait = room.is_some();
        room
    } else {
        intake.free(record.len())
    };
    let outcome = record.rescue(room);
    intake.count_lease(outcome);
    if outcome != Rescued::NoRoom {
        *place = None;
    }
}

/// Lets go of a frame, which lives on if it is whole; else its record is left.
#[cold]
fn let_go<F: ReadFrame>(intake: &Intake<F>, frame: Kept) -> Option<Kept> {
    match look_at(intake, frame) {
        Kept::Lent { record, .. } => {
            intake.count_lease(record.rescue(None));
            None
        }
        returned => Some(returned),
    }
}
