//! The copy tier: each frame is copied once, from the SDK's ring into a buffer of the pool.

use crate::handler::{CopyError, FrameHandler, RingFrame};
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

fn log_lost(frame: &RingFrame<'_>, error: &CopyError) {
    tracing::debug!(%error, frame = frame.meta().hardware_number, "frame lost");
}

impl FrameHandler for CopyTier {
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        // A frame that is gone must not wait for a buffer.
        if let Err(error) = frame.is_whole() {
            log_lost(frame, &error);
            self.intake.count_lost(1);
            return ControlFlow::Continue(());
        }
        let outcome = self.intake.take(*frame.meta(), frame.frame_bytes(), |buffer| {
            frame.copy_to(buffer).map_err(|error| {
                log_lost(frame, &error);
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
