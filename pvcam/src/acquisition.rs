//! A running acquisition: the ring that the SDK fills, the handler that it calls, and the one
//! order in which both end.
//!
//! ```text
//!   start   register -> start_cont
//!   stop    close the gate -> abort -> deregister -> free the ring
//!           |                 |        `- fails: the context is leaked, the SDK may still call
//!           |                 `- fails: the ring is leaked, the camera may still write (I10)
//!           `- waits for a handler that is running; a later one sees the gate closed and leaves
//! ```

use crate::camera::{Handle, Prepared};
use crate::error::{SdkError, StartError};
use crate::handler::{FrameHandler, Ring, RingFrame};
use framepool::{FrameMeta, Mapped};
use framepool_pvcam_sys::{self as sys, FRAME_INFO, PL_CALLBACK_EOF, PL_CALLBACK_SIG_EX3, uns32};
use std::any::Any;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How an acquisition ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The handler wanted no more.
    HandlerBroke,
    /// The handler panicked, with this message.
    HandlerPanicked(String),
    /// The SDK would not give a frame that it had announced.
    Failed(SdkError),
}

/// A running acquisition. Dropping it stops it.
#[derive(Debug)]
pub struct Acquisition<H: FrameHandler> {
    context: Arc<Context<H>>,
    ring: ManuallyDrop<Mapped>,
    stopped: bool,
}

/// What the SDK's callback reaches.
#[derive(Debug)]
struct Context<H> {
    handle: Arc<Handle>,
    meta: FrameMeta,
    ring: Ring,
    gate: Mutex<Gate<H>>,
    ended: Condvar,
}

#[derive(Debug)]
struct Gate<H> {
    /// Gone once the acquisition was stopped.
    handler: Option<H>,
    /// The number of the newest frame seen.
    newest: u32,
    /// Set once; the handler is not called again.
    end: Option<End>,
}

impl<H: FrameHandler> Acquisition<H> {
    /// Starts what was prepared; `handler` sees every frame from now on.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub fn start(prepared: Prepared, handler: H) -> Result<Self, StartError> {
        let Prepared { handle, meta, frame_bytes, ring_frames: frames } = prepared;
        let too_large = StartError::RingTooLarge { frames, frame_bytes };
        let Some(bytes) = frames.checked_mul(frame_bytes) else { return Err(too_large) };
        let Ok(size) = uns32::try_from(bytes) else { return Err(too_large) };
        let memory = Mapped::zeroed(bytes)?;
        let ring = Ring { base: memory.as_mut_ptr(), frame_bytes, frames };
        let gate = Gate { handler: Some(handler), newest: 0, end: None };
        let context =
            Arc::new(Context { handle, meta, ring, gate: Mutex::new(gate), ended: Condvar::new() });

        let callback: PL_CALLBACK_SIG_EX3 = on_end_of_frame::<H>;
        // The SDK's own share of the context, given back when it is deregistered.
        let share = Arc::into_raw(Arc::clone(&context));
        let handle = &context.handle;
        let registered = handle.library().call("pl_cam_register_callback_ex3", |f| {
            let (number, event) = (handle.number, PL_CALLBACK_EOF);
            // SAFETY: the callback has the type that ex3 calls, and its context stays alive until
            // it is deregistered.
            unsafe {
                (f.pl_cam_register_callback_ex3)(
                    number,
                    event,
                    callback as *mut c_void,
                    share.cast_mut().cast(),
                )
            }
        });
        if let Err(error) = registered {
            // SAFETY: the SDK did not take its share.
            drop(unsafe { Arc::from_raw(share) });
            return Err(error.into());
        }
        let this = Self { context, ring: ManuallyDrop::new(memory), stopped: false };
        let handle = &this.context.handle;
        handle.library().call("pl_exp_start_cont", |f| {
            // SAFETY: `size` bytes that stay where they are until the acquisition has ended, and
            // that nobody here touches meanwhile but by `RingFrame::copy_to` (I10).
            unsafe { (f.pl_exp_start_cont)(handle.number, ring.base.cast(), size) }
        })?;
        Ok(this)
    }

    /// Waits until the acquisition has ended by itself, at most `bound` long.
    #[must_use]
    pub fn wait(&self, bound: Duration) -> Option<End> {
        let gate = self.context.gate();
        let (gate, _) = self
            .context
            .ended
            .wait_timeout_while(gate, bound, |gate| gate.end.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        gate.end.clone()
    }

    /// Triggers one frame, under [`Trigger::Software`](crate::Trigger::Software). Returns whether
    /// the camera took the trigger; it ignores one that comes too early.
    ///
    /// # Errors
    /// [`SdkError`].
    pub fn trigger(&self) -> Result<bool, SdkError> {
        let handle = &self.context.handle;
        let mut flags: uns32 = sys::PL_SW_TRIG_STATUS_IGNORED;
        handle.library().call("pl_exp_trigger", |f| {
            // SAFETY: writes one 32-bit number.
            unsafe { (f.pl_exp_trigger)(handle.number, &raw mut flags, 0) }
        })?;
        Ok(flags == sys::PL_SW_TRIG_STATUS_TRIGGERED)
    }

    /// Stops, and returns the handler with all that it has counted.
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
        let handler = self.context.gate().handler.take();
        let handle = &self.context.handle;
        let aborted = handle.library().call("pl_exp_abort", |f| {
            // SAFETY: the handle is open.
            unsafe { (f.pl_exp_abort)(handle.number, sys::CCS_HALT) }
        });
        let deregistered = handle.library().call("pl_cam_deregister_callback", |f| {
            // SAFETY: the handle is open.
            unsafe { (f.pl_cam_deregister_callback)(handle.number, PL_CALLBACK_EOF) }
        });
        match &deregistered {
            // SAFETY: the share that `start` gave to the SDK, which calls back no more.
            Ok(()) => unsafe { Arc::decrement_strong_count(Arc::as_ptr(&self.context)) },
            Err(error) => tracing::error!(%error, "the callback stays registered"),
        }
        match &aborted {
            // SAFETY: nothing writes to the ring any more, and `self` is not used again.
            Ok(()) => unsafe { ManuallyDrop::drop(&mut self.ring) },
            Err(error) => {
                let bytes = self.ring.len();
                tracing::error!(%error, bytes, "the ring is leaked: the camera may still write");
            }
        }
        (handler, aborted.and(deregistered))
    }
}

impl<H: FrameHandler> Drop for Acquisition<H> {
    fn drop(&mut self) {
        if !self.stopped {
            let (_handler, _logged) = self.tear_down();
        }
    }
}

/// Called by the SDK, on its thread, at each end of frame.
unsafe extern "system" fn on_end_of_frame<H: FrameHandler>(
    _info: *const FRAME_INFO,
    context: *mut c_void,
) {
    // SAFETY: the share that `start` registered, alive until it is deregistered.
    let context = unsafe { &*context.cast::<Context<H>>() };
    let mut gate = context.gate();
    let arrived = catch_unwind(AssertUnwindSafe(|| context.frame_arrived(&mut gate)));
    let end = match arrived {
        Ok(None) => return,
        Ok(Some(end)) => end,
        Err(panic) => End::HandlerPanicked(message(panic.as_ref())),
    };
    gate.end = Some(end);
    context.ended.notify_all();
}

impl<H> Context<H> {
    fn gate(&self) -> MutexGuard<'_, Gate<H>> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: FrameHandler> Context<H> {
    fn frame_arrived(&self, gate: &mut Gate<H>) -> Option<End> {
        let Gate { handler: Some(handler), newest, end: None } = gate else { return None };
        let mut start: *mut c_void = std::ptr::null_mut();
        let mut info = FRAME_INFO::default();
        let found = self.handle.library().call("pl_exp_get_latest_frame_ex", |f| {
            let number = self.handle.number;
            // SAFETY: room for a pointer and for a `FRAME_INFO`.
            unsafe { (f.pl_exp_get_latest_frame_ex)(number, &raw mut start, &raw mut info) }
        });
        if let Err(error) = found {
            return Some(End::Failed(error));
        }
        let start = start.cast_const().cast::<u8>();
        let number = u32::try_from(info.FrameNr).unwrap_or_default();
        // Old cameras notify twice; what lies outside the ring is nobody's frame.
        if number <= *newest || !self.ring.contains(start) {
            return None;
        }
        let gap = number - *newest - 1;
        if gap > 0 {
            handler.on_lost(gap.into());
        }
        *newest = number;
        let mut meta = self.meta;
        meta.hardware_number = number;
        // The SDK's clock ticks ten thousand times a second.
        meta.timestamp_ns = u64::try_from(info.TimeStamp).unwrap_or_default() * 100_000;
        let frame = RingFrame { meta, start, ring: self.ring, handle: &self.handle };
        match handler.on_frame(&frame) {
            ControlFlow::Continue(()) => None,
            ControlFlow::Break(()) => Some(End::HandlerBroke),
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}
