//! A running acquisition: the ring that the SDK fills, the handler that it calls, and the one
//! order in which both end.
//!
//! ```text
//!   start   claim the camera -> register -> start_cont
//!   stop    close the gate -> empty the cell -> abort -> deregister -> free the ring -> let go
//!           |                                   |                                     of the camera
//!           |                                   `- fails: the ring is leaked, the camera may
//!           |                                      still write (I10)
//!           `- waits for a handler that is running; a later one sees the gate closed and leaves
//! ```

use crate::callback::{Target, on_end_of_frame};
use crate::camera::{Handle, Prepared, Running};
use crate::error::{SdkError, StartError};
use crate::handler::{FrameHandler, Ring, RingFrame};
use framepool::{FrameMeta, Mapped};
use framepool_pvcam_sys::{self as sys, FRAME_INFO, PL_CALLBACK_EOF, PL_CALLBACK_SIG_EX3, uns32};
use std::any::Any;
use std::cell::OnceCell;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// The SDK would not give a frame that it had announced, or not say whether it is whole.
    Failed(SdkError),
    /// The SDK announced a frame that cannot be: one without a number, or outside the ring.
    Impossible(String),
}

/// A running acquisition. Dropping it stops it.
///
/// It must not be stopped or dropped by its own handler, which could only reach it if the program
/// shared it on purpose: stopping waits for the handler to return, hence for itself, for ever. A
/// handler ends an acquisition by breaking.
#[derive(Debug)]
pub struct Acquisition<H: FrameHandler> {
    context: Arc<Context<H>>,
    handle: Arc<Handle>,
    ring: ManuallyDrop<Mapped>,
    /// `start_cont` succeeded.
    started: bool,
    stopped: bool,
    // Last: the camera is free for another when all else is gone.
    _running: Running,
}

/// What the SDK's callback reaches.
#[derive(Debug)]
struct Context<H> {
    meta: FrameMeta,
    ring: Ring,
    /// Keeps later callbacks from the gate, so that whoever wants it to close gets it.
    closing: AtomicBool,
    gate: Mutex<Gate<H>>,
    /// Set once. Apart from the gate, which is taken as long as the handler runs.
    end: Mutex<Option<End>>,
    ended: Condvar,
}

/// Empty once the acquisition was stopped.
type Gate<H> = Option<Active<H>>;

#[derive(Debug)]
struct Active<H> {
    // Here, and not in the context: a callback that is the last to let go of the context must not
    // close the camera on the SDK's thread.
    handle: Arc<Handle>,
    handler: H,
    /// The number of the newest frame seen.
    newest: u32,
    /// It has ended by itself; the handler is not called again.
    ended: bool,
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
        let active = Active { handle: Arc::clone(&handle), handler, newest: 0, ended: false };
        let context = Arc::new(Context {
            meta,
            ring,
            closing: AtomicBool::new(false),
            gate: Mutex::new(Some(active)),
            end: Mutex::new(None),
            ended: Condvar::new(),
        });

        let callback: PL_CALLBACK_SIG_EX3 = on_end_of_frame;
        handle.callback.set(Arc::clone(&context) as Arc<dyn Target>);
        let registered = handle.library().call("pl_cam_register_callback_ex3", |f| {
            let (number, cell) = (handle.number, handle.callback.as_context());
            // SAFETY: the callback has the type that ex3 calls, and its context is never freed: the
            // SDK may call late, also after it was told to call no more.
            unsafe {
                (f.pl_cam_register_callback_ex3)(
                    number,
                    PL_CALLBACK_EOF,
                    callback as *mut c_void,
                    cell,
                )
            }
        });
        if let Err(error) = registered {
            handle.callback.clear();
            return Err(error.into());
        }
        let mut this = Self {
            context,
            handle,
            ring: ManuallyDrop::new(memory),
            started: false,
            stopped: false,
            _running: running,
        };
        let handle = &this.handle;
        handle.library().call("pl_exp_start_cont", |f| {
            // SAFETY: `size` bytes that stay where they are until the acquisition has ended, and
            // that nobody here touches meanwhile but by `RingFrame::copy_to` (I10).
            unsafe { (f.pl_exp_start_cont)(handle.number, ring.base.cast(), size) }
        })?;
        this.started = true;
        Ok(this)
    }

    /// Waits until the acquisition has ended by itself, at most `bound` long, however long the
    /// handler takes. In the handler itself it would wait for nothing.
    #[must_use]
    pub fn wait(&self, bound: Duration) -> Option<End> {
        let (end, _) = self
            .context
            .ended
            .wait_timeout_while(lock(&self.context.end), bound, |end| end.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        end.clone()
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
            // SAFETY: writes one 32-bit number.
            unsafe { (f.pl_exp_trigger)(handle.number, &raw mut flags, 0) }
        })?;
        Ok(flags == sys::PL_SW_TRIG_STATUS_TRIGGERED)
    }

    /// Shows the handler no further frame, without waiting for one that it is busy with. What such
    /// a handler may be waiting for (a buffer of a pool, say) can then be called off, and
    /// [`stop`](Self::stop) comes through at once.
    pub fn close(&self) {
        // Ordering: Relaxed: the gate's lock orders all else; this only keeps callbacks from it.
        self.context.closing.store(true, Ordering::Relaxed);
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
        self.close();
        let active = lock(&self.context.gate).take();
        let handle = &self.handle;
        handle.callback.clear();
        let aborted = if self.started {
            handle.library().call("pl_exp_abort", |f| {
                // SAFETY: the handle is open.
                unsafe { (f.pl_exp_abort)(handle.number, sys::CCS_HALT) }
            })
        } else {
            Ok(())
        };
        let deregistered = handle.library().call("pl_cam_deregister_callback", |f| {
            // SAFETY: the handle is open.
            unsafe { (f.pl_cam_deregister_callback)(handle.number, PL_CALLBACK_EOF) }
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
        (active.map(|active| active.handler), aborted.and(deregistered))
    }
}

impl<H: FrameHandler> Drop for Acquisition<H> {
    fn drop(&mut self) {
        if !self.stopped {
            let (_handler, _logged) = self.tear_down();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<H: FrameHandler> Target for Context<H> {
    fn end_of_frame(&self) {
        if self.is_closing() {
            return;
        }
        let mut gate = lock(&self.gate);
        let Some(active) = gate.as_mut().filter(|active| !active.ended && !self.is_closing())
        else {
            return;
        };
        let arrived = catch_unwind(AssertUnwindSafe(|| self.frame_arrived(active)));
        let end = match arrived {
            Ok(None) => return,
            Ok(Some(end)) => end,
            Err(panic) => End::HandlerPanicked(message(panic.as_ref())),
        };
        active.ended = true;
        *lock(&self.end) = Some(end);
        self.ended.notify_all();
    }
}

impl<H: FrameHandler> Context<H> {
    fn is_closing(&self) -> bool {
        // Ordering: Relaxed: see `Acquisition::close`.
        self.closing.load(Ordering::Relaxed)
    }

    fn frame_arrived(&self, active: &mut Active<H>) -> Option<End> {
        let Active { handle, handler, newest, .. } = active;
        let mut start: *mut c_void = std::ptr::null_mut();
        let mut info = FRAME_INFO::default();
        let found = handle.library().call("pl_exp_get_latest_frame_ex", |f| {
            let number = handle.number;
            // SAFETY: room for a pointer and for a `FRAME_INFO`.
            unsafe { (f.pl_exp_get_latest_frame_ex)(number, &raw mut start, &raw mut info) }
        });
        if let Err(error) = found {
            return Some(End::Failed(error));
        }
        let start = start.cast_const().cast::<u8>();
        let number = match u32::try_from(info.FrameNr) {
            Ok(number) if number > 0 => number,
            _ => {
                handler.on_lost(1);
                let text = format!("the SDK gave a frame the number {}", info.FrameNr);
                return Some(End::Impossible(text));
            }
        };
        // Old cameras notify twice.
        if number <= *newest {
            return None;
        }
        let gap = number - *newest - 1;
        if gap > 0 {
            handler.on_lost(gap.into());
        }
        *newest = number;
        if !self.ring.contains(start) {
            handler.on_lost(1);
            let text = format!("the SDK gave frame {number} a place outside the ring");
            return Some(End::Impossible(text));
        }
        let mut meta = self.meta;
        meta.hardware_number = number;
        // The SDK's clock ticks ten thousand times a second.
        meta.timestamp_ns =
            u64::try_from(info.TimeStamp).unwrap_or_default().saturating_mul(100_000);
        let frame = RingFrame { meta, start, ring: self.ring, handle, failed: OnceCell::new() };
        let flow = handler.on_frame(&frame);
        how_it_ends(flow, frame.failed.into_inner())
    }
}

/// Decides, after a frame, whether there is another. An SDK that fails is not asked again.
fn how_it_ends(flow: ControlFlow<()>, failed: Option<SdkError>) -> Option<End> {
    match (failed, flow) {
        (Some(error), _) => Some(End::Failed(error)),
        (None, ControlFlow::Break(())) => Some(End::HandlerBroke),
        (None, ControlFlow::Continue(())) => None,
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sdk_that_fails_ends_the_acquisition_whatever_the_handler_says() {
        let error = SdkError { function: "pl_x", code: 1, message: "no".to_owned() };
        for flow in [ControlFlow::Continue(()), ControlFlow::Break(())] {
            assert_eq!(how_it_ends(flow, Some(error.clone())), Some(End::Failed(error.clone())));
        }
        assert_eq!(how_it_ends(ControlFlow::Continue(()), None), None);
        assert_eq!(how_it_ends(ControlFlow::Break(()), None), Some(End::HandlerBroke));
    }
}
