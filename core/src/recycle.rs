//! Hooks: what happens to a slot on its way back.

use crate::storage::{Storage, sealed};
use crate::sync::{Ordering, Statistic};
use core::fmt;

/// A hook: what happens to a slot when its last holder is gone, before the next one gets it.
///
/// A pool gets its hook by [`PoolIn::recycled_by`](crate::PoolIn::recycled_by). Closures `Fn(&mut T)`
/// are hooks, and so are [`Zero`], [`Poison`] and [`Tally`]; a pair of hooks is both, one after the
/// other.
///
/// The hook runs on the thread that drops the loan. If it panics the slot goes back all the same
/// (I9), and the second of two hooks runs. If the slot then goes to a waiter whose waker panics too,
/// or both of two hooks panic, the program aborts, as for any panic in a drop during a panic.
///
/// # Examples
/// ```
/// use framepool_core::recycle::Zero;
/// use framepool_core::{Pool, RecyclingPool};
///
/// static PACKETS: RecyclingPool<[u8; 9000], 4, Zero> =
///     Pool::new([[0; 9000]; 4]).recycled_by(Zero);
///
/// let mut packet = PACKETS.try_acquire().expect("four are free");
/// packet[..6].copy_from_slice(b"secret");
/// drop(packet);
/// let packet = PACKETS.try_acquire().expect("four are free");
/// assert_eq!(packet[..6], [0; 6]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hook for slots of `{T}`",
    note = "`Zero` and `Poison` are for `[u8]` and `[u8; N]`; elsewhere use a closure `|slot: &mut T| ..`; \
            more than two hooks nest: `(a, (b, c))`"
)]
pub trait Recycle<T: ?Sized> {
    /// Makes slot `index` ([`Loan::index`](crate::Loan::index)) fit for its next holder.
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
        struct Second<'a, T: ?Sized, B: Recycle<T>>(&'a B, usize, &'a mut T);
        impl<T: ?Sized, B: Recycle<T>> Drop for Second<'_, T, B> {
            fn drop(&mut self) {
                self.0.recycle(self.1, self.2);
            }
        }
        let second = Second(&self.1, index, slot);
        self.0.recycle(index, second.2);
    }

    fn lent(&self) -> Option<u64> {
        self.0.lent().or_else(|| self.1.lent())
    }
}

/// Overwrites bytes with zeros, so that nothing leaks to the next holder: for network buffers. A hook
/// for slots of `[u8]` and `[u8; N]`.
///
/// # Examples
/// ```
/// use framepool_core::BufferPool;
/// use framepool_core::recycle::Zero;
/// use framepool_core::storage::Borrowed;
///
/// let mut memory = [0_u8; 2 * 9000];
/// let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 9000, 9000)?.recycled_by(Zero);
/// pool.try_acquire().expect("two are free").fill(7);
/// assert!(pool.try_acquire().expect("two are free").iter().all(|byte| *byte == 0));
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Zero;

/// Overwrites bytes with a pattern in debug builds, which shows up where a holder reads what it has
/// not written; does nothing in release builds.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
/// use framepool_core::recycle::Poison;
///
/// let pool = Pool::new([[0_u8; 4]; 1]).recycled_by(Poison(0xdd));
/// drop(pool.try_acquire());
/// let found = *pool.try_acquire().expect("free");
/// // In a debug build, and in a release build.
/// assert!(found == [0xdd; 4] || found == [0; 4]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Poison(pub u8);

/// Overwrites bytes with zeros. The compiler drops none of these stores, although nothing may read them
/// before the memory is freed.
///
/// # Examples
/// ```
/// let mut secret = *b"secret";
/// framepool_core::recycle::zero(&mut secret[..3]);
/// assert_eq!(secret, *b"\0\0\0ret");
/// ```
#[inline]
pub fn zero(bytes: &mut [u8]) {
    bytes.fill(0);
    #[cfg(any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "arm",
        target_arch = "aarch64",
        target_arch = "riscv32",
        target_arch = "riscv64"
    ))]
    // SAFETY: it has no instruction. For all that the compiler knows it reads the bytes.
    unsafe {
        core::arch::asm!(
            "/* {0} */",
            in(reg) bytes.as_mut_ptr(),
            options(nostack, preserves_flags, readonly)
        );
    }
    #[cfg(not(any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "arm",
        target_arch = "aarch64",
        target_arch = "riscv32",
        target_arch = "riscv64"
    )))]
    core::hint::black_box(bytes);
}

impl Recycle<[u8]> for Zero {
    fn recycle(&self, _: usize, slot: &mut [u8]) {
        zero(slot);
    }
}

impl<const N: usize> Recycle<[u8; N]> for Zero {
    fn recycle(&self, _: usize, slot: &mut [u8; N]) {
        zero(slot);
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

/// Counts how often each of the slots `0..N` was lent and came back. The slots of a
/// [`Reserve`](crate::Reserve) keep the numbers that they have in the pool that it came from.
///
/// Without this hook loans are not counted: a count per loan would cost as much as the loan. With it
/// each slot's last holder adds to that slot's own count, and [`Stats::lent`](crate::Stats::lent) is the
/// sum, taken when it is asked for.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
/// use framepool_core::recycle::Tally;
///
/// let pool = Pool::new([[0_u8; 64]; 4]).recycled_by(Tally::<4>::new());
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
/// use framepool_core::recycle::{Recycled, Zero};
/// use framepool_core::storage::{Borrowed, Buffers};
/// use framepool_core::{BufferPool, Loan, PoolIn};
///
/// /// Receive buffers that are zeroed.
/// type Packets<'m> = PoolIn<Recycled<Buffers<Borrowed<'m>>, Zero>>;
///
/// let mut memory = [1_u8; 64];
/// let pool: Packets<'_> =
///     BufferPool::new(Borrowed::from(&mut memory[..]), 32, 32)?.recycled_by(Zero);
/// let packet: Loan<&Packets<'_>> = pool.try_acquire().expect("two are free");
/// assert_eq!(packet[0], 1, "zeroed on the way back, not before");
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct Recycled<S, R> {
    storage: S,
    hook: R,
}

impl<S, R> Recycled<S, R> {
    pub(crate) const fn new(storage: S, hook: R) -> Self {
        Self { storage, hook }
    }

    pub(crate) const fn hook(&self) -> &R {
        &self.hook
    }
}

impl<S, R> sealed::Sealed for Recycled<S, R> {}

// SAFETY: the slots are the inner storage's.
unsafe impl<S: Storage, R: Recycle<S::Slot>> Storage for Recycled<S, R> {
    type Slot = S::Slot;
    type Header = S::Header;
    type Bookkeeping = S::Bookkeeping;

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

    /// The inner storage's hook goes first, and this one also if that one panics.
    #[inline(always)]
    unsafe fn recycle(&self, index: usize) {
        struct Own<'a, S: Storage, R: Recycle<S::Slot>>(&'a Recycled<S, R>, usize);
        impl<S: Storage, R: Recycle<S::Slot>> Drop for Own<'_, S, R> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: as the caller of `recycle` promises.
                let slot = unsafe { self.0.storage.write(self.1) };
                // SAFETY: the caller holds the slot alone (I1).
                self.0.hook.recycle(self.0.number(self.1), unsafe { &mut *slot });
            }
        }
        let _own = Own(self, index);
        // SAFETY: as the caller promises.
        unsafe { self.storage.recycle(index) };
    }

    #[inline(always)]
    fn number(&self, index: usize) -> usize {
        self.storage.number(index)
    }

    fn lent(&self) -> Option<u64> {
        self.hook.lent().or_else(|| self.storage.lent())
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Recycled<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recycled").field("storage", &self.storage).finish_non_exhaustive()
    }
}
