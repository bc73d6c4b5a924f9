//! The frame handler, which runs on the SDK's thread: copies each frame, and measures the cost.

use crate::probe::{Cost, Probe};
use crate::rate::Rate;
use framepool::Summary;
use framepool_pvcam::{CopyTier, FrameHandler, RingFrame};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The copy tier, with the costs of each frame measured.
#[derive(Debug)]
pub(crate) struct MeasuredTier {
    copy: CopyTier,
    probe: Probe,
    rate: Rate,
}

impl MeasuredTier {
    pub(crate) fn new(copy: CopyTier, probe: Probe) -> Self {
        Self { copy, probe, rate: Rate::default() }
    }

    /// Returns copy times, acquire times, cost and rate. Dropping the tier closes the channel.
    pub(crate) fn finish(self) -> (Summary, Summary, Cost, Rate) {
        let intake = self.copy.intake();
        (
            intake.fill_timing().summary(Duration::from_micros(1)),
            intake.acquire_timing().summary(Duration::from_nanos(1)),
            self.probe.cost(),
            self.rate,
        )
    }
}

impl FrameHandler for MeasuredTier {
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let now = Instant::now();
        let flow = self.copy.on_frame(frame);
        self.probe.frame_done();
        let report = self.copy.intake().metrics().report();
        self.rate.note(report.delivered.total(), now);
        flow
    }

    fn on_lost(&mut self, frames: u64) {
        self.copy.on_lost(frames);
    }
}
