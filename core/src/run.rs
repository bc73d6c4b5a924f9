//! Several slots claimed at once: [`Run`], to be lent side by side, and [`Claimed`], set aside.

use crate::loan::{Home, Loan};
use crate::storage::Storage;
use crate::word::{self, Place, Word};
use core::fmt;
use core::ops::Range;

/// Lends adjacent slots as one claim; as an iterator it splits into their loans, lowest first.
///
/// Dropping it gives back what was not split off.
///
/// # Examples
/// ```
/// use framepool_core::{Pool, Run};
///
/// type Burst<'p> = Run<&'p Pool<[u16; 640], 8>>;
///
/// let pool = Pool::new([[0; 640]; 8]);
/// let mut burst: Burst<'_> = pool.try_acquire_run(3).expect("eight are free");
/// assert_eq!(burst.indices(), 0..3);
/// let first = burst.next().expect("three were claimed");
/// assert_eq!((first.index(), burst.len()), (0, 2));
/// drop(burst);
/// assert_eq!(pool.available(), 7);
/// ```
#[must_use = "a run that is not kept gives its slots back at once"]
#[derive(Debug)]
pub struct Run<H: Home> {
    claimed: Claimed<H>,
}

impl<H: Home> Run<H> {
    /// Makes a run of claimed slots, which lie side by side.
    pub(crate) fn new(claimed: Claimed<H>) -> Self {
        Self { claimed }
    }

    /// Returns the numbers of the slots that are left; `0..0` when none is.
    #[must_use]
    pub fn indices(&self) -> Range<usize> {
        let start = self.claimed.lowest().unwrap_or(0);
        start..start + self.len()
    }
}

impl<H: Home> Iterator for Run<H> {
    type Item = Loan<H>;

    fn next(&mut self) -> Option<Loan<H>> {
        self.claimed.lend()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = word::permits(self.claimed.bits);
        (left, Some(left))
    }
}

impl<H: Home> ExactSizeIterator for Run<H> {}

/// Slots of one word that were claimed and are not lent; dropping it gives them back.
pub(crate) struct Claimed<H: Home> {
    home: H,
    word: usize,
    bits: Word,
}

impl<H: Home> Claimed<H> {
    /// Makes the guard of no slot.
    pub(crate) fn none(home: H) -> Self {
        Self { home, word: 0, bits: 0 }
    }

    /// Makes the guard of the slots that `bits` stand for.
    ///
    /// # Safety
    /// - They were claimed from this word of `home`'s pool, and no other guard has any of them.
    pub(crate) unsafe fn new(home: H, word: usize, bits: Word) -> Self {
        Self { home, word, bits }
    }

    /// Claims all free slots of a word in place of those that are gone. `None`: there is none.
    ///
    /// Not stale if nobody else claims from this pool.
    #[inline]
    pub(crate) fn refill(&mut self) -> Option<()> {
        debug_assert!(self.is_empty());
        (self.word, self.bits) = self.home.raw().0.claim_word(self.word)?;
        Some(())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// Returns the number of the lowest slot in its pool, which lives while there is one.
    fn lowest(&self) -> Option<usize> {
        let slot = word::lowest(self.bits)?;
        let index = self.home.raw().0.index(Place::new(self.word, slot));
        Some(self.home.storage().number(index))
    }

    /// Lends the lowest slot.
    #[inline]
    pub(crate) fn lend(&mut self) -> Option<Loan<H>> {
        let slot = word::lowest(self.bits)?;
        self.bits &= !word::bit(slot);
        // SAFETY: this guard's slot, which it has just let go of.
        Some(unsafe { Loan::new(self.home, Place::new(self.word, slot)) })
    }
}

impl<H: Home> fmt::Debug for Claimed<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed").field("slots", &word::permits(self.bits)).finish_non_exhaustive()
    }
}

impl<H: Home> Drop for Claimed<H> {
    // Inline, and what is called takes values: so a guard can stay in registers.
    #[inline]
    fn drop(&mut self) {
        if self.bits != 0 {
            // SAFETY: this guard's slots, and it is going.
            unsafe { give_all(self.home, self.word, self.bits) };
        }
    }
}

/// Gives slots back, all of them also if a waker panics (I9).
///
/// # Safety
/// - As for [`Claimed::new`], and the caller uses them no more.
#[cold]
unsafe fn give_all<H: Home>(home: H, word: usize, bits: Word) {
    struct Rest<H: Home>(H, usize, Word);
    impl<H: Home> Rest<H> {
        fn give(&mut self) {
            while let Some(slot) = word::lowest(self.2) {
                self.2 &= !word::bit(slot);
                // SAFETY: the caller's slot, and given once.
                unsafe { self.0.release(Place::new(self.1, slot)) };
            }
        }
    }
    impl<H: Home> Drop for Rest<H> {
        fn drop(&mut self) {
            self.give();
        }
    }
    Rest(home, word, bits).give();
}
