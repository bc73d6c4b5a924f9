//! [`LocalLoan`]: a loan that stays on its thread.

use super::loan::Loan;
use super::pool_ref::{HeldSlot, PoolPtr, PoolRef};
use crate::raw::{BitIndex, SlotSet};
use core::cell::Cell;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::panic::UnwindSafe;

/// Lends one slot for reading and writing on this thread; dropping it gives the slot back to the
/// [exclusive acquirer](crate::Exclusive::local) that it came from, without a locked instruction.
///
/// # Panics
/// Dropping it panics if the pool's hook does; the slot goes back all the same.
///
/// # Examples
/// ```
/// use framepool_core::{LocalAcquirer, LocalLoan, Pool};
///
/// type Scratch = Pool<[u32; 256], 8>;
///
/// /// Counts the pixels of each brightness.
/// fn histogram<'e>(
///     scratch: LocalAcquirer<'e, &'static Scratch>,
///     pixels: &[u8],
/// ) -> Option<LocalLoan<'e, &'static Scratch>> {
///     let mut counts = scratch.try_acquire()?;
///     counts.fill(0);
///     pixels.iter().for_each(|&pixel| counts[usize::from(pixel)] += 1);
///     Some(counts)
/// }
///
/// let pool: &'static mut Scratch = Box::leak(Box::new(Pool::new([[0; 256]; 8])));
/// let mut exclusive = pool.exclusive();
/// let counts = histogram(exclusive.local(), &[3, 1, 3]).expect("eight are free");
/// assert_eq!(counts[..4], [0, 1, 0, 2]);
/// ```
#[must_use = "a loan that is not kept gives its slot back at once"]
pub struct LocalLoan<'e, R: PoolRef> {
    slot: HeldSlot<R>,
    /// The acquirer's slots that are not lent. A reference to a cell stays on its thread, and so does this.
    free: &'e Cell<SlotSet>,
}

// What a panic leaves in a slot is what its next holder finds, with or without `catch_unwind`.
impl<R: PoolRef> UnwindSafe for LocalLoan<'_, R> where R::Slot: UnwindSafe {}

impl<'e, R: PoolRef> LocalLoan<'e, R> {
    /// Makes the guard of a slot.
    ///
    /// # Safety
    /// - The slot was claimed from this pool, and no other guard has it.
    /// - `free` belongs to this pool's only acquirer, which keeps the pool alive.
    #[inline(always)]
    pub(crate) unsafe fn new(pool: PoolPtr<R>, bit: BitIndex, free: &'e Cell<SlotSet>) -> Self {
        // SAFETY: this guard holds the slot until it puts it back.
        Self { slot: unsafe { HeldSlot::new(pool, bit) }, free }
    }

    /// Returns the slot's number in its pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.slot.number()
    }

    /// Lets it go to other threads: as a loan of the pool, to which the slot will go back.
    #[inline]
    pub fn into_loan(self) -> Loan<R> {
        let this = ManuallyDrop::new(self);
        // SAFETY: this guard's slot, and the guard is dissolved.
        let slot = unsafe { this.slot.duplicate() };
        // SAFETY: as above.
        unsafe { Loan::of(slot) }
    }
}

impl<R: PoolRef> Deref for LocalLoan<'_, R> {
    type Target = R::Slot;

    #[inline]
    fn deref(&self) -> &R::Slot {
        // SAFETY: this loan is the slot's one holder (I1), and is borrowed for reading (I3).
        unsafe { &*self.slot.read() }
    }
}

impl<R: PoolRef> DerefMut for LocalLoan<'_, R> {
    #[inline]
    fn deref_mut(&mut self) -> &mut R::Slot {
        // SAFETY: this loan is the slot's one holder (I1), and is borrowed uniquely (I3).
        unsafe { &mut *self.slot.write() }
    }
}

impl<R: PoolRef> Drop for LocalLoan<'_, R> {
    #[inline]
    fn drop(&mut self) {
        struct Back<'l, 'e, R: PoolRef>(&'l LocalLoan<'e, R>);
        impl<R: PoolRef> Drop for Back<'_, '_, R> {
            #[inline(always)]
            fn drop(&mut self) {
                let LocalLoan { slot, free } = self.0;
                let mut slots = free.get();
                if slots.push(slot.bit()) {
                    free.set(slots);
                } else {
                    // The acquirer has gone on to another word.
                    // SAFETY: this guard's slot, and the guard is going.
                    unsafe { slot.release() };
                }
            }
        }
        let _back = Back(self);
        // SAFETY: held by this guard alone, until `_back` goes.
        unsafe { self.slot.recycle() };
    }
}

impl<R: PoolRef, T: ?Sized> AsRef<T> for LocalLoan<'_, R>
where
    R::Slot: AsRef<T>,
{
    fn as_ref(&self) -> &T {
        (**self).as_ref()
    }
}

impl<R: PoolRef, T: ?Sized> AsMut<T> for LocalLoan<'_, R>
where
    R::Slot: AsMut<T>,
{
    fn as_mut(&mut self) -> &mut T {
        (**self).as_mut()
    }
}

impl<R: PoolRef> fmt::Debug for LocalLoan<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalLoan").field("index", &self.index()).finish_non_exhaustive()
    }
}
