//! The copy tier: each frame is copied once, from the SDK's ring into a buffer of the pool.

use crate::handler::{FrameHandler, RingFrame};
use framepool::{Intake, Outcome, Unfilled};
use std::ops::ControlFlow;

/// Copies frames out of the ring and delivers them.
#[derive(Debug)]
pub struct CopyTier {
    intake: Intake,
}

impl CopyTier {
    /// Delivers into `intake`.
    #[must_use]
    pub fn new(intake: Intake) -> Self {
        Self { intake }
    }

    /// Returns the intake, with its counters and timings.
    #[must_use]
    pub fn intake(&self) -> &Intake {
        &self.intake
    }
}

impl FrameHandler for CopyTier {
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let outcome = self.intake.take(*frame.meta(), frame.frame_bytes(), |buffer| {
            frame.copy_to(buffer).map_err(|error| {
                tracing::debug!(%error, frame = frame.meta().hardware_number, "frame lost");
                Unfilled
            })
        });
        match outcome {
            Outcome::Closed => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn on_lost(&mut self, frames: u64) {
        self.intake.count_lost(frames);
    }
}
