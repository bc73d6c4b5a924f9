//! The SDK's end-of-frame callback, and the context that it is registered with.
//!
//! ```text
//!   SDK --> on_end_of_frame(context) --> CallbackContext --> the running acquisition's target,
//!                                        never freed  |      if there is one
//!                                                     `- one lock: held while the target
//!                                                        handles a frame
//! ```

use framepool_pvcam_sys::FRAME_INFO;
use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Handles the ends of frames of one acquisition.
pub(crate) trait Target: Any + Send {
    /// Handles one end of frame, and breaks if it is to be the last. Never unwinds.
    fn end_of_frame(&mut self, occasion: Occasion) -> ControlFlow<()>;
}

/// Why a target is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Occasion {
    /// The SDK announces a frame, and may say which.
    Announced(Option<FRAME_INFO>),
    /// There may be frames that it did not announce.
    Look,
}

/// What the SDK passes to the callback: the place of the running acquisition's target.
///
/// The SDK does not promise that no callback is running, or about to begin, when deregistering has
/// returned. So the context is never freed: there is one for each time that a camera is opened,
/// which all of the camera's acquisitions use in turn, and it is empty between them.
pub(crate) struct CallbackContext {
    /// Keeps callbacks away from the lock, so that a thread that wants to empty the context gets
    /// it, however fast frames come.
    closed: AtomicBool,
    /// Locked while the target handles a frame: so the thread that takes the target waits for a
    /// callback that is running, and a callback owns nothing.
    target: Mutex<Option<Box<dyn Target>>>,
}

impl CallbackContext {
    /// Makes an empty context that lives as long as the process.
    pub(crate) fn leaked() -> &'static Self {
        let this = Self { closed: AtomicBool::new(true), target: Mutex::new(None) };
        Box::leak(Box::new(this))
    }

    /// Shows the ends of frames to `target` from now on.
    pub(crate) fn set(&self, target: Box<dyn Target>) {
        *self.lock() = Some(target);
        // Ordering: Relaxed: the lock publishes the target; this only keeps callbacks from it. That
        // the first callback sees it is ordered by the registration, which comes after.
        self.closed.store(false, Ordering::Relaxed);
    }

    /// Shows no further end of frame to the target, without waiting for one that it handles now.
    pub(crate) fn close(&self) {
        // Ordering: Relaxed: as in `set`.
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Closes the context, waits until the target handles no frame, and takes it out.
    pub(crate) fn take(&self) -> Option<Box<dyn Target>> {
        self.close();
        self.lock().take()
    }

    /// Returns what the SDK is to pass to [`on_end_of_frame`].
    pub(crate) fn as_pointer(&'static self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// Lets the target look for frames, as if the SDK had announced one.
    pub(crate) fn nudge(&self) {
        self.end_of_frame(Occasion::Look);
    }

    /// Lets the target handle what the SDK has announced before.
    pub(crate) fn nudge_as_announced(&self) {
        self.end_of_frame(Occasion::Announced(None));
    }

    /// Runs `work` with the target, if there is one of this type and it was not closed, while it handles no frame.
    pub(crate) fn with<T: Target, R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut target = self.lock();
        if self.is_closed() {
            return None;
        }
        let target: &mut dyn Any = &mut **target.as_mut()?;
        target.downcast_mut().map(work)
    }

    fn end_of_frame(&self, occasion: Occasion) {
        if self.is_closed() {
            return;
        }
        let mut target = self.lock();
        // Asked again: it may have been closed while this callback waited for the lock.
        if self.is_closed() {
            return;
        }
        if let Some(target) = target.as_mut()
            && target.end_of_frame(occasion).is_break()
        {
            self.close();
        }
    }

    fn is_closed(&self) -> bool {
        // Ordering: Relaxed: as in `set`.
        self.closed.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<dyn Target>>> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CallbackContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackContext").field("closed", &self.closed).finish_non_exhaustive()
    }
}

/// The callback: the SDK calls it on its own thread at each end of frame.
///
/// It catches no panic. The handler is the only code on this path that may panic, and the target
/// catches that. Should anything else panic, Rust aborts the process here, since this function's
/// ABI cannot unwind: no panic ever unwinds into the SDK.
pub(crate) unsafe extern "system" fn on_end_of_frame(
    info: *const FRAME_INFO,
    context: *mut c_void,
) {
    // SAFETY: null, or a description that is valid during the call.
    let announced = unsafe { info.as_ref() }.copied();
    // SAFETY: the pointer is `CallbackContext::as_pointer` of a context that is never freed, so it
    // is valid also in a callback that comes after deregistering has returned.
    let context = unsafe { &*context.cast::<CallbackContext>() };
    context.end_of_frame(Occasion::Announced(announced));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Sends its frames' numbers, and breaks at the last one.
    struct Count {
        frames: u32,
        last: u32,
        seen: mpsc::Sender<u32>,
    }

    impl Target for Count {
        fn end_of_frame(&mut self, _: Occasion) -> ControlFlow<()> {
            self.frames += 1;
            self.seen.send(self.frames).expect("the test is alive");
            if self.frames == self.last {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }

    fn count(last: u32) -> (Box<Count>, mpsc::Receiver<u32>) {
        let (seen, numbers) = mpsc::channel();
        (Box::new(Count { frames: 0, last, seen }), numbers)
    }

    fn call(context: &'static CallbackContext) {
        // SAFETY: the pointer of a context that is never freed.
        unsafe { on_end_of_frame(std::ptr::null(), context.as_pointer()) }
    }

    #[test]
    fn a_callback_outside_of_an_acquisition_finds_no_target() {
        let context = CallbackContext::leaked();
        call(context);
        for _acquisition in 0..2 {
            let (target, numbers) = count(u32::MAX);
            context.set(target);
            call(context);
            assert!(context.take().is_some());
            call(context);
            assert_eq!(numbers.try_iter().collect::<Vec<_>>(), [1]);
            assert!(context.take().is_none());
        }
    }

    #[test]
    fn no_frame_is_shown_after_closing_or_breaking() {
        let context = CallbackContext::leaked();
        let (target, numbers) = count(2);
        context.set(target);
        (0..5).for_each(|_| call(context));
        assert_eq!(numbers.try_iter().collect::<Vec<_>>(), [1, 2]);
        let (target, numbers) = count(u32::MAX);
        context.set(target);
        call(context);
        context.close();
        call(context);
        assert_eq!(numbers.try_iter().collect::<Vec<_>>(), [1]);
        assert!(context.take().is_some(), "closing keeps the target");
    }

    /// Says that it handles a frame, and goes on when told to.
    struct HeldUp {
        entered: mpsc::Sender<()>,
        go_on: mpsc::Receiver<()>,
        done: mpsc::Sender<&'static str>,
    }

    impl Target for HeldUp {
        fn end_of_frame(&mut self, _: Occasion) -> ControlFlow<()> {
            self.entered.send(()).expect("the test is alive");
            self.go_on.recv().expect("the test is alive");
            self.done.send("handled").expect("the test is alive");
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn taking_the_target_waits_for_the_frame_that_it_handles() {
        let context = CallbackContext::leaked();
        let (entered, inside) = mpsc::channel();
        let (go, go_on) = mpsc::channel();
        let (done, order) = mpsc::channel();
        let taken = done.clone();
        context.set(Box::new(HeldUp { entered, go_on, done }));
        std::thread::scope(|scope| {
            scope.spawn(|| call(context));
            inside.recv().expect("a callback is running");
            scope.spawn(move || {
                drop(context.take());
                taken.send("taken").expect("the test is alive");
            });
            while !context.is_closed() {
                std::thread::yield_now();
            }
            // Leaves at once, though the lock is held: it does not keep the other thread waiting.
            call(context);
            go.send(()).expect("the target is alive");
        });
        assert_eq!(order.try_iter().collect::<Vec<_>>(), ["handled", "taken"]);
    }
}
