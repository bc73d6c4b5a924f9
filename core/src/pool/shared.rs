//! Pools on the heap that their loans keep alive, without a reference count per loan.
//!
//! ```text
//!   SharedPool --+                      handles: counted as clones are made, not as slots are lent
//!   SharedPool --+--> Block { pool, handles }
//!   Loan -----------^       the state words' own bits count the loans (I2)
//! ```
//! When the last handle goes it closes the pool and marks its words as orphaned: from then on
//! nothing claims, and the release that completes the last word frees the block (I7).

use super::PoolIn;
use super::acquirer::{Acquirer, Exclusive, claim_run};
use super::reserve::{Reserve, reserve};
use crate::error::Closed;
use crate::guard::{Acquire, Loan, PoolPtr, PoolRef, Run, sealed};
#[cfg(any(feature = "std", framepool_loom))]
use crate::raw::cache::{self, Caches};
use crate::raw::{BitIndex, RawPool, Release};
use crate::storage::{HeapBytes, LargeBuffers, Storage};
use crate::sync::{AtomicUsize, Ordering};
use alloc::boxed::Box;
#[cfg(any(feature = "std", framepool_loom))]
use alloc::sync::Arc;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

// `repr(C)`: a pointer to the block is one to its pool.
#[repr(C)]
pub(super) struct Block<S: Storage> {
    pool: PoolIn<S>,
    handles: Handles,
    /// Those of a [`CachedPool`](super::CachedPool).
    #[cfg(any(feature = "std", framepool_loom))]
    pub(super) caches: Option<Arc<Caches>>,
}

/// On a line of its own: handles may come and go while others acquire.
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
struct Handles(AtomicUsize);

/// Far from where the count would wrap, however many threads clone at once.
const MAX_HANDLES: usize = usize::MAX / 2;

/// A pool on the heap, shared by its handles; loans from it keep it alive, and outlive the handles.
///
/// Without a parameter it is one of byte buffers on the heap, made of a
/// [`LargeBufferPool`](crate::LargeBufferPool).
///
/// Cloning a handle costs a count; lending a slot does not. Any handle can close the pool for all.
/// Dropping the last one closes it, too; the pool is freed when then the last loan has come back.
///
/// # Examples
/// ```
/// use framepool_core::storage::HeapBytes;
/// use framepool_core::{Frozen, LargeBufferPool, Loan, SharedPool};
///
/// struct Camera {
///     pool: SharedPool,
///     filling: Option<Loan<SharedPool>>,
///     newest: Option<Frozen<SharedPool>>,
/// }
///
/// let memory = HeapBytes::zeroed(4 * 4096, 4096)?;
/// let pool = SharedPool::new(LargeBufferPool::new(memory, 4096, 4096)?);
/// let mut camera = Camera { pool, filling: None, newest: None };
/// camera.filling = camera.pool.try_acquire();
/// camera.newest = camera.filling.take().map(Loan::freeze);
///
/// let newest = camera.newest.clone().expect("four were free");
/// drop(camera);
/// std::thread::spawn(move || assert_eq!(newest.len(), 4096)).join().unwrap();
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
///
/// With a parameter, of anything that can be pooled; name it once:
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
/// let lines: Lines = BoxedPool::from_fn(4, || [0; 640])?.into();
/// let sensor = Sensor { newest: lines.try_acquire(), lines };
/// assert_eq!(sensor.lines.available(), 3);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct SharedPool<S: Storage = LargeBuffers<HeapBytes>> {
    block: NonNull<Block<S>>,
}

// SAFETY: a handle gives `&PoolIn` (`Sync`), and the last one may drop it (`Send`).
unsafe impl<S: Storage> Send for SharedPool<S> where PoolIn<S>: Send + Sync {}
// SAFETY: as for `Send`; a `&SharedPool` can be cloned into a `SharedPool`.
unsafe impl<S: Storage> Sync for SharedPool<S> where PoolIn<S>: Send + Sync {}

impl<S: Storage> UnwindSafe for SharedPool<S> {}
impl<S: Storage> RefUnwindSafe for SharedPool<S> {}

impl<S: Storage> SharedPool<S> {
    /// Moves a pool to the heap.
    #[must_use]
    pub fn new(pool: PoolIn<S>) -> Self {
        let block = Block {
            pool,
            handles: Handles(AtomicUsize::new(1)),
            #[cfg(any(feature = "std", framepool_loom))]
            caches: None,
        };
        let block = NonNull::from(Box::leak(Box::new(block)));
        // SAFETY: in a block that this call has made, where the pool stays until it ends or is unwrapped.
        unsafe { RawPool::share(raw_of(block)) };
        Self { block }
    }

    /// Moves a pool to the heap, with caches.
    #[cfg(any(feature = "std", framepool_loom))]
    pub(super) fn with_caches(pool: PoolIn<S>, count: usize, limit: usize) -> Self {
        let this = Self::new(pool);
        let pool = this.block.cast();
        let queue = this.raw().queue_apart().expect("it is shared");
        let caches = Arc::new(Caches::new(queue, pool, Self::give_erased, count, limit));
        // SAFETY: the block is this call's alone yet.
        unsafe { (*this.block.as_ptr()).caches = Some(caches) };
        this
    }

    /// Gives a slot back to the pool.
    ///
    /// # Safety
    /// - `pool` is that of a block, and the caller holds this slot of it and uses it no more.
    #[cfg(any(feature = "std", framepool_loom))]
    unsafe fn give_erased(pool: NonNull<()>, bit: BitIndex) {
        // SAFETY: as the caller promises.
        unsafe { Self::release(pool.cast(), bit) };
    }

    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`], but the loan keeps the pool
    /// alive, and is `'static` if the pool's storage is.
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<Loan<Self>> {
        // SAFETY: the handle is borrowed.
        unsafe { Loan::claim(PoolPtr::new(self)) }
    }

    /// Waits for a slot: as [`PoolIn::acquire`], but the loan keeps the pool alive. The future borrows
    /// the handle: to spawn it use [`acquire_owned`](Self::acquire_owned).
    ///
    /// # Errors
    /// [`Closed`] if the pool is closed before a slot was free.
    #[inline]
    pub fn acquire(&self) -> Acquire<'_, Self> {
        // SAFETY: the handle is borrowed as long as the future lives.
        unsafe { Acquire::new(PoolPtr::new(self)) }
    }

    /// Waits for a slot: as [`acquire`](Self::acquire), but the future keeps the handle, and so can
    /// be spawned: `tokio::spawn(timeout(BOUND, pool.clone().acquire_owned()))`.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    ///
    /// # Errors
    /// [`Closed`] if the pool is closed before a slot was free.
    ///
    /// # Panics
    /// If the future is polled after it has answered, as that of any `async fn`.
    ///
    /// # Examples
    /// ```
    /// # use core::{future::Future, task::{Context, Poll, Waker}};
    /// use framepool_core::{BoxedPool, SharedPool};
    ///
    /// fn spawn(task: impl Future + Send + 'static) { // your executor's business
    ///     let mut cx = Context::from_waker(Waker::noop());
    ///     assert!(Box::pin(task).as_mut().poll(&mut cx).is_ready());
    /// }
    ///
    /// let pool = SharedPool::new(BoxedPool::from_fn(4, || [0_u8; 64])?);
    /// spawn(pool.clone().acquire_owned());
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    pub async fn acquire_owned(self) -> Result<Loan<Self>, Closed> {
        self.acquire().await
    }

    /// Makes an acquirer for one caller: as [`PoolIn::acquirer`], but its loans keep the pool
    /// alive. It counts as a handle.
    #[must_use]
    pub fn acquirer(&self) -> Acquirer<Self> {
        Acquirer::new(self.clone())
    }

    /// Makes this handle the only acquirer, if it is the only handle: while it lives nothing else can
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
        if self.is_only_handle() { Ok(Exclusive::new(self)) } else { Err(self) }
    }

    /// Moves the pool out of the heap again, if this is the only handle, every slot has come back,
    /// and the pool is not closed.
    ///
    /// # Errors
    /// The handle itself, while there are others, loans, or waiters: retry when they are gone. A pool
    /// that is closed, or has lost a slot to a forgotten guard, stays where it is for good.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{BoxedPool, SharedPool};
    ///
    /// let pool = SharedPool::new(BoxedPool::from_fn(4, || [0_u8; 64])?);
    /// let loan = pool.try_acquire();
    /// let pool = pool.try_unwrap().expect_err("a slot is on loan");
    /// drop(loan);
    /// let pool: BoxedPool<[u8; 64]> = pool.try_unwrap().expect("all have come back");
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    pub fn try_unwrap(self) -> Result<PoolIn<S>, Self> {
        if !self.is_only_handle() {
            return Err(self);
        }
        // SAFETY: the block is alive, and this is the only handle.
        if !unsafe { RawPool::unshare(raw_of(self.block)) } {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: from `Box::leak`; no other handle and no loan is left, and no late release reaches
        // the block: what it may reach is the queue, which the pool no longer has (I7).
        let block = unsafe { Box::from_raw(this.block.as_ptr()) };
        Ok(block.pool)
    }

    /// Lends adjacent slots: as [`PoolIn::try_acquire_run`], but the loans keep the pool alive.
    #[must_use = "a run that is not kept gives its slots back at once"]
    pub fn try_acquire_run(&self, length: usize) -> Option<Run<Self>> {
        claim_run(self, length)
    }

    /// Sets slots aside: as [`PoolIn::reserve`], but the reserve keeps the pool alive.
    #[must_use = "a reserve that is not kept gives its slots back at once"]
    pub fn reserve(&self, slots: usize) -> Option<Reserve<Self>> {
        reserve(self, slots)
    }

    /// Returns whether both are handles of one pool.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.block == other.block
    }

    fn is_only_handle(&self) -> bool {
        // Ordering: Acquire: what went through other handles happens before (I7).
        self.block().handles.0.load(Ordering::Acquire) == 1
    }

    pub(super) fn block(&self) -> &Block<S> {
        // SAFETY: the block lives while a handle does (I7).
        unsafe { self.block.as_ref() }
    }
}

impl<S: Storage> sealed::Sealed for SharedPool<S> {}

// SAFETY: the block lives while a handle does. It is freed by the release that completes the last
// orphaned word (I7), so not while the bit of a claimed slot is clear; on the heap it does not move.
unsafe impl<S: Storage> PoolRef for SharedPool<S> {
    type Storage = S;
    type Slot = S::Slot;

    #[inline(always)]
    fn as_ptr(&self) -> NonNull<PoolIn<S>> {
        // The pool is the block's first field.
        self.block.cast()
    }

    #[inline]
    unsafe fn release(pool: NonNull<PoolIn<S>>, bit: BitIndex) {
        // SAFETY: the caller holds the slot, so the block is alive until it is given back.
        let raw = unsafe { PoolIn::raw_of(pool.as_ptr()) };
        // SAFETY: as the caller promises.
        let outcome = unsafe { RawPool::release::<true>(raw, bit) };
        debug_assert_ne!(outcome, Release::NotLent, "I8: a loan is released once");
        // SAFETY: `outcome` is of this block.
        unsafe { free_if_last(pool.cast::<Block<S>>(), outcome) };
    }
}

impl<S: Storage> Deref for SharedPool<S> {
    type Target = PoolIn<S>;

    fn deref(&self) -> &PoolIn<S> {
        &self.block().pool
    }
}

impl<S: Storage> From<PoolIn<S>> for SharedPool<S> {
    fn from(pool: PoolIn<S>) -> Self {
        Self::new(pool)
    }
}

impl<S: Storage> Clone for SharedPool<S> {
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

impl<S: Storage> Drop for SharedPool<S> {
    fn drop(&mut self) {
        // Ordering: Release: what this handle did happens before the last one goes on. Acquire:
        // the last one closes after all that the others did (I7).
        if self.block().handles.0.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        /// Orphans the pool, also if a waker panics while it is closed.
        struct Orphan<S: Storage>(NonNull<Block<S>>);
        impl<S: Storage> Drop for Orphan<S> {
            fn drop(&mut self) {
                #[cfg(any(feature = "std", framepool_loom))]
                // SAFETY: the block is alive until its words are orphaned.
                if let Some(caches) = unsafe { &(*self.0.as_ptr()).caches } {
                    // The pool is closed: no waker runs.
                    cache::flush(caches);
                }
                // SAFETY: the pool is the first field of a block that is alive.
                let raw = unsafe { PoolIn::raw_of(self.0.as_ptr().cast::<PoolIn<S>>()) };
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

/// Returns where a block's bookkeeping is: the first field of its first field.
fn raw_of<S: Storage>(block: NonNull<Block<S>>) -> NonNull<RawPool<S::Bookkeeping>> {
    block.cast()
}

/// Frees the block if it has neither a handle nor a loan.
///
/// # Safety
/// - `outcome` is what giving up the caller's part of this block answered.
unsafe fn free_if_last<S: Storage>(block: NonNull<Block<S>>, outcome: Release) {
    if outcome == Release::Last {
        // SAFETY: every word is orphaned and complete, and this call completed the last one: no
        // handle, no loan and no waiter is left, and no other call gets this answer (I7).
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

impl<S: Storage> fmt::Debug for SharedPool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
