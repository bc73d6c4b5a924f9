//! Handlers that are timed, or do nothing.

use crate::notes::Notes;
use framepool::{Fault, PoolError};
use framepool_pvcam::{CameraRing, FrameHandler, RingFrame};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::Thread;
use std::time::{Duration, Instant};

/// What is called for each frame, on the SDK's thread.
pub(crate) type Each = Arc<dyn Fn() + Send + Sync>;

/// Times another handler's frames, on the wall: to read the thread's own clock takes as long as a frame in the ring.
pub(crate) struct Timed<H> {
    handler: H,
    times: Notes<Duration>,
}

impl<H> Timed<H> {
    pub(crate) fn new(handler: H, frames: u32) -> Self {
        Self { handler, times: Notes::of(frames, Duration::ZERO) }
    }

    pub(crate) fn times(&self) -> &[Duration] {
        self.times.noted()
    }

    pub(crate) fn handler(&self) -> &H {
        &self.handler
    }
}

impl<H: FrameHandler> FrameHandler for Timed<H> {
    fn on_start(&mut self, ring: &Arc<CameraRing>) -> Result<(), PoolError> {
        self.handler.on_start(ring)
    }

    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let start = Instant::now();
        let flow = self.handler.on_frame(frame);
        self.times.note(start.elapsed());
        flow
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        self.handler.on_fault(fault, frames);
    }

    fn on_stop(&mut self) {
        self.handler.on_stop();
    }
}

/// Does nothing with so many frames, but to wake a thread if there is one: what is left is what the SDK costs, and finding
/// each frame.
pub(crate) struct Nothing {
    pub(crate) each: Option<Each>,
    pub(crate) wakes: Option<Thread>,
    pub(crate) left: u32,
}

impl FrameHandler for Nothing {
    fn on_frame(&mut self, _: &RingFrame<'_>) -> ControlFlow<()> {
        if let Some(each) = &self.each {
            each();
        }
        if let Some(thread) = &self.wakes {
            thread.unpark();
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn on_fault(&mut self, _: Fault, _: u64) {}
}
