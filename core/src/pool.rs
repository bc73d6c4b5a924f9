//! The pools: how each is made, and what all of them do.
//!
//! ```text
//!   pool <- acquirer <- reserve <- shared <- cached
//!           acquirer <- local
//! ```

mod acquirer;
#[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
mod cached;
mod local;
mod reserve;
#[cfg(feature = "alloc")]
mod shared;

pub use acquirer::{Acquirer, Exclusive};
#[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
pub use cached::CachedPool;
pub use local::LocalAcquirer;
pub use reserve::{Reserve, Reserved};
#[cfg(feature = "alloc")]
pub use shared::SharedPool;

use crate::error::BuildError;
use crate::guard::{Acquire, Claimed, Loan, PoolPtr};
pub use crate::pool_in::PoolIn;
#[cfg(feature = "alloc")]
use crate::raw::OnHeap;
use crate::raw::{Bare, Counted, Exactly, Fixed, RawPool, check_slots};
use crate::recycle::{Recycle, Recycled};
use crate::stats::Stats;
#[cfg(feature = "alloc")]
use crate::storage::{Boxed, LargeBuffers};
use crate::storage::{Buffers, Inline, Lean, Memory, Storage};
use crate::sync::const_unless_loom;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// `N` values of type `T`, inside the pool itself: on the stack or in a `static`.
///
/// A value keeps what its last holder left in it; what a new holder finds is never uninitialised. Small
/// values that are written on several cores are [better padded](crate::storage#slots-that-share-a-cache-line).
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// static LINES: Pool<[u16; 640], 8> = Pool::new([[0; 640]; 8]);
///
/// let line = LINES.try_acquire();
/// assert!(line.is_some());
/// assert_eq!(LINES.available(), 7);
/// ```
///
/// One word holds 62 slots, 30 on 32-bit targets. A larger pool names the words that it needs:
/// ```
/// use framepool_core::Pool;
///
/// static MANY: Pool<u8, 200, 4> = Pool::wide([0; 200]);
/// ```
///
/// More slots than the words have bits for do not compile, and neither does a pool of none:
/// ```compile_fail
/// static TOO_MANY: framepool_core::Pool<u8, 63> = framepool_core::Pool::new([0; 63]);
/// ```
/// ```compile_fail
/// static NONE: framepool_core::Pool<u8, 0> = framepool_core::Pool::new([]);
/// ```
pub type Pool<T, const N: usize, const W: usize = 1> = PoolIn<Inline<T, N, W>>;

/// As [`Pool`], but its loans cannot be frozen, which saves four bytes of RAM for each slot, and it
/// keeps no high-water mark, which saves three instructions of each acquire.
///
/// # Examples
/// ```
/// use framepool_core::LeanPool;
///
/// static SAMPLES: LeanPool<[u16; 32], 8> = LeanPool::new([[0; 32]; 8]);
///
/// let mut samples = SAMPLES.try_acquire().expect("eight are free");
/// samples[0] = 1;
/// ```
pub type LeanPool<T, const N: usize> = PoolIn<Lean<T, N>>;

/// As [`Pool`], with a hook that each slot passes through on its way back:
/// [`recycled_by`](PoolIn::recycled_by).
///
/// # Examples
/// ```
/// use framepool_core::{Pool, RecyclingPool};
///
/// static LISTS: RecyclingPool<Vec<u8>, 2, fn(&mut Vec<u8>)> =
///     Pool::new([const { Vec::new() }; 2]).recycled_by(Vec::clear);
///
/// let mut list = LISTS.try_acquire().expect("two are free");
/// list.extend(*b"memory that is kept, and contents that are not");
/// drop(list);
/// let list = LISTS.try_acquire().expect("two are free");
/// assert!(list.is_empty() && list.capacity() > 0);
/// ```
pub type RecyclingPool<T, const N: usize, R, const W: usize = 1> =
    PoolIn<Recycled<Inline<T, N, W>, R>>;

/// Byte buffers of one size, cut out of one contiguous [`Memory`] in index order: at most 62, or 30 on
/// 32-bit targets. `LargeBufferPool` has no such limit.
///
/// # Examples
/// ```
/// use framepool_core::BufferPool;
/// use framepool_core::storage::Borrowed;
///
/// let mut memory = [0_u8; 3 * 9000];
/// let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 9000, 9000)?;
/// let mut buffer = pool.try_acquire().expect("three are free");
/// buffer[..5].copy_from_slice(b"hello");
/// let shared = buffer.freeze();
/// assert_eq!(&*shared.slice(..5).expect("within the buffer"), b"hello");
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub type BufferPool<M> = PoolIn<Buffers<M>>;

/// As [`BufferPool`], but any number of buffers: the bookkeeping is on the heap.
///
/// # Examples
/// ```
/// use framepool_core::storage::HeapBytes;
/// use framepool_core::{LargeBufferPool, SharedPool};
///
/// let memory = HeapBytes::zeroed(1000 * 64, 64)?;
/// let pool: SharedPool = SharedPool::new(LargeBufferPool::new(memory, 64, 64)?);
/// assert_eq!(pool.capacity(), 1000);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[cfg(feature = "alloc")]
pub type LargeBufferPool<M> = PoolIn<LargeBuffers<M>>;

/// Values of type `T` on the heap, their number chosen at run time.
///
/// # Examples
/// ```
/// use framepool_core::BoxedPool;
///
/// let cameras = 3;
/// let pool = BoxedPool::from_fn(2 * cameras, || vec![0_u16; 640])?;
/// let mut line = pool.try_acquire().expect("six are free");
/// line[0] = 7;
/// assert_eq!(pool.available(), 5);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[cfg(feature = "alloc")]
pub type BoxedPool<T> = PoolIn<Boxed<T>>;

impl<T, const N: usize> Pool<T, N> {
    const_unless_loom! {
        /// Makes a pool of these values: 1 to 62 (30 on 32-bit targets), else it does not compile. For
        /// more, name the words and use [`wide`](Self::wide).
        #[must_use]
        pub const fn new(slots: [T; N]) -> Self {
            Self::wide(slots)
        }
    }
}

impl<T, const N: usize, const W: usize> Pool<T, N, W> {
    const_unless_loom! {
        /// Makes a pool of these values with `W` words: 62 for each (30 on 32-bit targets), else it
        /// does not compile.
        #[must_use]
        pub const fn wide(slots: [T; N]) -> Self {
            check_slots::<N, W>();
            Self::from_parts(RawPool::new(Fixed::new(N), Counted::new(N)), Inline::new(slots))
        }
    }
}

impl<T: Default, const N: usize, const W: usize> Default for Pool<T, N, W> {
    fn default() -> Self {
        Self::wide(core::array::from_fn(|_| T::default()))
    }
}

impl<T, const N: usize> LeanPool<T, N> {
    const_unless_loom! {
        /// Makes a pool of these values whose loans cannot be frozen: 1 to 62 (30 on 32-bit
        /// targets), else it does not compile. A lean pool has one word.
        #[must_use]
        pub const fn new(slots: [T; N]) -> Self {
            check_slots::<N, 1>();
            Self::from_parts(RawPool::new(Bare::new(), Exactly), Lean::new(slots))
        }
    }
}

impl<T: Default, const N: usize> Default for LeanPool<T, N> {
    fn default() -> Self {
        Self::new(core::array::from_fn(|_| T::default()))
    }
}

impl<M: Memory> BufferPool<M> {
    /// Cuts `memory` into buffers of `slot_bytes`, one every `stride` bytes from its start: the same, or
    /// more where slots are to be aligned.
    ///
    /// # Errors
    /// [`BuildError::BadSlotSize`], [`BuildError::MemoryTooSmall`] for not even one slot,
    /// [`BuildError::TooManySlots`] for more than one word holds. The memory is dropped with the
    /// error.
    pub fn new(memory: M, slot_bytes: usize, stride: usize) -> Result<Self, BuildError> {
        let storage = Buffers::new(memory, slot_bytes, stride)?;
        let slots = storage.capacity();
        Fixed::check(slots)?;
        Ok(Self::from_parts(RawPool::new(Fixed::new(slots), Counted::new(slots)), storage))
    }

    /// Returns the bytes from one slot's start to the next one's.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.storage().stride()
    }

    /// Returns the alignment that all slots have: the largest power of two of which every slot's
    /// address is a multiple.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::BufferPool;
    /// use framepool_core::storage::Borrowed;
    ///
    /// #[repr(align(64))]
    /// struct Aligned([u8; 4 * 192]);
    ///
    /// let mut memory = Aligned([0; 4 * 192]);
    /// let pool = BufferPool::new(Borrowed::from(&mut memory.0[..]), 100, 192)?;
    /// assert_eq!((pool.stride(), pool.alignment()), (192, 64));
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    #[must_use]
    pub fn alignment(&self) -> usize {
        self.storage().alignment()
    }
}

#[cfg(feature = "alloc")]
impl<M: Memory> LargeBufferPool<M> {
    /// Cuts `memory` into buffers of `slot_bytes`, one every `stride` bytes from its start.
    ///
    /// # Errors
    /// [`BuildError::BadSlotSize`], [`BuildError::MemoryTooSmall`] for not even one slot,
    /// [`BuildError::OutOfMemory`] and [`BuildError::Overflow`] if the heap has no memory for the
    /// bookkeeping. The memory is dropped with the error.
    pub fn new(memory: M, slot_bytes: usize, stride: usize) -> Result<Self, BuildError> {
        let storage = Buffers::new(memory, slot_bytes, stride)?;
        let slots = storage.capacity();
        let raw = RawPool::new(OnHeap::new(slots)?, Counted::new(slots));
        Ok(Self::from_parts(raw, LargeBuffers(storage)))
    }

    /// Returns the bytes from one slot's start to the next one's.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.storage().0.stride()
    }

    /// Returns the alignment that all slots have: as [`BufferPool::alignment`].
    #[must_use]
    pub fn alignment(&self) -> usize {
        self.storage().0.alignment()
    }
}

#[cfg(feature = "alloc")]
impl<T> BoxedPool<T> {
    /// Makes a pool of `capacity` values from the heap.
    ///
    /// # Errors
    /// [`BuildError::NoSlots`], [`BuildError::OutOfMemory`], [`BuildError::Overflow`]; `make` was not
    /// called then.
    ///
    /// # Panics
    /// If `make` does.
    pub fn from_fn(capacity: usize, make: impl FnMut() -> T) -> Result<Self, BuildError> {
        let raw = RawPool::new(OnHeap::new(capacity)?, Counted::new(capacity));
        Ok(Self::from_parts(raw, Boxed::new(capacity, make)?))
    }
}

impl<S: Storage> PoolIn<S> {
    /// Lends a free slot, if there is one. Never allocates; when it blocks is said at [`PoolIn`].
    ///
    /// `None` says that at some instant during the call every slot was on loan or due to a waiter,
    /// or that the pool is [closed](Self::close): a pool that always had a free slot does not
    /// answer `None`.
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<Loan<&Self>> {
        // SAFETY: the pool is borrowed.
        unsafe { Loan::claim(PoolPtr::new(&self)) }
    }

    /// Waits for a slot, first come first served. A run cannot be waited for: see
    /// [`try_acquire_run`](Self::try_acquire_run).
    ///
    /// # Errors
    /// [`Closed`](crate::Closed) if the pool is closed before a slot was free.
    ///
    /// A bound is the executor's: `timeout(BOUND, POOL.acquire())`. A thread without one waits by any
    /// `block_on`.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    ///
    /// # Examples
    /// ```
    /// # use core::{pin::pin, future::Future, task::{Context, Poll, Waker}};
    /// use framepool_core::Pool;
    ///
    /// let pool = Pool::new([0_u32; 1]);
    /// let first = pool.try_acquire().expect("free");
    /// let mut waiting = pin!(pool.acquire());
    /// let mut cx = Context::from_waker(Waker::noop()); // your executor's business
    /// assert!(waiting.as_mut().poll(&mut cx).is_pending());
    /// drop(first);
    /// assert!(pool.try_acquire().is_none(), "the slot is the waiter's");
    /// assert!(matches!(waiting.poll(&mut cx), Poll::Ready(Ok(_))));
    /// ```
    #[inline]
    pub fn acquire(&self) -> Acquire<'_, &Self> {
        // SAFETY: the pool is borrowed as long as the future lives.
        unsafe { Acquire::new(PoolPtr::new(&self)) }
    }

    /// Runs `warm` on every free slot, one after the other: it writes to memory that is not touched yet, or
    /// reserves what a value will need, so that the first loans cost what later ones do. Returns the number of
    /// slots.
    ///
    /// For the time before others acquire: the free slots of a word count as lent meanwhile.
    ///
    /// # Panics
    /// If `warm` or the pool's hook does; every slot is free again then.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let texts = Pool::new([const { String::new() }; 8]).recycled_by(String::clear);
    /// assert_eq!(texts.prewarm(|text| text.reserve(4096)), 8);
    /// assert!(texts.try_acquire().expect("eight are free").capacity() >= 4096);
    /// ```
    pub fn prewarm(&self, mut warm: impl FnMut(&mut S::Slot)) -> usize {
        let (mut next, mut warmed) = (0, 0);
        while let Some(slots) = self.raw().claim_word(next) {
            let word = slots.word();
            // SAFETY: just claimed.
            let mut claimed = unsafe { Claimed::new(PoolPtr::new(&self), slots) };
            if word < next {
                break;
            }
            while let Some(mut loan) = claimed.lend() {
                warm(&mut loan);
                warmed += 1;
            }
            next = word + 1;
        }
        warmed
    }

    /// Refuses every later acquire and wakes all waiters. Loans live on. Cannot be undone.
    ///
    /// An acquire that began before this returned may still succeed; so may a future that was handed
    /// its slot before. A thread may go on acquiring for a moment, until something orders it after
    /// this call: a lock, a channel, a join.
    ///
    /// # Panics
    /// If a waker panics; the other waiters are woken all the same. A second waker that panics
    /// then aborts the program.
    pub fn close(&self) {
        self.raw().close();
    }

    /// Returns whether the pool was closed: a snapshot.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.raw().is_closed()
    }

    /// Returns the number of slots.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.raw().capacity()
    }

    /// Returns the number of free slots: a snapshot; a later `try_acquire` may fail.
    #[must_use]
    pub fn available(&self) -> usize {
        self.raw().available()
    }

    /// Returns what the pool can tell of itself: a snapshot.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            capacity: self.capacity(),
            available: self.available(),
            cached: 0,
            high_water: self.raw().high_water(),
            lent: self.storage().lent(),
        }
    }
}

impl<S: Storage, R: Recycle<S::Slot>> PoolIn<Recycled<S, R>> {
    /// Returns the hook.
    #[must_use]
    pub const fn hook(&self) -> &R {
        self.storage().hook()
    }
}

// What a panic leaves in a slot is what its next holder finds, with or without `catch_unwind`.
impl<S: Storage> UnwindSafe for PoolIn<S> {}
impl<S: Storage> RefUnwindSafe for PoolIn<S> {}

impl<S: Storage> fmt::Debug for PoolIn<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

#[cfg(framepool_loom)]
impl<S: Storage> PoolIn<S> {
    /// Returns whether a flag is set in any word: left set it costs a report each time, and shows nowhere
    /// else.
    pub fn is_flagged(&self) -> bool {
        self.raw().is_flagged()
    }
}
