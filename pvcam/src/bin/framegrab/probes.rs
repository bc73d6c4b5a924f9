//! What is measured on the SDK's thread, by a tap that sees each frame there; and how that thread is to run.

use crate::frame_thread::FrameThread;
use crate::probe::{Cost, Probe};
use crate::rate::Rate;
use framepool::{AnyFrame, Taps};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The costs of the SDK's thread, and the rate of the frames.
#[derive(Debug, Clone)]
pub(crate) struct Probes(Arc<Mutex<Measured>>);

#[derive(Debug)]
struct Measured {
    probe: Probe,
    rate: Rate,
}

impl Probes {
    /// Measures each frame of a stream, the first `warm_up` ones apart, and sets the thread with the first.
    pub(crate) fn on(taps: &Taps<AnyFrame>, warm_up: u64, frame_thread: FrameThread) -> Self {
        let measured = Measured { probe: Probe::new(warm_up), rate: Rate::default() };
        let this = Self(Arc::new(Mutex::new(measured)));
        let probes = this.clone();
        taps.named("probe").each(move |_: &AnyFrame| {
            frame_thread.set_once();
            let mut measured = probes.0.lock().unwrap_or_else(PoisonError::into_inner);
            measured.probe.frame_done();
            measured.rate.note(Instant::now());
        });
        this
    }

    pub(crate) fn read(&self) -> (Cost, Rate) {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (measured.probe.cost(), measured.rate)
    }
}
