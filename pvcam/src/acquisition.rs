//! A running acquisition: the ring that the SDK fills, the handler that it calls, and the one
//! order in which both end.
//!
//! ```text
//!   start   claim the camera -> set the target -> register -> start_cont
//!   stop    take the target -> abort -> deregister -> free the ring -> release the camera
//!           |                    |
//!           |                    `- fails: the ring is leaked, the camera may still write (I10)
//!           `- waits for a handler that is running; a later callback finds no target
//! ```

use crate::arrival::Arrivals;
use crate::callback::on_end_of_frame;
use crate::end::{End, Ending};
use crate::error::{SdkError, StartError};
use crate::frame::FrameHandler;
use crate::handle::{Handle, Running};
use crate::prepare::Prepared;
use crate::ring::Ring;
use framepool::Mapped;
use framepool_pvcam_sys::{self as sys, PL_CALLBACK_EOF, PL_CALLBACK_SIG_EX3, uns32};
use std::any::Any;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

/// A running acquisition. Dropping it stops it.
///
/// Stopping waits for the handler to return. So the handler must not stop or drop the acquisition
/// that calls it, which it could only reach if the program shares it: it would wait for itself, for
/// ever. A handler ends an acquisition by breaking.
#[derive(Debug)]
pub struct Acquisition<H: FrameHandler> {
    ending: Arc<Ending>,
    handle: Arc<Handle>,
    ring: ManuallyDrop<Mapped>,
    /// `pl_exp_start_cont` succeeded.
    started: bool,
    stopped: bool,
    /// The handler is in the callback's context, among the [`Arrivals`].
    handler: PhantomData<fn() -> H>,
    // Last: another acquisition may start when all else is gone.
    _running: Running,
}

impl<H: FrameHandler> Acquisition<H> {
    /// Starts what was prepared; `handler` sees every frame from now on.
    ///
    /// # Errors
    /// [`StartError`]; nothing that was not running before runs then.
    pub fn start(prepared: Prepared, handler: H) -> Result<Self, StartError> {
        let Prepared { handle, generation, meta, frame_bytes, ring_frames: frames } = prepared;
        let too_large = StartError::RingTooLarge { frames, frame_bytes };
        let Some(bytes) = frames.checked_mul(frame_bytes) else { return Err(too_large) };
        let Ok(size) = uns32::try_from(bytes) else { return Err(too_large) };
        let running = handle.run(generation)?;
        let memory = Mapped::zeroed(bytes)?;
        let ring = Ring { base: memory.as_mut_ptr(), frame_bytes, frames };
        let ending = Arc::new(Ending::default());
        let arrivals = Arrivals::new(Arc::clone(&handle), meta, ring, handler, Arc::clone(&ending));

        let context = handle.callback();
        context.set(Box::new(arrivals));
        let callback: PL_CALLBACK_SIG_EX3 = on_end_of_frame;
        let registered = handle.library().call("pl_cam_register_callback_ex3", |f| {
            let (number, context) = (handle.number(), context.as_pointer());
            // SAFETY: the callback has the type that ex3 calls, and its context is never freed: the
            // SDK may call late, even after it was told to call no more.
            unsafe {
                (f.pl_cam_register_callback_ex3)(
                    number,
                    PL_CALLBACK_EOF,
                    callback as *mut c_void,
                    context,
                )
            }
        });
        if let Err(error) = registered {
            drop(context.take());
            return Err(error.into());
        }
        let mut this = Self {
            ending,
            handle,
            ring: ManuallyDrop::new(memory),
            started: false,
            stopped: false,
            handler: PhantomData,
            _running: running,
        };
        let handle = &this.handle;
        handle.library().call("pl_exp_start_cont", |f| {
            // SAFETY: `size` bytes that stay where they are until the acquisition has ended, and
            // that this program does not touch meanwhile, but in `RingFrame` (I10).
            unsafe { (f.pl_exp_start_cont)(handle.number(), ring.base.cast(), size) }
        })?;
        this.started = true;
        Ok(this)
    }

    /// Waits until the acquisition has ended by itself, at most `bound` long, even if the handler
    /// takes longer. Must not be called in the handler, where it always takes all of `bound`.
    #[must_use]
    pub fn wait(&self, bound: Duration) -> Option<End> {
        self.ending.wait(bound)
    }

    /// Triggers one frame, under [`Trigger::Software`](crate::Trigger::Software). Returns whether
    /// the camera took the trigger; it ignores one that comes too early.
    ///
    /// # Errors
    /// [`SdkError`].
    pub fn trigger(&self) -> Result<bool, SdkError> {
        let handle = &self.handle;
        let mut flags: uns32 = sys::PL_SW_TRIG_STATUS_IGNORED;
        handle.library().call("pl_exp_trigger", |f| {
            // SAFETY: the function writes one 32-bit number.
            unsafe { (f.pl_exp_trigger)(handle.number(), &raw mut flags, 0) }
        })?;
        Ok(flags == sys::PL_SW_TRIG_STATUS_TRIGGERED)
    }

    /// Shows the handler no further frame, without waiting for one that it handles now. If the
    /// handler waits for something (a buffer of a pool, say), the program can then end that wait,
    /// so that [`stop`](Self::stop) returns at once.
    pub fn close(&self) {
        self.handle.callback().close();
    }

    /// Stops, and returns the handler with all that it has counted.
    ///
    /// Waits for a handler that is running, so the handler itself must not call this: see
    /// [`Acquisition`].
    ///
    /// # Errors
    /// [`SdkError`] if the SDK would not stop: the ring is leaked then, since the camera may still
    /// write to it.
    ///
    /// # Panics
    /// Never: a running acquisition has its handler.
    pub fn stop(mut self) -> Result<H, SdkError> {
        let (handler, stopped) = self.tear_down();
        stopped?;
        Ok(handler.expect("a running acquisition has its handler"))
    }

    /// The one order in which an acquisition ends: see the module's drawing.
    fn tear_down(&mut self) -> (Option<H>, Result<(), SdkError>) {
        self.stopped = true;
        let handle = &self.handle;
        let target = handle.callback().take().map(|target| target as Box<dyn Any>);
        let arrivals = target.and_then(|target| target.downcast::<Arrivals<H>>().ok());
        let aborted = if self.started {
            handle.library().call("pl_exp_abort", |f| {
                // SAFETY: the handle is open.
                unsafe { (f.pl_exp_abort)(handle.number(), sys::CCS_HALT) }
            })
        } else {
            Ok(())
        };
        let deregistered = handle.library().call("pl_cam_deregister_callback", |f| {
            // SAFETY: the handle is open.
            unsafe { (f.pl_cam_deregister_callback)(handle.number(), PL_CALLBACK_EOF) }
        });
        if let Err(error) = &deregistered {
            tracing::error!(%error, "the callback stays registered, and does nothing");
        }
        match &aborted {
            // SAFETY: nothing writes to the ring any more, and `self` is not used again.
            Ok(()) => unsafe { ManuallyDrop::drop(&mut self.ring) },
            Err(error) => {
                let bytes = self.ring.len();
                tracing::error!(%error, bytes, "the ring is leaked: the camera may still write");
            }
        }
        (arrivals.map(|arrivals| arrivals.into_handler()), aborted.and(deregistered))
    }
}

impl<H: FrameHandler> Drop for Acquisition<H> {
    fn drop(&mut self) {
        if !self.stopped {
            let (_handler, _logged) = self.tear_down();
        }
    }
}
