//! The copy tier: copies each frame once, from the camera's ring into a buffer of the pool.

use crate::camera_ring::CameraRing;
use crate::conserved::check_conserved;
use crate::error::CopyError;
use crate::frame::{FrameHandler, RingFrame};
use crate::limit::Limit;
use framepool::{Fault, Frame, Intake, Outcome, PoolError, ReadFrame, Unfilled};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Copies frames out of the ring and delivers them. `F` is what consumers get.
#[derive(Debug)]
pub struct CopyTier<F: ReadFrame = Frame> {
    intake: Intake<F>,
    limit: Limit,
    /// The first frame that the SDK was not told to unlock.
    locked: u64,
}

impl<F: ReadFrame> CopyTier<F> {
    /// Delivers into `intake`.
    #[must_use]
    pub fn new(intake: Intake<F>) -> Self {
        Self { intake, limit: Limit::NONE, locked: 1 }
    }

    /// Ends each run of the acquisition when `frames` frames, at least one, were seen in it: delivered or dropped.
    /// Frames that were lost do not count.
    #[must_use]
    pub fn with_frame_limit(self, frames: u64) -> Self {
        Self { limit: Limit::of(frames), ..self }
    }

    /// Returns the intake, with its counters and timings.
    #[must_use]
    pub fn intake(&self) -> &Intake<F> {
        &self.intake
    }
}

impl<F: ReadFrame + From<Frame>> CopyTier<F> {
    /// Asks the SDK once more whether the frame is whole, after the copy. If the pool had no free buffer, it
    /// asks before it copies, too: waiting for one, or taking it from the heap, took time.
    fn copy(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        // A frame that is gone must not wait for a buffer.
        if !frame.was_whole() {
            log_lost(frame, &CopyError::Overrun);
            self.intake.count(Fault::Overrun, 1);
            return ControlFlow::Continue(());
        }
        let outcome = self.intake.take(*frame.meta(), frame.frame_bytes(), |room| {
            let copied = if room.was_free() { frame.copy_now(room) } else { frame.copy_to(room) };
            copied.map_err(|error| {
                log_lost(frame, &error);
                Unfilled
            })
        });
        match outcome {
            Outcome::Stopped(_) => ControlFlow::Break(()),
            _ if self.limit.is_reached(self.intake.frames_seen()) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<F: ReadFrame + From<Frame>> FrameHandler for CopyTier<F> {
    fn on_start(&mut self, _ring: &Arc<CameraRing>) -> Result<(), PoolError> {
        self.locked = 1;
        self.limit.begin(self.intake.frames_seen());
        Ok(())
    }

    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let flow = self.copy(frame);
        if frame.keeps_frames() {
            self.locked = frame.unlock(self.locked, frame.position() + 1);
        }
        flow
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        self.intake.count(fault, frames);
    }

    fn on_stop(&mut self) {
        check_conserved(&self.intake);
    }
}

fn log_lost(frame: &RingFrame<'_>, error: &CopyError) {
    tracing::debug!(%error, frame = frame.meta().hardware_number, "frame lost");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{FRAME_BYTES, FRAMES, Scripted};
    use framepool::{FramePool, Frames, OnExhausted, channel};
    use std::time::Duration;

    const WHOLE: u32 = 3;
    const OVERRUN: u32 = 3 + FRAMES;

    struct Tier {
        sdk: Scripted,
        pool: FramePool,
        tier: CopyTier,
        frames: Option<Frames>,
        is_over: bool,
    }

    impl Tier {
        fn new(on_exhausted: OnExhausted) -> Self {
            let pool = FramePool::try_new(1, FRAME_BYTES).unwrap();
            let (intake, frames) = channel(pool.clone(), 8, on_exhausted);
            let tier = CopyTier::new(intake).with_frame_limit(3);
            Self { sdk: Scripted::new(), pool, tier, frames: Some(frames), is_over: false }
        }

        /// Shows frame 3 to the tier when so many frames are complete, and returns how many questions it asked the SDK.
        fn show(&mut self, at_first: u32, later: &[Option<u32>]) -> usize {
            let before = self.sdk.asked();
            self.sdk.completes(later.iter().copied());
            let (meta, ring) = (Scripted::meta(3), self.sdk.ring());
            let frame = RingFrame::new(meta, 3, at_first.into(), ring, &self.sdk.handle);
            self.is_over = self.tier.on_frame(&frame).is_break();
            self.sdk.asked() - before
        }

        /// Returns the frames that were delivered, dropped and lost.
        fn counts(&self) -> [u64; 3] {
            let report = self.tier.intake().metrics().report();
            assert!(report.is_conserved());
            let delivered = report.delivered.pooled + report.delivered.heap;
            [delivered, report.seen - delivered, report.lost]
        }
    }

    #[test]
    fn with_a_free_buffer_the_sdk_is_asked_once_more() {
        let mut tier = Tier::new(OnExhausted::Drop);
        assert_eq!(tier.show(WHOLE, &[Some(WHOLE)]), 1);
        assert_eq!(tier.counts(), [1, 0, 0]);
        let frame = tier.frames.and_then(|mut frames| frames.recv_blocking()).expect("delivered");
        assert_eq!(frame.view().bytes(), Scripted::pixels(3));
    }

    #[test]
    fn a_frame_that_is_gone_does_not_wait_for_a_buffer() {
        let mut tier = Tier::new(OnExhausted::WaitThenDrop(Duration::from_secs(60)));
        let _kept = tier.pool.try_acquire().expect("one is free");
        assert_eq!(tier.show(OVERRUN, &[]), 0);
        assert_eq!(tier.counts(), [0, 0, 1]);
        assert_eq!(tier.tier.intake().metrics().report().pool_misses, 0);
    }

    #[test]
    fn without_a_free_buffer_the_sdk_is_asked_twice_more() {
        let mut tier = Tier::new(OnExhausted::Heap);
        let kept = tier.pool.try_acquire().expect("one is free");
        assert_eq!(tier.show(WHOLE, &[Some(WHOLE), Some(WHOLE)]), 2);
        assert_eq!(tier.counts(), [1, 0, 0]);
        // The camera came round while the buffer was taken: nothing is copied, so nothing is asked
        // after the copy.
        assert_eq!(tier.show(WHOLE, &[Some(OVERRUN)]), 1);
        assert_eq!(tier.counts(), [1, 0, 1]);
        // The next frame that finds a free buffer is back to one.
        drop(kept);
        assert_eq!(tier.show(WHOLE, &[Some(WHOLE)]), 1);
        assert_eq!(tier.counts(), [2, 0, 1]);
    }

    #[test]
    fn a_frame_that_is_overwritten_during_the_copy_is_lost() {
        let mut tier = Tier::new(OnExhausted::Drop);
        assert_eq!(tier.show(WHOLE, &[Some(OVERRUN)]), 1);
        assert_eq!(tier.counts(), [0, 0, 1]);
        assert_eq!(tier.pool.stats().available, 1, "the buffer is back");
        // As is one of which the SDK does not say whether it was.
        assert_eq!(tier.show(WHOLE, &[None]), 1);
        assert_eq!(tier.counts(), [0, 0, 2]);
    }

    #[test]
    fn the_limit_counts_frames_seen() {
        let mut tier = Tier::new(OnExhausted::Drop);
        // Lost, then delivered, then dropped twice: no buffer is free.
        for (complete, is_over) in [(OVERRUN, false), (WHOLE, false), (WHOLE, false), (WHOLE, true)]
        {
            tier.show(complete, &[Some(WHOLE)]);
            assert_eq!(tier.is_over, is_over, "{:?}", tier.counts());
        }
        assert_eq!(tier.counts(), [1, 2, 1]);
    }

    #[test]
    fn a_consumer_that_is_gone_ends_the_acquisition() {
        let mut tier = Tier::new(OnExhausted::Drop);
        tier.frames = None;
        tier.show(WHOLE, &[]);
        assert!(tier.is_over);
        assert_eq!(tier.counts(), [0, 1, 0]);
    }
}
