//! The frame handler, which runs on the SDK's thread: copies each frame, and measures the cost.

use crate::probe::{Cost, Probe};
use crate::rate::Rate;
use framepool::{Fault, Summary, Timing, Timings};
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
        let timings = self.copy.intake().metrics().timings();
        let summary = |of: fn(&Timings) -> Timing, unit| {
            timings.map(|timings| of(timings).summary(unit)).unwrap_or_default()
        };
        (
            summary(Timings::fill, Duration::from_micros(1)),
            summary(Timings::acquire, Duration::from_nanos(1)),
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
        self.rate.note(self.copy.intake().frames_delivered(), now);
        flow
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        self.copy.on_fault(fault, frames);
    }
}
