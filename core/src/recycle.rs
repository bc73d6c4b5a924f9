//! What happens to a slot on its way back: hooks, and the pools that have one.

#[cfg(feature = "alloc")]
use crate::book::OnHeap;
use crate::book::{Book, Counted, Fixed, check};
use crate::error::BuildError;
#[cfg(feature = "alloc")]
use crate::pool::BoxedPool;
use crate::pool::{BufferPool, Pool, PoolIn, check_inline};
use crate::raw::RawPool;
#[cfg(feature = "alloc")]
use crate::storage::Boxed;
use crate::storage::{Inline, Memory, Region, Storage, sealed};
use crate::sync::{Ordering, Statistic, const_unless_loom};
use crate::word::SLOTS_PER_WORD;

/// What happens to a slot when its last holder is gone, before the next one gets it.
///
/// Runs on the thread that drops the loan. If it panics the slot goes back all the same (I9).
/// Closures `Fn(&mut T)` are hooks, and so are [`Zero`], [`Poison`] and [`Tally`]; a pair of hooks is
/// both, one after the other, the second also if the first panics.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, RecyclingPool, Zero};
///
/// static PACKETS: RecyclingPool<[u8; 9000], 4, Zero> = Pool::with_recycle([[0; 9000]; 4], Zero);
///
/// let mut packet = PACKETS.try_acquire().expect("four are free");
/// packet[..6].copy_from_slice(b"secret");
/// drop(packet);
/// let packet = PACKETS.try_acquire().expect("four are free");
/// assert_eq!(packet[..6], [0; 6]);
/// ```
pub trait Recycle<T: ?Sized> {
    /// Makes slot `index` fit for its next holder.
    fn recycle(&self, index: usize, slot: &mut T);

    /// Returns how often slots came back, if this hook counts it: see [`Tally`].
    fn lent(&self) -> Option<u64> {
        None
    }
}

impl<T: ?Sized, F: Fn(&mut T)> Recycle<T> for F {
    fn recycle(&self, _: usize, slot: &mut T) {
        self(slot);
    }
}

impl<T: ?Sized, A: Recycle<T>, B: Recycle<T>> Recycle<T> for (A, B) {
    fn recycle(&self, index: usize, slot: &mut T) {
        struct Then<'a, T: ?Sized, B: Recycle<T>>(&'a B, usize, &'a mut T);
        impl<T: ?Sized, B: Recycle<T>> Drop for Then<'_, T, B> {
            fn drop(&mut self) {
                self.0.recycle(self.1, self.2);
            }
        }
        let then = Then(&self.1, index, slot);
        self.0.recycle(index, then.2);
    }

    fn lent(&self) -> Option<u64> {
        self.0.lent().or_else(|| self.1.lent())
    }
}

/// Overwrites bytes with zeros, so that nothing leaks to the next holder: for network buffers.
///
/// # Examples
/// ```
/// use framepool_core::{Borrowed, BufferPool, Zero};
///
/// let mut memory = [0_u8; 2 * 9000];
/// let pool = BufferPool::with_recycle(Borrowed::from(&mut memory[..]), 9000, 9000, Zero)?;
/// pool.try_acquire().expect("two are free").fill(7);
/// assert!(pool.try_acquire().expect("two are free").iter().all(|byte| *byte == 0));
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Zero;

/// Overwrites bytes with a pattern in debug builds, so that who reads what it has not written
/// notices; does nothing in release builds.
///
/// # Examples
/// ```
/// use framepool_core::{Poison, Pool};
///
/// let pool = Pool::with_recycle([[0_u8; 4]; 1], Poison(0xdd));
/// drop(pool.try_acquire());
/// let found = *pool.try_acquire().expect("free");
/// // In a debug build, and in a release build.
/// assert!(found == [0xdd; 4] || found == [0; 4]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Poison(pub u8);

impl Recycle<[u8]> for Zero {
    fn recycle(&self, _: usize, slot: &mut [u8]) {
        slot.fill(0);
    }
}

impl<const N: usize> Recycle<[u8; N]> for Zero {
    fn recycle(&self, _: usize, slot: &mut [u8; N]) {
        slot.fill(0);
    }
}

impl Recycle<[u8]> for Poison {
    fn recycle(&self, _: usize, slot: &mut [u8]) {
        if cfg!(debug_assertions) {
            slot.fill(self.0);
        }
    }
}

impl<const N: usize> Recycle<[u8; N]> for Poison {
    fn recycle(&self, _: usize, slot: &mut [u8; N]) {
        if cfg!(debug_assertions) {
            slot.fill(self.0);
        }
    }
}

/// Counts how often each of the first `N` slots was lent and came back.
///
/// Without this hook nobody counts: a count per loan would cost as much as the loan. With it each
/// slot's last holder adds to that slot's own count, and [`Stats::lent`](crate::Stats::lent) is the
/// sum, taken when it is asked for.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, Tally};
///
/// let pool = Pool::with_recycle([[0_u8; 64]; 4], Tally::<4>::new());
/// for _ in 0..3 {
///     let _two = (pool.try_acquire(), pool.try_acquire());
/// }
/// assert_eq!(pool.hook().times(0), Some(3));
/// assert_eq!(pool.stats().lent, Some(6));
/// ```
#[derive(Debug)]
pub struct Tally<const N: usize> {
    times: [Statistic; N],
}

impl<const N: usize> Tally<N> {
    /// Makes a tally that has counted nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { times: [const { Statistic::new(0) }; N] }
    }

    /// Returns how often slot `index` was lent and came back; `None` for one that is not counted.
    /// Wraps round after 2^64 times, or 2^32 on 32-bit targets.
    #[must_use]
    pub fn times(&self, index: usize) -> Option<usize> {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        self.times.get(index).map(|times| times.load(Ordering::Relaxed))
    }
}

impl<const N: usize> Default for Tally<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized, const N: usize> Recycle<T> for Tally<N> {
    fn recycle(&self, index: usize, _: &mut T) {
        if let Some(times) = self.times.get(index) {
            // Ordering: Relaxed: the slot's holder is alone with it (I1), and the holder before has
            // happened before (I4): a load and a store lose nothing.
            times.store(times.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    fn lent(&self) -> Option<u64> {
        // Ordering: Relaxed: as in `times`.
        let times = self.times.iter().map(|times| times.load(Ordering::Relaxed) as u64);
        Some(times.fold(0, u64::wrapping_add))
    }
}

/// A storage whose slots pass through a hook on their way back.
///
/// # Examples
/// ```
/// use framepool_core::{Borrowed, BufferPool, Fixed, Loan, PoolIn, Recycled, Region, Zero};
///
/// /// Receive buffers that are zeroed, by their full name.
/// type Buffers<'m> = PoolIn<Recycled<Region<Borrowed<'m>>, Zero>, Fixed<62>>;
///
/// let mut memory = [1_u8; 64];
/// let pool: Buffers<'_> =
///     BufferPool::with_recycle(Borrowed::from(&mut memory[..]), 32, 32, Zero)?;
/// let buffer: Loan<&Buffers<'_>> = pool.try_acquire().expect("two are free");
/// assert_eq!(buffer[0], 1, "zeroed on the way back, not before");
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[derive(Debug)]
pub struct Recycled<S, R> {
    storage: S,
    hook: R,
}

impl<S, R> Recycled<S, R> {
    pub(crate) const fn new(storage: S, hook: R) -> Self {
        Self { storage, hook }
    }
}

impl<S, R> sealed::Sealed for Recycled<S, R> {}

// SAFETY: the slots are the inner storage's.
unsafe impl<S: Storage, R: Recycle<S::Slot>> Storage for Recycled<S, R> {
    type Slot = S::Slot;

    #[inline(always)]
    fn capacity(&self) -> usize {
        self.storage.capacity()
    }

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const S::Slot {
        // SAFETY: as the caller promises.
        unsafe { self.storage.read(index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut S::Slot {
        // SAFETY: as the caller promises.
        unsafe { self.storage.write(index) }
    }

    #[inline(always)]
    unsafe fn recycle(&self, index: usize) {
        // SAFETY: as the caller promises.
        let slot = unsafe { self.storage.write(index) };
        // SAFETY: the caller holds the slot alone (I1).
        self.hook.recycle(index, unsafe { &mut *slot });
    }

    fn number(&self, index: usize) -> usize {
        self.storage.number(index)
    }

    fn lent(&self) -> Option<u64> {
        self.hook.lent()
    }
}

/// As [`Pool`], with a hook that each slot passes through on its way back.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, RecyclingPool};
///
/// static LISTS: RecyclingPool<Vec<u8>, 2, fn(&mut Vec<u8>)> =
///     Pool::with_recycle([const { Vec::new() }; 2], Vec::clear);
///
/// let mut list = LISTS.try_acquire().expect("two are free");
/// list.extend(*b"memory that is kept, and contents that are not");
/// drop(list);
/// let list = LISTS.try_acquire().expect("two are free");
/// assert!(list.is_empty() && list.capacity() > 0);
/// ```
pub type RecyclingPool<T, const N: usize, R, const W: usize = 1> =
    PoolIn<Recycled<Inline<T, N>, R>, Fixed<N, W>>;

impl<T, const N: usize> Pool<T, N> {
    const_unless_loom! {
        /// As [`new`](Self::new), and each value passes through `hook` on its way back.
        pub const fn with_recycle<R: Recycle<T>>(slots: [T; N], hook: R) -> RecyclingPool<T, N, R> {
            RecyclingPool::<T, N, R>::wide_with_recycle(slots, hook)
        }
    }
}

impl<T, const N: usize, R: Recycle<T>, const W: usize> RecyclingPool<T, N, R, W> {
    const_unless_loom! {
        /// As [`Pool::wide`], and each value passes through `hook` on its way back.
        pub const fn wide_with_recycle(slots: [T; N], hook: R) -> Self {
            check_inline::<N, W>();
            let storage = Recycled::new(Inline::new(slots), hook);
            Self::from_parts(RawPool::new(Fixed::new(N), Counted::new(N)), storage)
        }
    }
}

impl<M: Memory> BufferPool<M> {
    /// Cuts `memory` into buffers, each of which passes through `hook` on its way back.
    ///
    /// # Errors
    /// As [`BufferPool::new`].
    pub fn with_recycle<R: Recycle<[u8]>>(
        memory: M,
        slot_bytes: usize,
        stride: usize,
        hook: R,
    ) -> Result<PoolIn<Recycled<Region<M>, R>, Fixed<SLOTS_PER_WORD>>, BuildError> {
        let storage = Recycled::new(Region::new(memory, slot_bytes, stride)?, hook);
        let slots = storage.capacity();
        check(slots, 1)?;
        Ok(PoolIn::from_parts(RawPool::new(Fixed::new(slots), Counted::new(slots)), storage))
    }
}

#[cfg(feature = "alloc")]
impl<M: Memory> BufferPool<M, OnHeap> {
    /// As [`large`](Self::large), and each buffer passes through `hook` on its way back.
    ///
    /// # Errors
    /// As [`large`](Self::large).
    pub fn large_with_recycle<R: Recycle<[u8]>>(
        memory: M,
        slot_bytes: usize,
        stride: usize,
        hook: R,
    ) -> Result<PoolIn<Recycled<Region<M>, R>, OnHeap>, BuildError> {
        let storage = Recycled::new(Region::new(memory, slot_bytes, stride)?, hook);
        PoolIn::on_heap(storage)
    }
}

#[cfg(feature = "alloc")]
impl<T> BoxedPool<T> {
    /// As [`from_fn`](Self::from_fn), and each value passes through `hook` on its way back.
    ///
    /// # Errors
    /// [`BuildError::NoSlots`].
    pub fn from_fn_with_recycle<R: Recycle<T>>(
        capacity: usize,
        make: impl FnMut() -> T,
        hook: R,
    ) -> Result<PoolIn<Recycled<Boxed<T>, R>, OnHeap>, BuildError> {
        PoolIn::on_heap(Recycled::new(Boxed::new(capacity, make), hook))
    }
}

impl<S: Storage, R: Recycle<S::Slot>, B: Book> PoolIn<Recycled<S, R>, B> {
    /// Returns the hook.
    #[must_use]
    pub const fn hook(&self) -> &R {
        &self.storage().hook
    }
}
