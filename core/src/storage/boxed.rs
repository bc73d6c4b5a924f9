//! Slots on the heap, their number chosen at run time.

use super::{ShareCount, Storage, sealed};
use crate::error::BuildError;
use crate::raw::{OnHeap, reserve};
use crate::sync::UnsafeCell;
use alloc::vec::Vec;
use core::fmt;

/// Slots of a [`BoxedPool`](crate::BoxedPool): values on the heap.
///
/// # Examples
/// ```
/// use framepool_core::storage::Boxed;
/// use framepool_core::{BoxedPool, Loan, SharedPool};
///
/// type Lines = SharedPool<Boxed<[u16; 640]>>;
///
/// struct Sensor {
///     lines: Lines,
///     newest: Option<Loan<Lines>>,
/// }
///
/// let lines = SharedPool::new(BoxedPool::from_fn(4, || [0; 640])?);
/// let mut sensor = Sensor { newest: None, lines };
/// sensor.newest = sensor.lines.try_acquire();
/// assert_eq!(sensor.newest.map(|line| line.len()), Some(640));
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct Boxed<T> {
    /// Never changes its length.
    slots: Vec<UnsafeCell<T>>,
}

// SAFETY: as for `Inline`.
unsafe impl<T: Send> Sync for Boxed<T> {}

impl<T> Boxed<T> {
    /// Takes `capacity` values from `make`.
    pub(crate) fn new(capacity: usize, mut make: impl FnMut() -> T) -> Result<Self, BuildError> {
        let mut slots = reserve(capacity)?;
        slots.extend((0..capacity).map(|_| UnsafeCell::new(make())));
        Ok(Self { slots })
    }
}

impl<T> sealed::Sealed for Boxed<T> {}

// SAFETY: the slots are the elements of a vector that this value owns and never changes.
unsafe impl<T> Storage for Boxed<T> {
    type Slot = T;
    type Header = ShareCount;
    type Bookkeeping = OnHeap;

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const T {
        // SAFETY: `index` is below the capacity, as the caller promises.
        unsafe { self.slots.get_unchecked(index) }.with(|slot| slot)
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut T {
        // SAFETY: `index` is below the capacity, as the caller promises.
        unsafe { self.slots.get_unchecked(index) }.with_mut(|slot| slot)
    }
}

impl<T> fmt::Debug for Boxed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Boxed").field("slots", &self.slots.len()).finish_non_exhaustive()
    }
}
