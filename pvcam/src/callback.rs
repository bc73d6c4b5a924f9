//! What the SDK's callback is given, and what it finds there.
//!
//! ```text
//!   SDK --> on_end_of_frame(context) --> Cell, never freed --> the running acquisition, if any
//! ```

use framepool_pvcam_sys::FRAME_INFO;
use std::ffi::c_void;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is told of each end of frame.
pub(crate) trait Target: Send + Sync {
    fn end_of_frame(&self);
}

/// One camera's place for the acquisition that is to be told.
///
/// The SDK does not promise that no callback is under way, or about to begin, when deregistering
/// has returned. So what it is given is never freed: one cell for each time that a camera is
/// opened, used by all of its acquisitions in turn, and empty between them.
pub(crate) struct Cell(Mutex<Option<Arc<dyn Target>>>);

impl Cell {
    /// Makes an empty cell that lives as long as the process.
    pub(crate) fn leaked() -> &'static Self {
        Box::leak(Box::new(Self(Mutex::new(None))))
    }

    pub(crate) fn set(&self, target: Arc<dyn Target>) {
        *self.lock() = Some(target);
    }

    pub(crate) fn clear(&self) {
        // Dropped outside the lock.
        let _gone = self.lock().take();
    }

    fn get(&self) -> Option<Arc<dyn Target>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<dyn Target>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what the SDK is to pass to [`on_end_of_frame`].
    pub(crate) fn as_context(&'static self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
}

/// Called by the SDK, on its thread, at each end of frame.
pub(crate) unsafe extern "system" fn on_end_of_frame(
    _info: *const FRAME_INFO,
    context: *mut c_void,
) {
    // SAFETY: the context is `Cell::as_context` of a cell that is never freed, so it is valid also
    // for a call that comes after deregistering has returned.
    let cell = unsafe { &*context.cast::<Cell>() };
    // Nothing unwinds into the SDK; panics of the user's handler were caught further in.
    let _caught = catch_unwind(AssertUnwindSafe(|| {
        if let Some(target) = cell.get() {
            target.end_of_frame();
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Target for Count {
        fn end_of_frame(&self) {
            // Ordering: Relaxed: one thread.
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_callback_that_comes_too_late_finds_nobody() {
        let (cell, target) = (Cell::leaked(), Arc::new(Count::default()));
        let call = || {
            // SAFETY: a cell's context.
            unsafe { on_end_of_frame(std::ptr::null(), cell.as_context()) }
        };
        call();
        cell.set(Arc::clone(&target) as _);
        call();
        cell.clear();
        call();
        // Ordering: Relaxed: one thread.
        assert_eq!(target.0.load(Ordering::Relaxed), 1);
        assert_eq!(Arc::strong_count(&target), 1, "the cell keeps nothing");
    }
}
