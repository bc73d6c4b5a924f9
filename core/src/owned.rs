//! Pools on the heap that their loans keep alive, without a reference count per loan.
//!
//! ```text
//!   SharedPool --+                      handles: counted as clones are made, not as slots are lent
//!   SharedPool --+--> Block { pool, handles }
//!   Loan<Keep> -----^       the state words' own bits count the loans (I2)
//! ```
//! When the last handle goes it closes the pool and marks its words as orphaned: from then on
//! nobody claims, and whoever completes the last word frees the block (I7).

use crate::acquire::Acquire;
use crate::acquirer::{Access, Acquirer, Exclusive, claim_run};
use crate::book::Book;
use crate::loan::{Home, Loan, RawAccess, sealed};
use crate::pool::PoolIn;
use crate::raw::{RawPool, Release};
use crate::reserve::{Reserve, reserve};
use crate::run::Run;
use crate::storage::Storage;
use crate::sync::{AtomicUsize, Ordering};
use crate::word::Place;
use alloc::boxed::Box;
use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

struct Block<S, B: Book> {
    pool: PoolIn<S, B>,
    handles: Handles,
}

/// On a line of its own: handles may come and go while others acquire.
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
struct Handles(AtomicUsize);

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
/// let pool = SharedPool::new(BufferPool::new(memory, 4096, 4096)?);
/// let loan = pool.try_acquire().expect("four are free");
/// drop(pool);
/// std::thread::spawn(move || assert_eq!(loan.len(), 4096)).join().unwrap();
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct SharedPool<S: Storage, B: Book> {
    block: NonNull<Block<S, B>>,
}

// SAFETY: a handle gives `&PoolIn` (`Sync`), and the last one may drop it (`Send`).
unsafe impl<S, B> Send for SharedPool<S, B>
where
    S: Storage + Send + Sync,
    B: Book + Send + Sync,
{
}
// SAFETY: as for `Send`; a `&SharedPool` can be cloned into a `SharedPool`.
unsafe impl<S, B> Sync for SharedPool<S, B>
where
    S: Storage + Send + Sync,
    B: Book + Send + Sync,
{
}

impl<S: Storage, B: Book> SharedPool<S, B> {
    /// Moves a pool to the heap.
    #[must_use]
    pub fn new(pool: PoolIn<S, B>) -> Self {
        // Numbered before it can be waited for: see `RawPool`.
        pool.parts().0.0.number();
        let block = Block { pool, handles: Handles(AtomicUsize::new(1)) };
        Self { block: NonNull::from(Box::leak(Box::new(block))) }
    }

    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`], but the loan is `'static`.
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<Loan<Keep<S, B>>> {
        Loan::claim(self.keep())
    }

    /// Waits for a slot: as [`PoolIn::acquire`], but the loan is `'static`.
    ///
    /// # Errors
    /// [`Closed`](crate::Closed) if the pool is closed before a slot was free.
    pub fn acquire(&self) -> Acquire<'_, Keep<S, B>> {
        Acquire::new(self.keep())
    }

    /// Makes an acquirer for one caller: as [`PoolIn::acquirer`], but its loans are `'static`. It
    /// counts as a handle.
    #[must_use]
    pub fn acquirer(&self) -> Acquirer<Self> {
        Acquirer::new(self.clone())
    }

    /// Makes this handle the only acquirer, if it is the only handle: while it lives nobody else can
    /// acquire from this pool.
    ///
    /// # Errors
    /// The handle itself, while there are others.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{BoxedPool, SharedPool};
    ///
    /// let pool = SharedPool::new(BoxedPool::from_fn(4, || [0_u8; 64])?);
    /// let mut camera = pool.into_exclusive().expect("it is the only handle");
    /// let frame = camera.try_acquire().expect("four are free");
    /// std::thread::spawn(move || drop(frame)).join().unwrap();
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    pub fn into_exclusive(self) -> Result<Exclusive<Self>, Self> {
        // Ordering: Acquire: what went through other handles happens before (I7).
        if self.block().handles.0.load(Ordering::Acquire) == 1 {
            Ok(Exclusive::new(self))
        } else {
            Err(self)
        }
    }

    /// Lends adjacent slots: as [`PoolIn::try_acquire_run`], but the loans are `'static`.
    #[must_use = "a run that is not kept gives its slots back at once"]
    pub fn try_acquire_run(&self, length: usize) -> Option<Run<Keep<S, B>>> {
        claim_run(self.keep(), length)
    }

    /// Sets slots aside: as [`PoolIn::reserve`], but the reserve is `'static`.
    #[must_use = "a reserve that is not kept gives its slots back at once"]
    pub fn reserve(&self, slots: usize) -> Option<Reserve<Keep<S, B>>> {
        reserve(self.keep(), slots)
    }

    fn keep(&self) -> Keep<S, B> {
        Keep { block: self.block }
    }

    fn block(&self) -> &Block<S, B> {
        // SAFETY: the block lives while a handle does (I7).
        unsafe { self.block.as_ref() }
    }
}

impl<S: Storage, B: Book> sealed::Sealed for SharedPool<S, B> {}

// SAFETY: the block lives while a handle does (I7).
unsafe impl<S: Storage, B: Book> Access for SharedPool<S, B> {
    type Home = Keep<S, B>;

    #[inline(always)]
    unsafe fn home(&self) -> Keep<S, B> {
        self.keep()
    }
}

impl<S: Storage, B: Book> Deref for SharedPool<S, B> {
    type Target = PoolIn<S, B>;

    fn deref(&self) -> &PoolIn<S, B> {
        &self.block().pool
    }
}

impl<S: Storage, B: Book> Clone for SharedPool<S, B> {
    /// Makes another handle.
    ///
    /// # Panics
    /// If there are as many as half the address space, which takes that many forgotten ones.
    fn clone(&self) -> Self {
        // Ordering: Relaxed: this handle keeps the count above zero, and publishes nothing new.
        let handles = self.block().handles.0.fetch_add(1, Ordering::Relaxed);
        if handles >= MAX_HANDLES {
            // Ordering: Relaxed: takes back what was just added, lest the count wraps.
            self.block().handles.0.fetch_sub(1, Ordering::Relaxed);
            panic!("too many handles of one pool");
        }
        Self { block: self.block }
    }
}

impl<S: Storage, B: Book> Drop for SharedPool<S, B> {
    fn drop(&mut self) {
        // Ordering: Release: what this handle did happens before the last one goes on. Acquire:
        // the last one closes after all that the others did (I7).
        if self.block().handles.0.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        /// Orphans the pool, also if a waker panics while it is closed.
        struct Orphan<S: Storage, B: Book>(NonNull<Block<S, B>>);
        impl<S: Storage, B: Book> Drop for Orphan<S, B> {
            fn drop(&mut self) {
                let raw = raw_pool(self.0);
                // SAFETY: closed; no handle is left to claim through, and only the last one gets
                // here.
                let outcome = unsafe { RawPool::orphan(raw) };
                // SAFETY: `outcome` is of this block.
                unsafe { free_if_last(self.0, outcome) };
            }
        }
        let _orphan = Orphan(self.block);
        self.close();
    }
}

/// Projects to the bookkeeping of a block that is alive, without making a reference.
fn raw_pool<S: Storage, B: Book>(block: NonNull<Block<S, B>>) -> *const RawPool<B> {
    // SAFETY: the caller holds a slot or the last handle, so the block is alive.
    let pool = unsafe { &raw const (*block.as_ptr()).pool };
    // SAFETY: as above.
    unsafe { PoolIn::raw_pool(pool) }
}

/// Frees the block if nobody is left.
///
/// # Safety
/// - `outcome` is what giving up the caller's part of this block answered.
unsafe fn free_if_last<S: Storage, B: Book>(block: NonNull<Block<S, B>>, outcome: Release) {
    if outcome == Release::Last {
        // SAFETY: every word is orphaned and complete, and this call completed the last one: no
        // handle, no loan and no waiter is left, and nobody else gets this answer (I7).
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

impl<S: Storage, B: Book> fmt::Debug for SharedPool<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// What an owned loan holds instead of a borrow: its slot keeps the pool alive.
///
/// # Examples
/// ```
/// use framepool_core::{BufferPool, Fixed, Frozen, HeapBytes, Keep, Region, SharedPool};
///
/// /// What a consumer stores: no lifetime, and no pool to keep beside it.
/// struct Latest(Option<Frozen<Keep<Region<HeapBytes>, Fixed<62>>>>);
///
/// let pool = SharedPool::new(BufferPool::new(HeapBytes::zeroed(128, 64)?, 64, 64)?);
/// let latest = Latest(pool.try_acquire().map(|loan| loan.freeze()));
/// drop(pool);
/// assert_eq!(latest.0.map(|frame| frame.len()), Some(64));
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct Keep<S, B: Book> {
    block: NonNull<Block<S, B>>,
}

impl<S, B: Book> Clone for Keep<S, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, B: Book> Copy for Keep<S, B> {}

impl<S, B: Book> fmt::Debug for Keep<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

// SAFETY: it gives `&PoolIn` (`Sync`), and the last loan may drop the block (`Send`).
unsafe impl<S: Storage + Send + Sync, B: Book + Send + Sync> Send for Keep<S, B> {}
// SAFETY: as for `Send`.
unsafe impl<S: Storage + Send + Sync, B: Book + Send + Sync> Sync for Keep<S, B> {}

impl<S: Storage, B: Book> sealed::Sealed for Keep<S, B> {}

// SAFETY: the block is freed by whoever completes the last orphaned word (I7), so not while the
// bit of a claimed slot is clear; on the heap it does not move.
unsafe impl<S: Storage, B: Book> Home for Keep<S, B> {
    type Storage = S;
    type Book = B;

    #[inline(always)]
    fn raw(&self) -> &RawAccess<B> {
        // SAFETY: whoever asks holds a slot or a handle, so the block is alive.
        unsafe { self.block.as_ref() }.pool.parts().0
    }

    #[inline(always)]
    fn storage(&self) -> &S {
        // SAFETY: whoever asks holds a slot or a handle, so the block is alive.
        unsafe { self.block.as_ref() }.pool.parts().1
    }

    #[inline]
    unsafe fn release(self, place: Place) {
        // SAFETY: the caller holds the slot, so the block is alive until it is given back.
        let outcome = unsafe { RawPool::release::<true>(raw_pool(self.block), place) };
        debug_assert_ne!(outcome, Release::NotLent, "I8: a loan is released once");
        // SAFETY: `outcome` is of this block.
        unsafe { free_if_last(self.block, outcome) };
    }
}
