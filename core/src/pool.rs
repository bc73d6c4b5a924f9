//! The pools: a storage and the bookkeeping beside it.

use crate::error::BuildError;
use crate::loan::{Acquire, Home, Loan, RawAccess, sealed};
use crate::raw::RawPool;
use crate::stats::Stats;
use crate::storage::{Inline, Memory, Region, Storage};
use crate::sync::const_unless_loom;

/// A pool of slots in storage `S`. Use it by its names [`Pool`] and [`BufferPool`].
///
/// All of it works through `&self`, from any thread or interrupt, without allocating. Taking never
/// blocks, and neither does giving back while nobody waits; handing a slot to a waiter takes a short
/// lock.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, PoolIn, Storage};
///
/// /// Works with pools of any kind.
/// fn in_use<S: Storage>(pool: &PoolIn<S>) -> usize {
///     pool.capacity() - pool.available()
/// }
///
/// let pool = Pool::new([0_u8; 4]);
/// let _loan = pool.try_acquire();
/// assert_eq!(in_use(&pool), 1);
/// ```
#[derive(Debug)]
pub struct PoolIn<S> {
    raw: RawAccess,
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
/// More slots than the state word has bits for do not compile:
/// ```compile_fail
/// static TOO_MANY: framepool_core::Pool<u8, 63> = framepool_core::Pool::new([0; 63]);
/// ```
pub type Pool<T, const N: usize> = PoolIn<Inline<T, N>>;

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
pub type BufferPool<M> = PoolIn<Region<M>>;

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
pub type BoxedPool<T> = PoolIn<crate::storage::Boxed<T>>;

impl<T, const N: usize> Pool<T, N> {
    const_unless_loom! {
        /// Makes a pool of these values. 1 to 62 slots (30 on 32-bit targets), else it does not
        /// compile.
        #[must_use]
        pub const fn new(slots: [T; N]) -> Self {
            Self { raw: RawAccess(RawPool::new(N)), storage: Inline::new(slots) }
        }
    }
}

impl<M: Memory> BufferPool<M> {
    /// Cuts `memory` into buffers of `slot_bytes`, one every `stride` bytes from its start.
    ///
    /// # Errors
    /// [`BuildError::BadSlotSize`], [`BuildError::MemoryTooSmall`] for not even one slot,
    /// [`BuildError::TooManySlots`]. The memory is dropped with the error.
    pub fn new(memory: M, slot_bytes: usize, stride: usize) -> Result<Self, BuildError> {
        let storage = Region::new(memory, slot_bytes, stride)?;
        Ok(Self { raw: RawAccess(RawPool::new(storage.capacity())), storage })
    }
}

#[cfg(feature = "alloc")]
impl<T> BoxedPool<T> {
    /// Makes a pool of `capacity` values from the heap.
    ///
    /// # Errors
    /// [`BuildError::NoSlots`], [`BuildError::TooManySlots`].
    pub fn from_fn(capacity: usize, make: impl FnMut() -> T) -> Result<Self, BuildError> {
        let storage = crate::storage::Boxed::new(capacity, make)?;
        Ok(Self { raw: RawAccess(RawPool::new(capacity)), storage })
    }
}

impl<S: Storage> PoolIn<S> {
    /// Lends a free slot, if there is one. Never blocks, never allocates.
    ///
    /// `None` says that at some instant during the call every slot was on loan, or that the pool
    /// is [closed](Self::close): a pool that always had a free slot does not answer `None`.
    /// Queued waiters come first: a slot given back while they wait is theirs.
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<Loan<&Self>> {
        let index = self.raw.0.claim()?;
        // SAFETY: just claimed.
        Some(unsafe { Loan::new(self, index) })
    }

    /// Waits for a slot, first come first served.
    ///
    /// # Errors
    /// [`Closed`](crate::Closed) if the pool is closed before a slot was free.
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
    /// A waiter that was handed a slot before, and has not been polled since, still gets it.
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
        self.storage.capacity()
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
        }
    }

    #[cfg(feature = "alloc")]
    /// Starts the bookkeeping anew, with one more slot for a keeper. A closed pool stays closed.
    pub(crate) fn keeping(mut self) -> Self {
        let was_closed = self.is_closed();
        self.raw = RawAccess(RawPool::with_keeper(self.storage.capacity()));
        if was_closed {
            self.close();
        }
        self
    }

    /// Projects to the bookkeeping without making a reference.
    ///
    /// # Safety
    /// - `this` points to a pool.
    #[cfg(feature = "alloc")]
    pub(crate) unsafe fn raw_pool(this: *const Self) -> *const RawPool {
        // SAFETY: as the caller promises.
        unsafe { &raw const (*this).raw.0 }
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn parts(&self) -> (&RawAccess, &S) {
        (&self.raw, &self.storage)
    }
}

impl<S: Storage> sealed::Sealed for &PoolIn<S> {}

// SAFETY: a borrowed pool neither moves nor dies while the borrow, hence the loan, lives.
unsafe impl<S: Storage> Home for &PoolIn<S> {
    type Storage = S;

    #[inline(always)]
    fn raw(&self) -> &RawAccess {
        &self.raw
    }

    #[inline(always)]
    fn storage(&self) -> &S {
        &self.storage
    }
}
