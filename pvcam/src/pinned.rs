//! The pinned tier: the camera's ring is the pool, and its frames are lent where they are.

use crate::camera_ring::CameraRing;
use crate::conserved::check_conserved;
use crate::frame::{FrameHandler, RingFrame};
use crate::limit::Limit;
use crate::ring::Ring;
use framepool::{Fault, Intake, Lease, LeaseIntake, Outcome, PoolError, ReadFrame};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Lends frames in the camera's ring, and copies those that are still lent when the camera comes near into the stream's
/// pool, the reserve. `F` is what consumers get.
///
/// # Examples
/// ```
/// use framepool::{FramePool, FrameProducer, Lease, ReadFrame};
/// use framepool_pvcam::{Acquisition, Library, PinnedTier, Sdk, Setup};
/// use std::time::Duration;
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let prepared = camera.prepare(&Setup::full_frame(&camera, Duration::from_millis(10)))?;
///
/// let reserve = FramePool::try_new(4, prepared.frame_bytes())?;
/// let (producer, mut frames) = FrameProducer::options(reserve).places(32).build_of::<Lease>();
/// let acquisition = Acquisition::start(prepared, PinnedTier::new(producer.into_intake()))?;
/// let frame = frames.recv_blocking().expect("the camera is running");
/// let mut brightest = 0;
/// frame.read(|reading| {
///     reading.rows(&mut Vec::new(), |row| brightest = brightest.max(*row.iter().max().unwrap_or(&0)));
/// })?;
/// drop(frame);
/// let report = acquisition.stop()?.intake().metrics().report();
/// assert!(report.is_conserved() && report.delivered.leased > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PinnedTier<F: ReadFrame = Lease> {
    leases: LeaseIntake<F>,
    limit: Limit,
    /// The first frame that the SDK was not told to unlock.
    locked: u64,
}

impl<F: ReadFrame + From<Lease>> PinnedTier<F> {
    /// Lends into `intake`, whose pool is the reserve.
    #[must_use]
    pub fn new(intake: Intake<F>) -> Self {
        Self { leases: LeaseIntake::new(intake), limit: Limit::NONE, locked: 1 }
    }

    /// Ends each run of the acquisition when `frames` frames, at least one, were seen in it: delivered or dropped.
    /// Frames that were lost do not count.
    #[must_use]
    pub fn with_frame_limit(self, frames: u64) -> Self {
        Self { limit: Limit::of(frames), ..self }
    }

    /// Copies a frame that is still lent when the camera has so many frames to go until it writes its place: by default a
    /// quarter of the ring, at least three; see [`LeaseIntake::with_margin`]. Fewer than two count as two:
    /// a frame that the camera is nearer to is not copied, since it may be writing it.
    #[must_use]
    pub fn with_margin(self, frames: usize) -> Self {
        Self { leases: self.leases.with_margin(frames.max(Ring::MARGIN)), ..self }
    }

    /// Returns the intake, with its counters and timings.
    #[must_use]
    pub fn intake(&self) -> &Intake<F> {
        self.leases.intake()
    }
}

impl<F: ReadFrame + From<Lease>> FrameHandler for PinnedTier<F> {
    fn on_start(&mut self, ring: &Arc<CameraRing>) -> Result<(), PoolError> {
        self.locked = 1;
        self.limit.begin(self.intake().frames_seen());
        self.leases.begin(Arc::clone(ring) as _)
    }

    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let (len, position) = (frame.frame_bytes(), frame.position());
        // The counters may be a frame behind.
        let complete = frame.complete().max(position);
        let outcome = if frame.was_whole() {
            self.leases.lend(*frame.meta(), len, position, complete)
        } else {
            self.leases.rescue(complete);
            self.leases.count(Fault::Overrun, 1);
            Outcome::Lost
        };
        if frame.keeps_frames() {
            self.locked = frame.unlock(self.locked, self.leases.returned_below());
        }
        match outcome {
            Outcome::Stopped(_) => ControlFlow::Break(()),
            _ if self.limit.is_reached(self.intake().frames_seen()) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn on_fault(&mut self, fault: Fault, frames: u64) {
        self.leases.count(fault, frames);
    }

    fn on_stop(&mut self) {
        self.leases.finish();
        check_conserved(self.leases.intake());
    }
}
