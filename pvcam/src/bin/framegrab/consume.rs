//! The consumer thread: takes frames out of the channel and saves them.

use crate::gather::Gather;
use crate::probe::{Cost, Probe};
use crate::record::output::Output;
use crate::sequel::Sequel;
use crate::stop::Stop;
use crate::window::Window;
use framepool::{AnyFrame, FrameView, Frames, PooledBuffer, ReadFrame, Timing};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What the consumer works with.
pub(crate) struct Consumer {
    pub(crate) output: Option<Output>,
    pub(crate) window: Window,
    /// For frames that are saved from the camera's ring.
    pub(crate) scratch: Option<PooledBuffer>,
    pub(crate) gather: Gather,
    pub(crate) delay: Duration,
    pub(crate) probe: Probe,
    pub(crate) stop: Stop,
    pub(crate) told: Arc<Told>,
    /// A failure to save does not stop the run.
    pub(crate) goes_on: bool,
    /// How long it took to save each frame.
    pub(crate) saves: Timing,
}

/// What the consumer tells the main thread.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Frames that it is done with.
    pub(crate) done: AtomicU64,
    /// Saving has failed, or enough is saved: the run is to stop for that.
    pub(crate) is_over: AtomicBool,
}

/// The results of the consumer thread.
pub(crate) struct Consumed {
    pub(crate) frames: u64,
    pub(crate) sequel: Sequel,
    pub(crate) window: Window,
    pub(crate) cost: Cost,
    pub(crate) output: Option<Output>,
    /// How long it took to save each frame.
    pub(crate) saves: Timing,
}

impl Consumer {
    /// Saves each frame, and then drops it, which gives its buffer back to the pool.
    pub(crate) fn consume(mut self, mut frames: Frames<AnyFrame>) -> Consumed {
        let (mut count, mut sequel) = (0, Sequel::default());
        while let Some(frame) = self.gather.next(&mut frames) {
            count += 1;
            sequel.follows(frame.meta().hardware_number.into());
            if !self.delay.is_zero() && !self.stop.is_urgent() {
                thread::sleep(self.delay);
            }
            if self.window.takes(frame.meta().number, sequel.skipped) {
                let begun = Instant::now();
                self.save(&frame);
                if self.output.is_some() {
                    self.saves.record(begun.elapsed());
                }
            }
            if self.is_over(sequel.skipped) {
                // Ordering: Relaxed: a flag that publishes nothing.
                self.told.is_over.store(true, Ordering::Relaxed);
            }
            drop(frame);
            // Ordering: Relaxed: a figure for people.
            self.told.done.store(count, Ordering::Relaxed);
            self.probe.frame_done();
        }
        let Self { output, window, probe, saves, .. } = self;
        Consumed { frames: count, sequel, window, cost: probe.cost(), output, saves }
    }

    /// Returns whether saving has failed, or enough is saved.
    fn is_over(&mut self, missing: u64) -> bool {
        let Some(output) = &self.output else { return false };
        self.window.has_enough(output.saved(), missing) || !self.goes_on && output.has_failed()
    }

    fn save(&mut self, frame: &AnyFrame) {
        let Some(output) = &mut self.output else { return };
        if self.stop.is_urgent() {
            return output.skip(frame.meta());
        }
        if let Some(view) = frame.view() {
            return output.save(view);
        }
        let Some(scratch) = &mut self.scratch else { return output.skip(frame.meta()) };
        match frame.copy_to(scratch) {
            Ok(()) => output.save(FrameView::new(frame.meta(), scratch)),
            Err(error) => {
                tracing::debug!(%error, frame = frame.meta().hardware_number, "not saved");
                output.skip(frame.meta());
            }
        }
    }
}
