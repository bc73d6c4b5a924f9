//! Slots inside the pool itself: for a `static`, or on the stack.

use super::{ShareCount, Storage, sealed};
use crate::raw::{Bare, Fixed};
use crate::sync::{SlotArray, const_unless_loom};
use core::convert::Infallible;
use core::fmt;

/// Slots of a [`Pool`](crate::Pool): `N` values inside it, in `W` words.
///
/// # Examples
/// ```
/// use framepool_core::storage::Inline;
/// use framepool_core::{Pool, PoolIn};
///
/// // What `Pool<u8, 100, 2>` stands for.
/// static POOL: PoolIn<Inline<u8, 100, 2>> = Pool::wide([0; 100]);
/// assert_eq!(POOL.capacity(), 100);
/// ```
pub struct Inline<T, const N: usize, const W: usize = 1> {
    slots: SlotArray<T, N>,
}

// SAFETY: a slot is reached by one holder at a time (I1, I3), in turn on different threads
// (`T: Send`); shared reading asks for `T: Sync` where it is offered (`Frozen`).
unsafe impl<T: Send, const N: usize, const W: usize> Sync for Inline<T, N, W> {}

impl<T, const N: usize, const W: usize> Inline<T, N, W> {
    const_unless_loom! {
        pub(crate) const fn new(slots: [T; N]) -> Self {
            Self { slots: SlotArray::new(slots) }
        }
    }
}

impl<T, const N: usize, const W: usize> sealed::Sealed for Inline<T, N, W> {}

// SAFETY: the slots are the elements of an array that this value owns; while a pool is borrowed
// it does not move, so neither do they.
unsafe impl<T, const N: usize, const W: usize> Storage for Inline<T, N, W> {
    type Slot = T;
    type Header = ShareCount;
    type Bookkeeping = Fixed<N, W>;

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const T {
        // SAFETY: `index` is below `N`, as the caller promises.
        unsafe { self.slots.read(index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut T {
        // SAFETY: `index` is below `N`, as the caller promises.
        unsafe { self.slots.write(index) }
    }
}

impl<T, const N: usize, const W: usize> fmt::Debug for Inline<T, N, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inline").field("slots", &N).finish_non_exhaustive()
    }
}

/// Slots of a [`LeanPool`](crate::LeanPool): `N` values inside it, in one word.
///
/// # Examples
/// ```
/// use framepool_core::storage::Lean;
/// use framepool_core::{LeanPool, Pool, PoolIn};
///
/// // What `LeanPool<u8, 60>` stands for.
/// let lean: PoolIn<Lean<u8, 60>> = LeanPool::new([0; 60]);
/// assert!(size_of_val(&lean) < size_of::<Pool<u8, 60>>());
/// ```
pub struct Lean<T, const N: usize> {
    slots: Inline<T, N>,
}

impl<T, const N: usize> Lean<T, N> {
    const_unless_loom! {
        pub(crate) const fn new(slots: [T; N]) -> Self {
            Self { slots: Inline::new(slots) }
        }
    }
}

impl<T, const N: usize> sealed::Sealed for Lean<T, N> {}

// SAFETY: the slots are those of `Inline`.
unsafe impl<T, const N: usize> Storage for Lean<T, N> {
    type Slot = T;
    type Header = Infallible;
    type Bookkeeping = Bare<N>;

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const T {
        // SAFETY: as the caller promises.
        unsafe { self.slots.read(index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut T {
        // SAFETY: as the caller promises.
        unsafe { self.slots.write(index) }
    }
}

impl<T, const N: usize> fmt::Debug for Lean<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lean").field("slots", &N).finish_non_exhaustive()
    }
}
