//! An acquisition that is ready, and does not run: the ring, the handler and its registration, to start again and again.
//!
//! ```text
//!   new          claim the camera -> map the ring -> register
//!   start        a ring of which nothing else has a share -> prepare the handler -> set the target -> start_cont
//!   halt         take the target -> abort -> the ring is over
//!                |                  `- fails: the ring is leaked, the camera may still write (I10)
//!                `- waits for a handler that is running; a later callback finds no target
//!   drop         deregister -> free the ring -> release the camera
//! ```

use crate::arrival::Arrivals;
use crate::camera_ring::CameraRing;
use crate::end::Ending;
use crate::error::{ErrorKind, SdkError, StartError};
use crate::frame::FrameHandler;
use crate::handle::{Handle, Running};
use crate::prepare::Prepared;
use crate::registration::Registration;
use crate::ring::Ring;
use crate::setup::Setup;
use framepool::FrameMeta;
use framepool_pvcam_sys::uns32;
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An acquisition that is set up and registered, has its ring, and does not run. Starting it again costs the SDK's calls and
/// little more: for many short acquisitions.
///
/// While it lives the camera can neither be set up anew nor acquire by anything else.
///
/// # Examples
/// ```
/// use framepool::{FramePool, OnExhausted, channel};
/// use framepool_pvcam::{CopyTier, Library, Sdk, Setup, Standby};
/// use std::time::Duration;
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let setup = Setup::full_frame(&camera, Duration::from_millis(1)).with_binning(4);
/// let prepared = camera.prepare(&setup)?;
/// let pool = FramePool::try_new(8, prepared.frame_bytes())?;
/// let (intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
/// let mut standby = Standby::new(prepared, CopyTier::new(intake))?;
/// for _position in 0..3 {
///     let acquisition = standby.start()?;
///     while frames.recv_blocking().is_some_and(|frame| frame.meta().hardware_number < 2) {}
///     standby = acquisition.halt()?;
///     while frames.try_recv().is_ok() {} // what came meanwhile
/// }
/// let report = standby.into_handler().intake().metrics().report();
/// assert!(report.seen >= 6 && report.is_conserved());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Standby<H: FrameHandler> {
    /// Deregisters, when nothing runs any more, before the ring goes.
    _registration: Registration,
    handle: Arc<Handle>,
    ending: Arc<Ending>,
    meta: FrameMeta,
    ring: Arc<CameraRing>,
    /// While it does not run: then it is not in the callback's context.
    arrivals: Option<Box<Arrivals<H>>>,
    is_running: bool,
    times: Times,
    // Last: another acquisition may start when all else is gone.
    _running: Running,
}

/// How long the last start and the last stop of an acquisition took.
///
/// The camera's own times are in them: a start begins an exposure at the earliest, and a stop waits until the camera has
/// stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// The start, until the SDK had started the camera.
    pub start: Duration,
    /// From the begin of the start until the handler was shown the first frame; `None` if there was none.
    pub first_frame: Option<Duration>,
    /// The stop, of which the SDK's part is most.
    pub stop: Duration,
}

impl<H: FrameHandler> Standby<H> {
    /// Maps the ring, and registers `handler`: it sees every frame once this is started.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(prepared: Prepared, handler: H) -> Result<Self, StartError> {
        let Prepared { handle, generation, meta, frame_bytes, ring_frames: frames, .. } = prepared;
        let keeps_frames = !prepared.overwrites;
        let too_large = StartError::RingTooLarge { frames, frame_bytes };
        let Some(bytes) = frames.checked_mul(frame_bytes) else { return Err(too_large) };
        if uns32::try_from(bytes).is_err() {
            return Err(too_large);
        }
        let running = handle.run(generation)?;
        let ring = CameraRing::new(frames, frame_bytes, keeps_frames)?;
        let ending = Arc::new(Ending::default());
        let (camera, to) = (Arc::clone(&handle), Arc::clone(&ending));
        let arrivals = Arrivals::new(camera, meta, handler, to);
        let registration = Registration::new(&handle)?;
        Ok(Self {
            handle,
            ending,
            meta,
            ring,
            arrivals: Some(Box::new(arrivals)),
            is_running: false,
            times: Times::default(),
            _registration: registration,
            _running: running,
        })
    }

    /// Returns how long the last start and stop took.
    #[must_use]
    pub fn times(&self) -> Times {
        Times { first_frame: self.ending.first_frame(), ..self.times }
    }

    /// Returns the frames in the ring: fewer than were asked for if the driver refused so many.
    #[must_use]
    pub fn ring_frames(&self) -> usize {
        self.ring.ring().frames
    }

    /// Ends it, and returns the handler with all that it has counted.
    ///
    /// # Panics
    /// Never: what does not run has its handler.
    #[must_use]
    pub fn into_handler(mut self) -> H {
        let arrivals = self.arrivals.take().expect("what does not run has its handler");
        arrivals.into_handler()
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn ending(&self) -> &Ending {
        &self.ending
    }

    /// Starts the camera: `start`, but for the types.
    pub(crate) fn run(&mut self) -> Result<(), StartError> {
        self.ending.begin();
        let begun = Instant::now();
        let mut frames = self.ring_frames();
        loop {
            let error = match self.run_in_ring(frames) {
                Ok(()) => break,
                Err(error) => error,
            };
            let is_refused =
                matches!(&error, StartError::Sdk(sdk) if sdk.kind() == ErrorKind::DriverRefused);
            if !is_refused || frames / 2 < Setup::LEAST_RING_FRAMES {
                return Err(error);
            }
            tracing::warn!(%error, frames, "the driver refused: trying a ring half as long");
            frames /= 2;
        }
        self.times.start = begun.elapsed();
        Ok(())
    }

    fn run_in_ring(&mut self, frames: usize) -> Result<(), StartError> {
        let ring = self.free_ring(frames)?;
        let handle = &self.handle;
        let mut arrivals = self.arrivals.take().ok_or(StartError::Running)?;
        arrivals.begin(Arc::clone(&ring));
        if let Err(error) = arrivals.handler().on_start(&ring) {
            arrivals.end();
            self.arrivals = Some(arrivals);
            return Err(error.into());
        }
        // Before the start, so that no frame is missed; what the SDK may still say of an acquisition before is not heard.
        handle.callback().set(arrivals);
        let started = handle.library().call("pl_exp_start_cont", |f| {
            let base = ring.ring().base.cast();
            // Fits, as was checked when the first ring was made.
            let bytes = uns32::try_from(ring.bytes()).unwrap_or(0);
            // SAFETY: so many bytes that stay where they are until the acquisition has ended, and
            // that this program only reads meanwhile, where frames are whole (I10).
            unsafe { (f.pl_exp_start_cont)(handle.number(), base, bytes) }
        });
        self.is_running = true;
        if let Err(error) = started {
            // It should not run, but a camera that does would write into memory that is free.
            let _logged = self.halt();
            return Err(error.into());
        }
        let was_early = handle.callback().with(Arrivals::<H>::started);
        if was_early == Some(true) {
            handle.callback().nudge();
        }
        Ok(())
    }

    /// Returns the ring, made ready for the camera, or a new one if it has another length or something has a share of it.
    fn free_ring(&mut self, frames: usize) -> Result<Arc<CameraRing>, StartError> {
        let Ring { frame_bytes, .. } = self.ring.ring();
        if self.ring_frames() != frames || Arc::get_mut(&mut self.ring).is_none() {
            self.ring = CameraRing::new(frames, frame_bytes, self.ring.keeps_frames())?;
        }
        if let Some(ring) = Arc::get_mut(&mut self.ring) {
            ring.begin(&self.handle);
        }
        Ok(Arc::clone(&self.ring))
    }

    /// Takes the target out of the callback's context: waits for the handler if it runs.
    fn taken(&self) -> Option<Box<Arrivals<H>>> {
        let target = self.handle.callback().take()?;
        (target as Box<dyn Any>).downcast().ok()
    }

    /// Stops the camera, if it runs. After an error the ring is leaked: the camera may still write.
    pub(crate) fn halt(&mut self) -> Result<(), SdkError> {
        if !std::mem::replace(&mut self.is_running, false) {
            return Ok(());
        }
        let begun = Instant::now();
        self.arrivals = self.taken();
        let aborted = self.abort();
        if let Err(error) = &aborted {
            let bytes = self.ring.bytes();
            tracing::error!(%error, bytes, "the ring is leaked: the camera may still write");
            self.ring.leak();
            self.handle.sticks();
        }
        if let Some(arrivals) = &mut self.arrivals {
            arrivals.end();
        }
        self.times.stop = begun.elapsed();
        aborted
    }

    /// Aborts the acquisition, and finds out how many frames were complete in the end.
    fn abort(&self) -> Result<(), SdkError> {
        let Self { handle, ring, meta, .. } = self;
        let _known = ring.progress(handle);
        handle.abort()?;
        let before = ring.known();
        let after = ring.progress(handle).ok().map(|progress| progress.complete);
        ring.end(complete_at_end(before, after, Duration::from_nanos(meta.exposure_ns)));
        Ok(())
    }
}

impl<H: FrameHandler> Drop for Standby<H> {
    fn drop(&mut self) {
        let _logged = self.halt();
    }
}

/// Returns how many frames were complete, at most, when an acquisition had ended; `None` if that is not known. Before, the SDK
/// has said how many were, so long ago.
///
/// The SDK may keep its counters after an abort: then they are final. If it has reset them, the camera can have completed no
/// more since than exposures fit in.
fn complete_at_end(
    before: Option<(u64, Duration)>,
    after: Option<u64>,
    exposure: Duration,
) -> Option<u64> {
    let (before, ago) = before?;
    match after {
        Some(after) if after >= before => Some(after),
        _ => {
            let fit = ago.as_nanos().checked_div(exposure.as_nanos())?;
            Some(before.saturating_add(u64::try_from(fit).ok()?).saturating_add(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_after_an_abort_are_final_unless_they_were_reset() {
        let (ms, none) = (Duration::from_millis, Duration::ZERO);
        let seven = |ago| Some((7, ms(ago)));
        assert_eq!(complete_at_end(seven(50), Some(9), ms(10)), Some(9));
        assert_eq!(complete_at_end(seven(50), Some(0), ms(10)), Some(7 + 5 + 1));
        assert_eq!(complete_at_end(seven(5), None, ms(10)), Some(7 + 1));
        assert_eq!(complete_at_end(seven(5), None, none), None, "not known how fast it is");
        assert_eq!(complete_at_end(None, Some(9), ms(10)), None);
    }
}
