//! [`Loan`]: one slot, for one holder, to read and to write.

use super::pool_ref::{HeldSlot, PoolPtr, PoolRef};
use crate::raw::BitIndex;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};

/// Lends one slot for reading and writing, to one holder; dropping it gives the slot back.
///
/// `R` is what keeps the pool alive: `&Pool`, `SharedPool` or `CachedPool` ([`PoolRef`]). The slot goes back also
/// during a panic, or when a channel refuses the loan. [`core::mem::forget`] on a loan costs the
/// pool that slot and nothing else; on a loan of a `SharedPool` it also keeps the pool's memory for
/// ever, and of a shared [`Reserve`](crate::Reserve) all slots.
///
/// Its methods are methods, although it is a smart pointer: slots are plain memory, whose own
/// methods seldom have these names. `(*loan).index()` reaches the slot's own.
///
/// # Memory ordering
/// What the previous holder did to the slot happens before this loan's first access (I4).
///
/// # Panics
/// Dropping it panics if the pool's hook does, or the waker of the waiter that gets the slot; if both
/// do, the program aborts.
///
/// # Examples
/// ```
/// use framepool_core::{Loan, Pool};
///
/// type Lines = Pool<[u16; 640], 4>;
///
/// static LINES: Lines = Pool::new([[0; 640]; 4]);
///
/// struct Sensor {
///     line: Option<Loan<&'static Lines>>,
/// }
///
/// let mut sensor = Sensor { line: LINES.try_acquire() };
/// sensor.line.as_mut().expect("four are free")[0] = 7;
/// assert_eq!(LINES.available(), 3);
/// sensor.line = None;
/// assert_eq!(LINES.available(), 4);
/// ```
#[must_use = "a loan that is not kept gives its slot back at once"]
pub struct Loan<R: PoolRef> {
    slot: HeldSlot<R>,
    /// `Send` and `Sync` depend on the slot, too.
    _not_auto: PhantomData<*mut ()>,
}

// SAFETY: a loan is a unique reference to its slot (I1, I3) and an `R`.
unsafe impl<R: PoolRef + Send> Send for Loan<R> where R::Slot: Send {}
// SAFETY: a shared loan gives `&Slot` and nothing else, so the slot itself must be `Sync`.
unsafe impl<R: PoolRef + Sync> Sync for Loan<R> where R::Slot: Sync {}

// What a panic leaves in a slot is what its next holder finds, with or without `catch_unwind`.
impl<R: PoolRef> UnwindSafe for Loan<R> where R::Slot: UnwindSafe {}
impl<R: PoolRef> RefUnwindSafe for Loan<R> where R::Slot: RefUnwindSafe {}

impl<R: PoolRef> Loan<R> {
    /// Makes the guard of a slot.
    ///
    /// # Safety
    /// - The slot was claimed from this pool, and no other guard has it.
    #[inline]
    pub(crate) unsafe fn new(pool: PoolPtr<R>, bit: BitIndex) -> Self {
        // SAFETY: this guard holds the slot until it gives it back.
        let slot = unsafe { HeldSlot::new(pool, bit) };
        // SAFETY: as the caller promises.
        unsafe { Self::of(slot) }
    }

    /// Makes the guard of a slot.
    ///
    /// # Safety
    /// - No other guard has it.
    #[inline]
    pub(super) unsafe fn of(slot: HeldSlot<R>) -> Self {
        Self { slot, _not_auto: PhantomData }
    }

    /// Claims a slot if one is free.
    ///
    /// # Safety
    /// - The `R` that `pool` was made from lives during this call.
    #[inline]
    pub(crate) unsafe fn claim(pool: PoolPtr<R>) -> Option<Self> {
        // SAFETY: as the caller promises.
        if let Some(bit) = unsafe { pool.take_kept() } {
            // SAFETY: this thread held it, and no guard.
            return Some(unsafe { Self::new(pool, bit) });
        }
        // SAFETY: as the caller promises.
        match unsafe { pool.get() }.raw().claim_fast() {
            // SAFETY: just claimed.
            Some(bit) => Some(unsafe { Self::new(pool, bit) }),
            // SAFETY: as the caller promises.
            None => unsafe { Self::claim_slow(pool) },
        }
    }

    /// Apart, and with nothing left to do after it: the function that calls it stays small.
    ///
    /// # Safety
    /// - As for [`claim`](Self::claim).
    #[cold]
    #[inline(never)]
    unsafe fn claim_slow(pool: PoolPtr<R>) -> Option<Self> {
        // SAFETY: as the caller promises.
        let Some(bit) = unsafe { pool.get() }.raw().claim() else {
            // SAFETY: as the caller promises.
            unsafe { pool.ask() };
            return None;
        };
        // SAFETY: just claimed.
        Some(unsafe { Self::new(pool, bit) })
    }

    /// Dissolves the guard, without giving the slot back.
    pub(super) fn into_bit(self) -> BitIndex {
        self.into_slot().bit()
    }

    /// Returns the slot's number in its pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.slot.number()
    }

    /// Dissolves the guard, without giving the slot back.
    #[inline(always)]
    pub(super) fn into_slot(self) -> HeldSlot<R> {
        let this = ManuallyDrop::new(self);
        // SAFETY: this guard's slot, and the guard is dissolved.
        unsafe { this.slot.duplicate() }
    }
}

impl<R: PoolRef> Deref for Loan<R> {
    type Target = R::Slot;

    #[inline]
    fn deref(&self) -> &R::Slot {
        // SAFETY: this loan is the slot's one holder (I1), and is borrowed for reading (I3).
        unsafe { &*self.slot.read() }
    }
}

impl<R: PoolRef> DerefMut for Loan<R> {
    #[inline]
    fn deref_mut(&mut self) -> &mut R::Slot {
        // SAFETY: this loan is the slot's one holder (I1), and is borrowed uniquely (I3).
        unsafe { &mut *self.slot.write() }
    }
}

impl<R: PoolRef> Drop for Loan<R> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this guard holds the slot, and is going.
        unsafe { self.slot.give_back() };
    }
}

impl<R: PoolRef, T: ?Sized> AsRef<T> for Loan<R>
where
    R::Slot: AsRef<T>,
{
    fn as_ref(&self) -> &T {
        (**self).as_ref()
    }
}

impl<R: PoolRef, T: ?Sized> AsMut<T> for Loan<R>
where
    R::Slot: AsMut<T>,
{
    fn as_mut(&mut self) -> &mut T {
        (**self).as_mut()
    }
}

impl<R: PoolRef> fmt::Debug for Loan<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").field("index", &self.index()).finish_non_exhaustive()
    }
}
