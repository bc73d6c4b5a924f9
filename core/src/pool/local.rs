//! Acquiring for one thread alone: [`LocalAcquirer`], whose loans do not leave the thread.
//!
//! ```text
//!   Exclusive --local--> LocalAcquirer --try_acquire--> LocalLoan --into_loan--> Loan, for any thread
//!    [ . . x x x x . x ] <-- the bits come and go without a locked instruction
//! ```

use super::acquirer::Exclusive;
use crate::guard::{LocalLoan, PoolPtr, PoolRef};
use crate::raw::SlotSet;
use core::cell::Cell;
use core::fmt;
use core::panic::UnwindSafe;

impl<R: PoolRef> Exclusive<R> {
    /// Makes an acquirer whose loans stay on this thread: taking and dropping one touches no shared
    /// memory.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let mut pool = Pool::new([[0_u8; 64]; 4]);
    /// let mut camera = pool.exclusive();
    /// let local = camera.local();
    /// let mut dark = local.try_acquire().expect("four are free");
    /// let mut frame = local.try_acquire().expect("three are free");
    /// dark.fill(3);
    /// frame.fill(10);
    /// frame.iter_mut().zip(dark.iter()).for_each(|(pixel, dark)| *pixel -= dark);
    /// drop(dark);
    ///
    /// let frame = frame.into_loan(); // from here on for any thread
    /// std::thread::scope(|scope| {
    ///     scope.spawn(move || assert_eq!(frame[0], 7));
    /// });
    /// ```
    ///
    /// A loan that stays is not for another thread:
    /// ```compile_fail
    /// use framepool_core::Pool;
    ///
    /// let mut pool = Pool::new([0_u32; 4]);
    /// let mut camera = pool.exclusive();
    /// let local = camera.local();
    /// let frame = local.try_acquire().expect("four are free");
    /// std::thread::scope(|scope| {
    ///     scope.spawn(move || drop(frame));
    /// });
    /// ```
    #[must_use]
    pub fn local(&mut self) -> LocalAcquirer<'_, R> {
        let (pool, free) = self.claimed_mut().as_cell();
        LocalAcquirer { pool, free }
    }
}

/// Acquires for one thread from an [`Exclusive`]'s slots, and takes them back there.
///
/// Slots that it has taken and not handed out are the exclusive acquirer's: they count as lent, and go back
/// when that is dropped. Its copies are the same acquirer.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// let mut pool = Pool::new([[0_u8; 64]; 4]);
/// let mut exclusive = pool.exclusive();
/// let local = exclusive.local();
/// let row = local.try_acquire().expect("four are free");
/// let index = row.index();
/// drop(row);
/// assert_eq!(local.try_acquire().expect("four are free").index(), index);
/// ```
pub struct LocalAcquirer<'e, R: PoolRef> {
    pool: PoolPtr<R>,
    free: &'e Cell<SlotSet>,
}

impl<R: PoolRef> Clone for LocalAcquirer<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: PoolRef> Copy for LocalAcquirer<'_, R> {}

// The set is whole between any two operations.
impl<R: PoolRef> UnwindSafe for LocalAcquirer<'_, R> where R::Slot: UnwindSafe {}

impl<'e, R: PoolRef> LocalAcquirer<'e, R> {
    /// Lends a free slot, if there is one: as [`Exclusive::try_acquire`].
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&self) -> Option<LocalLoan<'e, R>> {
        let mut free = self.free.get();
        if free.is_empty() {
            // SAFETY: the exclusive acquirer, which keeps the pool alive, is borrowed.
            free = unsafe { self.pool.get() }.raw().claim_word(free.word())?;
        }
        let bit = free.pop_lowest()?;
        self.free.set(free);
        // SAFETY: the slot was claimed, and is in the set no more.
        Some(unsafe { LocalLoan::new(self.pool, bit, self.free) })
    }
}

impl<R: PoolRef> fmt::Debug for LocalAcquirer<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalAcquirer")
            .field("slots", &self.free.get().len())
            .finish_non_exhaustive()
    }
}
