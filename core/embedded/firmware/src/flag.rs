//! Wakers that raise a flag.

use core::task::{RawWaker, RawWakerVTable, Waker};
use portable_atomic::{AtomicBool, Ordering};

/// Raised by its wakers.
pub struct Flag(AtomicBool);

impl Flag {
    /// Makes a flag that is down.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Makes a waker that raises it.
    pub fn waker(&'static self) -> Waker {
        const TABLE: RawWakerVTable =
            RawWakerVTable::new(|flag| RawWaker::new(flag, &TABLE), raise, raise, |_| {});
        fn raise(flag: *const ()) {
            // SAFETY: a `&'static Flag`, by `waker`.
            let flag = unsafe { &*flag.cast::<Flag>() };
            // Ordering: Relaxed: one core.
            flag.0.store(true, Ordering::Relaxed);
        }
        // SAFETY: the functions work from anywhere, on what is never dropped.
        unsafe { Waker::from_raw(RawWaker::new((&raw const *self).cast(), &TABLE)) }
    }

    /// Returns whether it is up.
    pub fn is_up(&self) -> bool {
        // Ordering: Relaxed: one core.
        self.0.load(Ordering::Relaxed)
    }

    /// Takes it down.
    pub fn lower(&self) {
        // Ordering: Relaxed: one core.
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Default for Flag {
    fn default() -> Self {
        Self::new()
    }
}
