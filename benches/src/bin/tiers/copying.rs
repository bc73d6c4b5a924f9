//! The copy tier's handler, beside a bare copy of a frame of the same ring.
//!
//! ```text
//!   frame    1      2      3      4      5      6      7  ..     one handler, which copies in turns
//!   copy     bare   tier   bare   bare   tier   bare   bare
//!   place    1      2      3      4      5      6      7  8  1   of 8: each kind of copy comes to all of them
//! ```
//! Each copy is of a frame that the camera's thread has just written, while nothing else is written. The tier's destination is
//! one slot, again and again: the consumer gives it back before the next frame comes, and a pool lends the slot that came
//! back last. So each bare copy has one destination as well, a slot of the same pool. Each of the three slots is written every
//! third frame, by the same thread, and read by none. Whether the pool did use one slot is counted.
//!
//! The second bare copy is there to show how far two equal things differ.

use crate::cameras::{Cameras, Failure, NAMES, setup};
use crate::clock::Stint;
use crate::figures::{Measured, Rounds, Unit, compare, counted, median};
use crate::notes::Notes;
use crate::plan::{Plan, RING};
use crate::run::consume;
use framepool::{
    DeviceRing, Fault, Frame, FramePool, FrameProducer, OnExhausted, PoolError, PooledBuffer,
};
use framepool_pvcam::{Acquisition, CameraRing, CopyTier, FrameHandler, RingFrame};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

pub(crate) const NAME: &str = "copy: on_frame of 8 MiB beside a bare copy";

/// The kinds of copies, in turns.
const KINDS: u32 = 3;
const FIRST: usize = 0;
const TIER: usize = 1;
const AGAIN: usize = 2;

/// Copies each frame in one of the ways.
struct InTurns {
    tier: CopyTier<Frame>,
    ring: Option<Arc<CameraRing>>,
    /// Where bare copies go: the first, and the second.
    slots: [PooledBuffer; 2],
    /// For each way.
    stints: [Notes<Stint>; KINDS as usize],
    turn: u32,
    left: u32,
}

impl InTurns {
    /// Copies a frame, and does no more.
    fn copy(&mut self, frame: &RingFrame<'_>, slot: usize) {
        let Some(ring) = &self.ring else { return };
        let place = (frame.position() - 1) % ring.frames() as u64;
        let at = usize::try_from(place).unwrap_or(0) * ring.frame_bytes();
        let (from, to) = (ring.base().as_ptr().wrapping_add(at), &mut self.slots[slot]);
        // SAFETY: a frame of the ring, which is complete, and a slot of as many bytes. The camera comes to the place again
        // when it has written all others.
        unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), ring.frame_bytes()) };
    }
}

impl FrameHandler for InTurns {
    fn on_start(&mut self, ring: &Arc<CameraRing>) -> Result<(), PoolError> {
        self.ring = Some(Arc::clone(ring));
        self.tier.on_start(ring)
    }

    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let kind = (self.turn % KINDS) as usize;
        let delivered = self.tier.intake().frames_delivered();
        let stint = match kind {
            TIER => Stint::of(|| self.tier.on_frame(frame)).0,
            kind => Stint::of(|| self.copy(frame, usize::from(kind == AGAIN))).0,
        };
        // A frame that is lost is not copied: that would count as none at all.
        let is_copied = kind != TIER || self.tier.intake().frames_delivered() > delivered;
        self.stints[kind].note(if is_copied { stint } else { Stint::NONE });
        self.turn += 1;
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        self.tier.on_fault(fault, frames);
    }

    fn on_stop(&mut self) {
        self.ring = None;
        self.tier.on_stop();
    }
}

pub(crate) fn measure(cameras: &Cameras, plan: &Plan) -> Result<Vec<Measured>, Failure> {
    let camera = cameras.open(NAMES[0])?;
    let prepared = camera.prepare(&setup(&camera, plan.medium, RING))?;
    let pool = FramePool::try_new(4, prepared.frame_bytes())?;
    let slot = || pool.try_acquire().ok_or("a new pool has free slots");
    let slots = [slot()?, slot()?];
    let options = FrameProducer::options(pool.clone()).on_exhausted(OnExhausted::Drop);
    let (producer, mut received) = options.build();
    let warm_up = plan.warm_up * 2;
    let frames = plan.frames * 2;
    let each = warm_up + plan.rounds * frames;
    let handler = InTurns {
        tier: CopyTier::new(producer.into_intake()),
        ring: None,
        slots,
        stints: [(); KINDS as usize].map(|()| Notes::of(each, Stint::NONE)),
        turn: 0,
        left: each * KINDS,
    };
    let acquisition = Acquisition::start(prepared, handler)?;
    let mut used = HashSet::new();
    let take = |frame: Frame| {
        used.insert(frame.bytes().as_ptr().addr());
    };
    consume(&mut received, |bound| acquisition.wait(bound), take)?;
    let handler = acquisition.stop()?;

    let all = handler.stints.iter().flat_map(|notes| notes.noted());
    let discarded = all.filter(|stint| !stint.counts()).count();
    let names = [("a bare copy", None), ("copy tier", Some(1.03)), ("a bare copy again", None)];
    let subjects = [FIRST, TIER, AGAIN].map(|kind| {
        let noted = handler.stints[kind].noted().get(warm_up as usize..).unwrap_or_default();
        let rounds = noted.chunks(frames as usize);
        let median =
            |round: &[Stint]| median(round.iter().filter(|it| it.counts()).map(|stint| stint.wall));
        let (subject, at_most) = names[kind];
        Rounds { medians: rounds.map(median).collect(), ..Rounds::of(subject, at_most) }
    });
    let mut measured: Vec<_> = compare(NAME, &subjects, FIRST).collect();
    let lost = handler.tier.intake().metrics().report().lost;
    let (slots, discarded) = (used.len() as f64, discarded as f64);
    measured.push(counted(NAME, "slots that the pool used", Some(slots), Unit::Slots, None));
    measured.push(counted(NAME, "frames lost", Some(lost as f64), Unit::Frames, Some(0.0)));
    let subject = "copies that do not count: lost, or no core meanwhile";
    measured.push(counted(NAME, subject, Some(discarded), Unit::Frames, None));
    Ok(measured)
}
