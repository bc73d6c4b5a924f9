//! Several slots claimed in one step: [`Run`], to be lent side by side, and [`Claimed`], set aside.

use super::loan::Loan;
use super::pool_ref::{PoolPtr, PoolRef};
use crate::raw::SlotSet;
use crate::storage::Storage;
use core::cell::Cell;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

/// Lends adjacent slots, claimed in one step; as an iterator it splits into their loans, lowest first.
///
/// Dropping it gives back what was not split off.
///
/// # Panics
/// Dropping it panics if a waiter gets one of the slots and its waker panics; if two wakers panic, the
/// program aborts.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, Run};
///
/// type Lines = Pool<[u16; 640], 8>;
///
/// let pool = Lines::new([[0; 640]; 8]);
/// let mut burst: Run<&Lines> = pool.try_acquire_run(3).expect("eight are free");
/// assert_eq!(burst.indices(), 0..3);
/// let first = burst.next().expect("three were claimed");
/// assert_eq!((first.index(), burst.len()), (0, 2));
/// drop(burst);
/// assert_eq!(pool.available(), 7);
/// ```
#[must_use = "a run that is not kept gives its slots back at once"]
#[derive(Debug)]
pub struct Run<R: PoolRef> {
    claimed: Claimed<R>,
}

impl<R: PoolRef> Run<R> {
    /// Makes a run of claimed slots, which lie side by side.
    pub(crate) fn new(claimed: Claimed<R>) -> Self {
        Self { claimed }
    }

    /// Returns the numbers of the slots that are left; `0..0` when none is.
    #[must_use]
    pub fn indices(&self) -> Range<usize> {
        let start = self.claimed.lowest().unwrap_or(0);
        start..start + self.len()
    }
}

impl<R: PoolRef> Iterator for Run<R> {
    type Item = Loan<R>;

    fn next(&mut self) -> Option<Loan<R>> {
        self.claimed.lend()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.claimed.slots.len();
        (left, Some(left))
    }
}

impl<R: PoolRef> ExactSizeIterator for Run<R> {}
impl<R: PoolRef> FusedIterator for Run<R> {}

/// Slots of one word that were claimed and are not lent; dropping it gives them back.
pub(crate) struct Claimed<R: PoolRef> {
    pool: PoolPtr<R>,
    slots: SlotSet,
}

impl<R: PoolRef> Claimed<R> {
    /// Makes the guard of no slot.
    pub(crate) fn none(pool: PoolPtr<R>) -> Self {
        Self { pool, slots: SlotSet::EMPTY }
    }

    /// Makes the guard of these slots.
    ///
    /// # Safety
    /// - They were claimed from this pool, and no other guard has any of them.
    pub(crate) unsafe fn new(pool: PoolPtr<R>, slots: SlotSet) -> Self {
        Self { pool, slots }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Claims all free slots of a word in place of those that are gone. `None`: there is none.
    ///
    /// Not stale if nothing else claims from this pool.
    ///
    /// # Safety
    /// - The `R` that this was made from lives during this call.
    #[inline]
    pub(crate) unsafe fn refill(&mut self) -> Option<()> {
        debug_assert!(self.is_empty());
        // SAFETY: as the caller promises.
        let pool = unsafe { self.pool.get() };
        self.slots = pool.raw().claim_word(self.slots.word())?;
        Some(())
    }

    /// Returns the pool and the slots, for guards that take out of these and put back.
    pub(crate) fn as_cell(&mut self) -> (PoolPtr<R>, &Cell<SlotSet>) {
        (self.pool, Cell::from_mut(&mut self.slots))
    }

    /// Lends the lowest slot.
    #[inline]
    pub(crate) fn lend(&mut self) -> Option<Loan<R>> {
        let bit = self.slots.pop_lowest()?;
        // SAFETY: this guard's slot, which it has just let go of.
        Some(unsafe { Loan::new(self.pool, bit) })
    }

    /// Returns the number of the lowest slot.
    fn lowest(&self) -> Option<usize> {
        let bit = self.slots.lowest()?;
        // SAFETY: that slot is held.
        let pool = unsafe { self.pool.get() };
        Some(pool.storage().number(pool.raw().slot_index(bit)))
    }
}

impl<R: PoolRef> fmt::Debug for Claimed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed").field("slots", &self.slots.len()).finish_non_exhaustive()
    }
}

impl<R: PoolRef> Drop for Claimed<R> {
    // Inline, and what is called takes values: so a guard can stay in registers.
    #[inline]
    fn drop(&mut self) {
        if !self.is_empty() {
            // SAFETY: this guard's slots, and it is going.
            unsafe { give_all(self.pool, self.slots) };
        }
    }
}

/// Gives slots back, all of them also if a waker panics (I9).
///
/// # Safety
/// - As for [`Claimed::new`], and the caller uses them no more.
#[cold]
unsafe fn give_all<R: PoolRef>(pool: PoolPtr<R>, slots: SlotSet) {
    struct Rest<R: PoolRef>(PoolPtr<R>, SlotSet);
    impl<R: PoolRef> Rest<R> {
        fn give(&mut self) {
            while let Some(bit) = self.1.pop_lowest() {
                // SAFETY: the caller's slot, and given once.
                unsafe { self.0.release(bit) };
            }
        }
    }
    impl<R: PoolRef> Drop for Rest<R> {
        fn drop(&mut self) {
            self.give();
        }
    }
    Rest(pool, slots).give();
}
