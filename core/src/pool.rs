//! The pools: a storage and the bookkeeping beside it.

use crate::acquire::Acquire;
use crate::book::{self, Book, Counted, Exactly, Fixed, Lean};
use crate::error::BuildError;
use crate::loan::{Home, Loan, RawAccess, sealed};
use crate::raw::RawPool;
use crate::stats::Stats;
use crate::storage::{Inline, Memory, Region, Storage};
use crate::sync::const_unless_loom;
use crate::word::SLOTS_PER_WORD;

/// A pool of slots in storage `S`, with bookkeeping `B`. Use it by its names: [`Pool`],
/// [`LeanPool`], [`BufferPool`], [`RecyclingPool`](crate::RecyclingPool).
///
/// All of it works through `&self`, from any thread or interrupt, without allocating.
///
/// # Blocking
/// While nobody waits and a slot is free, taking and giving back never block. A short lock is taken
/// while somebody waits and once the pool is closed, and on a pool of several words also by who finds
/// no slot, or no run, in any of them, and by who gives back at that moment. With the feature
/// `critical-section` the lock is one; without it, a signal handler that interrupts its holder would
/// spin for ever: use pools of one word there, and neither wait for them nor close them.
///
/// # Examples
/// ```
/// use framepool_core::{Book, Pool, PoolIn, Storage};
///
/// /// Works with pools of any kind.
/// fn in_use<S: Storage, B: Book>(pool: &PoolIn<S, B>) -> usize {
///     pool.capacity() - pool.available()
/// }
///
/// let pool = Pool::new([0_u8; 4]);
/// let _loan = pool.try_acquire();
/// assert_eq!(in_use(&pool), 1);
/// ```
// `repr(C)`: the words come first, in reach of short instructions.
#[derive(Debug)]
#[repr(C)]
pub struct PoolIn<S, B: Book> {
    raw: RawAccess<B>,
    storage: S,
}

/// `N` values of type `T`, inside the pool itself: on the stack or in a `static`.
///
/// A value keeps what its last holder left in it; what a new holder finds is never uninitialised.
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
pub type Pool<T, const N: usize, const W: usize = 1> = PoolIn<Inline<T, N>, Fixed<N, W>>;

/// As [`Pool`], but its loans cannot be frozen, which saves four bytes of RAM for each slot, and it
/// keeps no high-water mark, which saves three instructions of each acquire.
///
/// # Examples
/// ```
/// use framepool_core::LeanPool;
///
/// static SAMPLES: LeanPool<[u16; 32], 8> = LeanPool::lean([[0; 32]; 8]);
///
/// let mut samples = SAMPLES.try_acquire().expect("eight are free");
/// samples[0] = 1;
/// ```
pub type LeanPool<T, const N: usize> = PoolIn<Inline<T, N>, Lean<N>>;

/// Byte buffers of one size, cut out of one contiguous [`Memory`] in index order.
///
/// # Examples
/// ```
/// use framepool_core::{Borrowed, BufferPool};
///
/// let mut memory = [0_u8; 3 * 9000];
/// let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 9000, 9000)?;
/// let mut buffer = pool.try_acquire().expect("three are free");
/// buffer[..5].copy_from_slice(b"hello");
/// let shared = buffer.freeze();
/// assert_eq!(&*shared.slice(0..5).expect("within the buffer"), b"hello");
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub type BufferPool<M, B = Fixed<SLOTS_PER_WORD>> = PoolIn<Region<M>, B>;

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
pub type BoxedPool<T> = PoolIn<crate::storage::Boxed<T>, book::OnHeap>;

/// Fails to compile unless `N` slots fit in `W` words.
pub(crate) const fn check_inline<const N: usize, const W: usize>() {
    const {
        assert!(N >= 1, "a pool needs at least one slot");
        assert!(N <= W * SLOTS_PER_WORD, "more slots than the state words have bits for");
    }
}

impl<T, const N: usize> Pool<T, N> {
    const_unless_loom! {
        /// Makes a pool of these values: 1 to 62 (30 on 32-bit targets), else it does not compile.
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
            check_inline::<N, W>();
            Self::from_parts(RawPool::new(Fixed::new(N), Counted::new(N)), Inline::new(slots))
        }
    }
}

impl<T, const N: usize> LeanPool<T, N> {
    const_unless_loom! {
        /// Makes a pool of these values whose loans cannot be frozen: 1 to 62 (30 on 32-bit
        /// targets), else it does not compile.
        #[must_use]
        pub const fn lean(slots: [T; N]) -> Self {
            check_inline::<N, 1>();
            Self::from_parts(RawPool::new(Lean::new(), Exactly), Inline::new(slots))
        }
    }
}

impl<M: Memory> BufferPool<M> {
    /// Cuts `memory` into buffers of `slot_bytes`, one every `stride` bytes from its start.
    ///
    /// # Errors
    /// [`BuildError::BadSlotSize`], [`BuildError::MemoryTooSmall`] for not even one slot,
    /// [`BuildError::TooManySlots`] for more than one word holds. The memory is dropped with the
    /// error.
    pub fn new(memory: M, slot_bytes: usize, stride: usize) -> Result<Self, BuildError> {
        let storage = Region::new(memory, slot_bytes, stride)?;
        let slots = storage.capacity();
        book::check(slots, 1)?;
        Ok(Self::from_parts(RawPool::new(Fixed::new(slots), Counted::new(slots)), storage))
    }
}

impl<M: Memory, B: Book> BufferPool<M, B> {
    /// Returns the bytes from one slot's start to the next one's.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.storage.stride()
    }

    /// Returns the alignment that all slots have: the largest power of two of which every slot's
    /// address is a multiple.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{Borrowed, BufferPool};
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
        self.storage.alignment()
    }
}

#[cfg(feature = "alloc")]
impl<M: Memory> BufferPool<M, book::OnHeap> {
    /// Cuts `memory` into any number of buffers; the bookkeeping is on the heap.
    ///
    /// # Errors
    /// [`BuildError::BadSlotSize`], [`BuildError::MemoryTooSmall`] for not even one slot. The
    /// memory is dropped with the error.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{BufferPool, HeapBytes};
    ///
    /// let memory = HeapBytes::zeroed(1000 * 64, 64)?;
    /// let pool = BufferPool::large(memory, 64, 64)?;
    /// assert_eq!(pool.capacity(), 1000);
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    pub fn large(memory: M, slot_bytes: usize, stride: usize) -> Result<Self, BuildError> {
        let storage = Region::new(memory, slot_bytes, stride)?;
        Self::on_heap(storage)
    }
}

#[cfg(feature = "alloc")]
impl<T> BoxedPool<T> {
    /// Makes a pool of `capacity` values from the heap.
    ///
    /// # Errors
    /// [`BuildError::NoSlots`].
    pub fn from_fn(capacity: usize, make: impl FnMut() -> T) -> Result<Self, BuildError> {
        Self::on_heap(crate::storage::Boxed::new(capacity, make))
    }
}

#[cfg(feature = "alloc")]
impl<S: Storage> PoolIn<S, book::OnHeap> {
    pub(crate) fn on_heap(storage: S) -> Result<Self, BuildError> {
        let slots = storage.capacity();
        Ok(Self::from_parts(RawPool::new(book::OnHeap::new(slots)?, Counted::new(slots)), storage))
    }
}

impl<S: Storage, B: Book> PoolIn<S, B> {
    /// Lends a free slot, if there is one. Never allocates; when it blocks is said at [`PoolIn`].
    ///
    /// `None` says that at some instant during the call every slot was on loan or due to a waiter,
    /// or that the pool is [closed](Self::close): a pool that always had a free slot does not
    /// answer `None`.
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<Loan<&Self>> {
        Loan::claim(self)
    }

    /// Waits for a slot, first come first served.
    ///
    /// # Errors
    /// [`Closed`](crate::Closed) if the pool is closed before a slot was free. Also if 2^31 wait
    /// already, or if this is the first to wait for a pool and 2^32 others were waited for, closed
    /// or shared before it (2^64 on 64-bit targets).
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
    pub fn acquire(&self) -> Acquire<'_, &Self> {
        Acquire::new(self)
    }

    /// Refuses every later acquire and wakes all who wait. Loans live on. Cannot be undone.
    ///
    /// An acquire that began before this returned may still succeed, also one that was handed a
    /// slot and has not been polled since; and for a moment one in a thread that has not learned of
    /// the closing, by whatever orders the two threads.
    ///
    /// # Panics
    /// If a waker panics; the other waiters are woken all the same. A second waker that panics
    /// then aborts the program.
    pub fn close(&self) {
        self.raw.0.close();
    }

    /// Returns whether the pool was closed: a snapshot.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.raw.0.is_closed()
    }

    /// Returns the number of slots.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.raw.0.capacity()
    }

    /// Returns the number of free slots: a snapshot; a later `try_acquire` may fail.
    #[must_use]
    pub fn available(&self) -> usize {
        self.raw.0.available()
    }

    /// Returns what the pool can tell of itself: a snapshot.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            capacity: self.capacity(),
            available: self.available(),
            high_water: self.raw.0.high_water(),
            lent: self.storage.lent(),
        }
    }

    /// Makes a pool of bookkeeping and slots that belong together.
    pub(crate) const fn from_parts(raw: RawPool<B>, storage: S) -> Self {
        Self { raw: RawAccess(raw), storage }
    }

    pub(crate) const fn storage(&self) -> &S {
        &self.storage
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn parts(&self) -> (&RawAccess<B>, &S) {
        (&self.raw, &self.storage)
    }

    /// Projects to the bookkeeping without making a reference.
    ///
    /// # Safety
    /// - `this` points to a pool.
    #[cfg(feature = "alloc")]
    pub(crate) unsafe fn raw_pool(this: *const Self) -> *const RawPool<B> {
        // SAFETY: as the caller promises.
        unsafe { &raw const (*this).raw.0 }
    }
}

impl<S: Storage, B: Book> sealed::Sealed for &PoolIn<S, B> {}

// SAFETY: a borrowed pool neither moves nor dies while the borrow, hence the loan, lives.
unsafe impl<S: Storage, B: Book> Home for &PoolIn<S, B> {
    type Storage = S;
    type Book = B;

    #[inline(always)]
    fn raw(&self) -> &RawAccess<B> {
        &self.raw
    }

    #[inline(always)]
    fn storage(&self) -> &S {
        &self.storage
    }
}

#[cfg(framepool_loom)]
impl<S: Storage, B: Book> PoolIn<S, B> {
    /// Returns whether a flag is up in any word: left up it costs a lock each time, and shows nowhere
    /// else.
    pub fn is_flagged(&self) -> bool {
        self.raw.0.book().lines().iter().any(|line| line.is_flagged())
    }
}
