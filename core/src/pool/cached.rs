//! Shared pools of which each thread keeps the slots that it gives back, a few of them: [`CachedPool`].
//!
//! ```text
//!   thread A: [ cache | . . x x ] --lend, keep--> Loan     no locked instruction, nothing shared is written
//!                |  full, or asked for
//!                v
//!   pool:     [ word of slots ]  <--claim, release-->      threads without a cache, or with an empty one
//! ```

use super::PoolIn;
use super::shared::{Block, SharedPool};
use crate::guard::{Acquire, Loan, PoolPtr, PoolRef, sealed};
use crate::raw::BitIndex;
use crate::raw::cache::{self, Caches};
use crate::stats::Stats;
use crate::storage::{HeapBytes, LargeBuffers, Storage};
use alloc::sync::Arc;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

/// A shared pool of which each thread keeps some of the slots that it gives back, to lend them again without
/// a locked instruction.
///
/// For small buffers that many threads take and give back at a high rate. Its loans are loans as any:
/// they may be dropped on any thread, which then keeps the slot, frozen, and outlive the pool.
///
/// # What threads keep
/// - A thread keeps at most `per_thread` slots, and only if it acquires from this pool, too. All threads
///   together keep at most half of the pool's slots: as many threads as that leaves, and at most
///   [`MOST_THREADS`](Self::MOST_THREADS), have a cache; the others use the pool as that of a [`SharedPool`].
/// - Everything goes back when a thread ends, and by [`flush`](Self::flush). A thread that is about to
///   sleep for long calls that: what it keeps is of no use to others meanwhile.
/// - A caller that finds nothing free asks for what other threads keep, and so does a task that waits and a
///   close. Each thread gives everything back at its next operation on the pool that comes after it: a
///   `try_acquire`, or the drop of a loan. A slot that is kept longer belongs to a thread that does
///   nothing.
/// - [`available`](PoolIn::available) is what every thread can acquire, and [`cached`](Self::cached) what
///   threads keep; the rest is on loan. The high-water mark takes what is kept for lent.
/// - A slot that is kept keeps the pool's memory, as a loan does: after the last handle is gone, until the
///   threads that have used it end.
/// - What goes back may go to a task that waits: so each of these calls may call its waker, a
///   `try_acquire` that makes room for this pool's cache also one of another pool's.
/// - A thread's cache is its own: a signal handler that drops a loan, or acquires, may come in between its
///   thread's use of it, and a slot would be lent twice.
///
/// # Examples
/// ```
/// use framepool_core::storage::Boxed;
/// use framepool_core::{BoxedPool, CachedPool, Loan};
///
/// type Scratch = CachedPool<Boxed<[u8; 512]>>;
///
/// let pool: Scratch = CachedPool::new(BoxedPool::from_fn(64, || [0; 512])?, 4);
/// let mut threads = Vec::new();
/// for number in 0..4 {
///     let pool = pool.clone();
///     threads.push(std::thread::spawn(move || {
///         for _ in 0..1000 {
///             let mut scratch: Loan<Scratch> = pool.try_acquire().expect("many are free");
///             scratch.fill(number);
///         }
///     }));
/// }
/// threads.into_iter().for_each(|thread| thread.join().unwrap());
/// assert_eq!((pool.available(), pool.cached()), (64, 0), "the threads have ended");
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct CachedPool<S: Storage = LargeBuffers<HeapBytes>> {
    /// Its block has caches.
    pool: SharedPool<S>,
}

impl<S: Storage> UnwindSafe for CachedPool<S> {}
impl<S: Storage> RefUnwindSafe for CachedPool<S> {}

impl<S: Storage> CachedPool<S> {
    /// The most slots that one thread keeps.
    pub const MOST_PER_THREAD: usize = cache::MOST;

    /// The most threads that keep slots at a time: a caller that finds nothing looks at what each keeps.
    pub const MOST_THREADS: usize = 128;

    /// Moves a pool to the heap, of which a thread keeps at most `per_thread` slots: no more than
    /// [`MOST_PER_THREAD`](Self::MOST_PER_THREAD), and all threads together no more than half of the slots.
    /// With 0 none keeps any.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{BoxedPool, CachedPool};
    ///
    /// let pool = CachedPool::new(BoxedPool::from_fn(64, || [0_u8; 512])?, 4);
    /// assert_eq!(pool.cache_limit(), 32, "four slots for each of eight threads");
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    ///
    /// A thread may keep a slot until it ends, and with it the pool: so the pool borrows nothing.
    /// ```compile_fail,E0597
    /// use framepool_core::{CachedPool, Pool};
    ///
    /// let pool = Pool::new([0_u8; 64]);
    /// let reserve = pool.reserve(8).expect("all are free");
    /// let cached = CachedPool::new(reserve, 4);
    /// ```
    #[must_use]
    pub fn new(pool: PoolIn<S>, per_thread: usize) -> Self
    where
        S: 'static,
    {
        let half = pool.capacity() / 2;
        let limit = per_thread.min(Self::MOST_PER_THREAD).min(half);
        let count = half.checked_div(limit).unwrap_or(0).min(Self::MOST_THREADS);
        Self { pool: SharedPool::with_caches(pool, count, limit) }
    }

    /// Lends a slot, if there is one: one that this thread keeps, else a free one, as
    /// [`SharedPool::try_acquire`].
    ///
    /// `None` says that at some instant during the call every slot was on loan, due to a waiter, or kept by
    /// another thread, and the call has asked for these: threads give them back at their next
    /// operation. Or the pool is closed.
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<Loan<Self>> {
        // SAFETY: the handle is borrowed.
        unsafe { Loan::claim(PoolPtr::new(self)) }
    }

    /// Waits for a slot: as [`SharedPool::acquire`]. While a task waits no thread keeps a slot that it
    /// gives back.
    ///
    /// # Errors
    /// [`Closed`](crate::Closed) if the pool is closed before a slot was free.
    #[inline]
    pub fn acquire(&self) -> Acquire<'_, Self> {
        // SAFETY: the handle is borrowed as long as the future lives.
        unsafe { Acquire::new(PoolPtr::new(self)) }
    }

    /// Gives back the slots that this thread keeps.
    ///
    /// # Panics
    /// If a waiter gets one and its waker panics; all are given back all the same.
    pub fn flush(&self) {
        if let Some(caches) = self.caches() {
            cache::flush(caches);
        }
    }

    /// Returns how many slots threads keep: a snapshot.
    #[must_use]
    pub fn cached(&self) -> usize {
        self.caches().map_or(0, |caches| caches.cached())
    }

    /// Returns the most slots that all threads together keep.
    #[must_use]
    pub fn cache_limit(&self) -> usize {
        self.caches().map_or(0, |caches| caches.limit())
    }

    /// Returns what the pool can tell of itself: a snapshot.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats { cached: self.cached(), ..self.pool.stats() }
    }

    /// Returns the pool without the caches: what is acquired there goes back there. A caller that finds
    /// nothing there asks for nothing; and once no `CachedPool` of this pool is left, what threads keep stays
    /// with them until they end.
    #[must_use]
    pub fn shared(&self) -> &SharedPool<S> {
        &self.pool
    }

    fn caches(&self) -> Option<&Arc<Caches>> {
        self.pool.block().caches.as_ref()
    }

    /// Returns the caches of a pool.
    ///
    /// # Safety
    /// - `pool` is from `as_ptr` of a handle, and lives as long as the answer is used.
    #[inline(always)]
    unsafe fn caches_of<'a>(pool: NonNull<PoolIn<S>>) -> &'a Arc<Caches> {
        let block = pool.cast::<Block<S>>();
        // SAFETY: the pool is its block's first field, and lives.
        let caches = unsafe { &(*block.as_ptr()).caches };
        // SAFETY: a handle is made of blocks that have caches (`new`).
        unsafe { caches.as_ref().unwrap_unchecked() }
    }
}

impl<S: Storage> sealed::Sealed for CachedPool<S> {}

// SAFETY: as `SharedPool`, which it is a handle of. A slot that a thread keeps is held as if by a loan, and
// its bit stays clear: so the block lives.
unsafe impl<S: Storage> PoolRef for CachedPool<S> {
    type Storage = S;
    type Slot = S::Slot;

    #[inline(always)]
    fn as_ptr(&self) -> NonNull<PoolIn<S>> {
        self.pool.as_ptr()
    }

    #[inline(always)]
    unsafe fn take_kept(pool: NonNull<PoolIn<S>>) -> Option<BitIndex> {
        // SAFETY: the handle lives, as the caller promises.
        let caches = unsafe { Self::caches_of(pool) };
        let kept = cache::take_kept(caches.id());
        if kept.is_none() {
            // Apart: a hit stays small.
            cache::prepare(caches);
        }
        kept
    }

    unsafe fn ask(pool: NonNull<PoolIn<S>>) {
        // SAFETY: the handle lives, as the caller promises.
        unsafe { Self::caches_of(pool) }.ask();
    }

    unsafe fn heed(pool: NonNull<PoolIn<S>>) {
        // SAFETY: the handle lives, as the caller promises.
        cache::heed(unsafe { Self::caches_of(pool) });
    }

    #[inline(always)]
    unsafe fn release(pool: NonNull<PoolIn<S>>, bit: BitIndex) {
        // SAFETY: the caller holds the slot, so the block is alive until it is given back.
        let caches = unsafe { Self::caches_of(pool) };
        // SAFETY: the caller's slot, of this pool.
        if !unsafe { cache::keep(caches.id(), bit) } {
            // SAFETY: as the caller promises.
            unsafe { Self::release_to_all(pool, bit) };
        }
    }
}

impl<S: Storage> CachedPool<S> {
    /// Gives a slot back to the pool, and with it what the thread keeps if that is asked for.
    ///
    /// # Safety
    /// - As for [`PoolRef::release`].
    #[cold]
    #[inline(never)]
    unsafe fn release_to_all(pool: NonNull<PoolIn<S>>, bit: BitIndex) {
        struct Back<S: Storage>(NonNull<PoolIn<S>>, BitIndex);
        impl<S: Storage> Drop for Back<S> {
            fn drop(&mut self) {
                // SAFETY: as the caller promises.
                unsafe { SharedPool::release(self.0, self.1) };
            }
        }
        // Last, also if a waker panics (I9): until then it keeps the pool alive.
        let _back = Back(pool, bit);
        // SAFETY: the slot is not given back yet.
        cache::heed(unsafe { Self::caches_of(pool) });
    }
}

impl<S: Storage> core::ops::Deref for CachedPool<S> {
    type Target = PoolIn<S>;

    fn deref(&self) -> &PoolIn<S> {
        &self.pool
    }
}

impl<S: Storage> Clone for CachedPool<S> {
    /// Makes another handle.
    ///
    /// # Panics
    /// As for [`SharedPool`].
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone() }
    }
}

impl<S: Storage> fmt::Debug for CachedPool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedPool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
