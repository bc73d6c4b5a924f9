//! Pools on the heap that their loans keep alive, without a reference count per loan.
//!
//! ```text
//!   SharedPool --+                      handles: counted as clones are made, not as slots are lent
//!   SharedPool --+--> Block { pool, handles }
//!   Loan<Keep> -----^       the state word's own bits count the loans (I2)
//! ```
//! All handles together hold one extra slot. When the last handle goes it closes the pool and
//! gives that slot back; whoever sets the last bit of the closed word frees the block (I7).

use crate::error::BuildError;
use crate::loan::{Acquire, Home, Loan, RawAccess, sealed};
use crate::pool::PoolIn;
use crate::raw::{RawPool, Release};
use crate::storage::Storage;
use crate::sync::{AtomicUsize, Ordering};
use crate::word::MAX_SLOTS;
use alloc::boxed::Box;
use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

struct Block<S> {
    pool: PoolIn<S>,
    handles: AtomicUsize,
}

/// Far from where the count would wrap, however many threads clone at once.
const MAX_HANDLES: usize = usize::MAX / 2;

/// A pool on the heap, shared by its handles; loans from it are `'static` and outlive them.
///
/// Cloning a handle costs a count; lending a slot does not. The pool is freed when the last
/// handle is gone and the last loan has come back.
///
/// # Examples
/// ```
/// use framepool_core::{BufferPool, HeapBytes, SharedPool};
///
/// let memory = HeapBytes::zeroed(4 * 4096, 4096)?;
/// let pool = SharedPool::new(BufferPool::new(memory, 4096, 4096)?)?;
/// let loan = pool.try_acquire().expect("four are free");
/// drop(pool);
/// std::thread::spawn(move || assert_eq!(loan.len(), 4096)).join().unwrap();
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct SharedPool<S: Storage> {
    block: NonNull<Block<S>>,
}

// SAFETY: a handle gives `&PoolIn<S>` (`Sync`), and the last one may drop it (`Send`).
unsafe impl<S: Storage + Send + Sync> Send for SharedPool<S> {}
// SAFETY: as for `Send`; a `&SharedPool` can be cloned into a `SharedPool`.
unsafe impl<S: Storage + Send + Sync> Sync for SharedPool<S> {}

impl<S: Storage> SharedPool<S> {
    /// Moves a pool to the heap. Slots of loans that were forgotten are free again; a closed pool
    /// stays closed.
    ///
    /// # Errors
    /// [`BuildError::TooManySlots`] if the pool uses the state word to its last bit: the handles
    /// need one slot of their own (61 slots are the most on 64-bit targets, 29 on others). The pool
    /// is dropped with the error.
    pub fn new(pool: PoolIn<S>) -> Result<Self, BuildError> {
        Self::check_capacity(pool.capacity())?;
        let block = Block { pool: pool.keeping(), handles: AtomicUsize::new(1) };
        Ok(Self { block: NonNull::from(Box::leak(Box::new(block))) })
    }

    /// Says whether a shared pool can have that many slots, before memory is set aside for them.
    ///
    /// # Errors
    /// [`BuildError::NoSlots`], [`BuildError::TooManySlots`].
    pub const fn check_capacity(slots: usize) -> Result<(), BuildError> {
        const LIMIT: usize = MAX_SLOTS - 1;
        match slots {
            0 => Err(BuildError::NoSlots),
            1..=LIMIT => Ok(()),
            requested => Err(BuildError::TooManySlots { requested, limit: LIMIT }),
        }
    }

    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`], but the loan is `'static`.
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<Loan<Keep<S>>> {
        let index = self.parts().0.0.claim()?;
        // SAFETY: just claimed.
        Some(unsafe { Loan::new(Keep { block: self.block }, index) })
    }

    /// Waits for a slot: as [`PoolIn::acquire`], but the loan is `'static`.
    ///
    /// # Errors
    /// [`Closed`](crate::Closed) if the pool is closed before a slot was free.
    pub fn acquire(&self) -> Acquire<'_, Keep<S>> {
        Acquire::new(Keep { block: self.block })
    }

    fn block(&self) -> &Block<S> {
        // SAFETY: the block lives while a handle does (I7).
        unsafe { self.block.as_ref() }
    }
}

impl<S: Storage> Deref for SharedPool<S> {
    type Target = PoolIn<S>;

    fn deref(&self) -> &PoolIn<S> {
        &self.block().pool
    }
}

impl<S: Storage> Clone for SharedPool<S> {
    /// Makes another handle.
    ///
    /// # Panics
    /// If there are as many as half the address space, which takes that many forgotten ones.
    fn clone(&self) -> Self {
        // Ordering: Relaxed: this handle keeps the count above zero, and publishes nothing new.
        let handles = self.block().handles.fetch_add(1, Ordering::Relaxed);
        if handles >= MAX_HANDLES {
            // Ordering: Relaxed: takes back what was just added, lest the count wraps.
            self.block().handles.fetch_sub(1, Ordering::Relaxed);
            panic!("too many handles of one pool");
        }
        Self { block: self.block }
    }
}

impl<S: Storage> Drop for SharedPool<S> {
    fn drop(&mut self) {
        // Ordering: Release: what this handle did happens before the last one goes on. Acquire:
        // the last one closes after all that the others did (I7).
        if self.block().handles.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        /// Gives the keeper's slot back, also if a waker panics while the pool is closed.
        struct Last<S: Storage>(Keep<S>);
        impl<S: Storage> Drop for Last<S> {
            fn drop(&mut self) {
                let keepers_slot = self.0.storage().capacity();
                // SAFETY: no handle is left, so nobody else gives the keeper's slot back.
                unsafe { self.0.release(keepers_slot) };
            }
        }
        let _last = Last(Keep { block: self.block });
        self.close();
    }
}

impl<S: Storage> fmt::Debug for SharedPool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// What an owned loan holds instead of a borrow: its slot keeps the pool alive.
///
/// # Examples
/// ```
/// use framepool_core::{BufferPool, Frozen, HeapBytes, Keep, Region, SharedPool};
///
/// /// What a consumer stores: no lifetime, and no pool to keep beside it.
/// struct Latest(Option<Frozen<Keep<Region<HeapBytes>>>>);
///
/// let pool = SharedPool::new(BufferPool::new(HeapBytes::zeroed(128, 64)?, 64, 64)?)?;
/// let latest = Latest(pool.try_acquire().map(|loan| loan.freeze()));
/// drop(pool);
/// assert_eq!(latest.0.map(|frame| frame.len()), Some(64));
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct Keep<S> {
    block: NonNull<Block<S>>,
}

impl<S> Clone for Keep<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Keep<S> {}

impl<S> fmt::Debug for Keep<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

// SAFETY: it gives `&PoolIn<S>` (`Sync`), and the last loan may drop the block (`Send`).
unsafe impl<S: Storage + Send + Sync> Send for Keep<S> {}
// SAFETY: as for `Send`.
unsafe impl<S: Storage + Send + Sync> Sync for Keep<S> {}

impl<S: Storage> sealed::Sealed for Keep<S> {}

// SAFETY: the block is freed by whoever sets the last bit of the closed word (I7), so not while
// the bit of a claimed index is clear; on the heap it does not move.
unsafe impl<S: Storage> Home for Keep<S> {
    type Storage = S;

    #[inline(always)]
    fn raw(&self) -> &RawAccess {
        // SAFETY: whoever asks holds a slot or a handle, so the block is alive.
        unsafe { self.block.as_ref() }.pool.parts().0
    }

    #[inline(always)]
    fn storage(&self) -> &S {
        // SAFETY: whoever asks holds a slot or a handle, so the block is alive.
        unsafe { self.block.as_ref() }.pool.parts().1
    }

    #[inline]
    unsafe fn release(self, index: usize) {
        let block = self.block.as_ptr();
        // SAFETY: the caller holds the slot, so the block is alive.
        let pool = unsafe { &raw const (*block).pool };
        // SAFETY: as above.
        let raw = unsafe { PoolIn::raw_pool(pool) };
        // SAFETY: the caller holds the slot, so the block is alive until it is given back.
        let outcome = unsafe { RawPool::release(raw, index) };
        debug_assert_ne!(outcome, Release::NotLent, "I8: a loan is released once");
        if outcome == Release::Last {
            // SAFETY: every bit of the closed word is set, and this call set the last one: no
            // handle, no loan and no waiter is left, and nobody else gets this answer (I7).
            drop(unsafe { Box::from_raw(block) });
        }
    }
}
