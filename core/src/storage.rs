//! Where slot memory is: inside the pool, in a region that the caller gives, or on the heap.
//!
//! ```text
//!   [ slot 0 | slot 1 | slot 2 | ... ]     contiguous, in index order, `stride` apart
//! ```
//!
//! A storage names the bookkeeping that goes with it, so a pool has one parameter:
//!
//! | pool | storage | slots | bookkeeping |
//! |---|---|---|---|
//! | [`Pool`](crate::Pool) | [`Inline`] | values in the pool | in the pool |
//! | [`LeanPool`](crate::LeanPool) | [`Lean`] | values in the pool | in the pool, one word and nothing else |
//! | [`BufferPool`](crate::BufferPool) | [`Buffers`] | bytes of a [`Memory`] | in the pool, one word |
//! | `LargeBufferPool` | `LargeBuffers` | bytes of a [`Memory`] | on the heap |
//! | `BoxedPool` | `Boxed` | values on the heap | on the heap |
//! | any, with a hook | [`Recycled`](crate::recycle::Recycled) before one of these | the same | the same |
//! | [`Reserve`](crate::Reserve) | [`Reserved`](crate::Reserved) | of another pool | a word of its own |
//!
//! # Slots that share a cache line
//! Slots smaller than a cache line lie on it with their neighbours, and holders that write to them on
//! different cores take it from each other at each write: the row `writing to slots side by side` of
//! `benches` has both ways. Pad such values, or cut byte buffers with a `stride` of 128:
//! ```
//! use crossbeam_utils::CachePadded;
//! use framepool_core::Pool;
//!
//! static COUNTERS: Pool<CachePadded<u64>, 16> = Pool::new([const { CachePadded::new(0) }; 16]);
//!
//! let mut counter = COUNTERS.try_acquire().expect("sixteen are free");
//! **counter += 1;
//! ```

#[cfg(feature = "alloc")]
mod boxed;
mod buffers;
#[cfg(feature = "alloc")]
mod heap_bytes;
mod inline;
mod memory;

#[cfg(feature = "alloc")]
pub use boxed::Boxed;
pub use buffers::Buffers;
#[cfg(feature = "alloc")]
pub use buffers::LargeBuffers;
#[cfg(feature = "alloc")]
pub use heap_bytes::HeapBytes;
pub use inline::{Inline, Lean};
pub use memory::{Borrowed, Memory};

pub use crate::raw::ShareCount;

use crate::raw::{Bookkeeping, Header};

/// Slot memory, and the bookkeeping that goes with it.
///
/// Sealed: implemented by the storages of this module, and by
/// [`Recycled`](crate::recycle::Recycled), which stands before one of them.
///
/// # Safety
/// - `read` and `write` return pointers that are valid and stay the same for every slot of the
///   storage's pool, as long as the storage lives and does not move.
/// - Slots of different indices do not overlap.
///
/// # Examples
/// ```
/// use framepool_core::storage::{Borrowed, Storage};
/// use framepool_core::{BufferPool, PoolIn};
///
/// /// Works with pools of bytes, whatever memory they are in.
/// fn sum<S: Storage<Slot = [u8]>>(pool: &PoolIn<S>) -> Option<u32> {
///     let buffer = pool.try_acquire()?;
///     Some(buffer.iter().map(|byte| u32::from(*byte)).sum())
/// }
///
/// let mut memory = [1_u8; 16];
/// let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 8, 8)?;
/// assert_eq!(sum(&pool), Some(8));
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a storage",
    note = "a `SharedPool` names the storage: `SharedPool<Boxed<T>>` for a `BoxedPool<T>`"
)]
pub unsafe trait Storage: sealed::Sealed {
    /// What one slot holds.
    type Slot: ?Sized;

    /// What the pool keeps for each slot: a [`ShareCount`] where loans can be frozen, else
    /// [`Infallible`](core::convert::Infallible), of which there is none.
    type Header: Header;

    #[doc(hidden)]
    type Bookkeeping: Bookkeeping<Header = Self::Header>;

    /// Returns slot `index` for reading.
    ///
    /// # Safety
    /// - `index` is that of a slot of this storage's pool.
    #[doc(hidden)]
    unsafe fn read(&self, index: usize) -> *const Self::Slot;

    /// Returns slot `index` for writing.
    ///
    /// # Safety
    /// - `index` is that of a slot of this storage's pool.
    #[doc(hidden)]
    unsafe fn write(&self, index: usize) -> *mut Self::Slot;

    /// Makes slot `index` fit for its next holder, on its way back.
    ///
    /// # Safety
    /// - `index` is that of a slot of this storage's pool.
    /// - The caller holds the slot alone.
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn recycle(&self, index: usize) {
        let _ = index;
    }

    /// Returns the number by which users know slot `index`.
    #[doc(hidden)]
    #[inline(always)]
    fn number(&self, index: usize) -> usize {
        index
    }

    /// Returns how often slots were lent and came back, if that is counted.
    #[doc(hidden)]
    fn lent(&self) -> Option<u64> {
        None
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}
