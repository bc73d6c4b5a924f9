//! Acquiring with a memory: [`Acquirer`], one for each caller, and [`Exclusive`], the only one.
//!
//! ```text
//!   Acquirer    remembers where it found a slot last     tries there first, without looking
//!   Exclusive   takes all free bits of a word at once    [ . . x x x x . x ]  hands out from these
//! ```

use crate::book::Book;
use crate::loan::{Home, Loan, Run};
use crate::pool::PoolIn;
use crate::raw::Hint;
use crate::storage::Storage;
use crate::word::{self, SLOTS_PER_WORD, Word};
use core::fmt;

/// Acquires for one caller, and remembers where it found a slot last.
///
/// A caller that gives a slot back before it takes the next finds it again without looking. On a
/// pool of several words each acquirer begins in another word, so that callers keep apart.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
///
/// static LINES: Pool<[u8; 64], 128, 3> = Pool::wide([[0; 64]; 128]);
///
/// let mut acquirer = LINES.acquirer();
/// for _ in 0..1000 {
///     let line = acquirer.try_acquire().expect("many are free");
///     drop(line);
/// }
/// ```
#[derive(Clone)]
pub struct Acquirer<H: Home> {
    home: H,
    hint: Hint,
}

impl<H: Home> Acquirer<H> {
    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`].
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&mut self) -> Option<Loan<H>> {
        let index = self.home.raw().0.claim_hinted(&mut self.hint)?;
        // SAFETY: just claimed.
        Some(unsafe { Loan::new(self.home, index) })
    }
}

impl<H: Home> fmt::Debug for Acquirer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquirer").field("hint", &self.hint).finish_non_exhaustive()
    }
}

impl<S: Storage, B: Book> PoolIn<S, B> {
    /// Makes an acquirer for one caller.
    #[must_use]
    pub fn acquirer(&self) -> Acquirer<&Self> {
        Acquirer { hint: Home::raw(&self).0.new_hint(), home: self }
    }

    /// Makes the only acquirer: while it lives nobody else can acquire from this pool.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let mut pool = Pool::new([0_u32; 4]);
    /// let mut camera = pool.exclusive();
    /// std::thread::scope(|scope| {
    ///     for number in 0..100 {
    ///         // Loans are given back from any thread.
    ///         let Some(mut frame) = camera.try_acquire() else { continue };
    ///         *frame = number;
    ///         scope.spawn(move || drop(frame));
    ///     }
    /// });
    /// drop(camera);
    /// assert_eq!(pool.available(), 4);
    /// ```
    #[must_use]
    pub fn exclusive(&mut self) -> Exclusive<&Self> {
        Exclusive { home: self, word: 0, cache: 0 }
    }

    /// Lends `length` adjacent slots at once, if there are so many: a burst of a device.
    ///
    /// The slots lie in one word: at most 62 (30 on 32-bit targets), and runs do not cross words.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::Pool;
    ///
    /// let pool = Pool::new([0_u8; 8]);
    /// let run = pool.try_acquire_run(3).expect("eight are free");
    /// let indices: Vec<usize> = run.map(|loan| loan.index()).collect();
    /// assert_eq!(indices, [0, 1, 2]);
    /// assert_eq!(pool.available(), 8);
    /// ```
    #[must_use = "a run that is not kept gives its slots back at once"]
    pub fn try_acquire_run(&self, length: usize) -> Option<Run<&Self>> {
        let home = self;
        let first = home.raw().0.claim_run(length)?;
        // SAFETY: just claimed.
        Some(unsafe { Run::new(home, first, length) })
    }
}

/// Acquires from a pool that nobody else acquires from: a camera has one acquiring thread.
///
/// It takes all free slots of a word at once, and hands them out without touching shared memory.
/// Slots that it has taken and not handed out count as lent; they go back when it is dropped.
pub struct Exclusive<H: Home> {
    home: H,
    word: usize,
    /// Free slots of `word` that this acquirer holds.
    cache: Word,
}

impl<H: Home> Exclusive<H> {
    /// Lends a free slot, if there is one: as [`PoolIn::try_acquire`].
    #[inline]
    #[must_use = "a loan that is not kept gives its slot back at once"]
    pub fn try_acquire(&mut self) -> Option<Loan<H>> {
        if self.cache == 0 {
            // Nobody else can close the pool meanwhile: it is borrowed for this acquirer alone.
            (self.word, self.cache) = self.home.raw().0.claim_word(self.word)?;
        }
        let slot = word::lowest_free(self.cache)?;
        self.cache &= !word::bit(slot);
        // SAFETY: claimed with its word, and not handed out yet.
        Some(unsafe { Loan::new(self.home, self.word * SLOTS_PER_WORD + slot) })
    }
}

impl<H: Home> Drop for Exclusive<H> {
    fn drop(&mut self) {
        while let Some(slot) = word::lowest_free(self.cache) {
            self.cache &= !word::bit(slot);
            // SAFETY: claimed with its word, and not handed out.
            unsafe { self.home.release(self.word * SLOTS_PER_WORD + slot) };
        }
    }
}

impl<H: Home> fmt::Debug for Exclusive<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exclusive")
            .field("cached", &word::permits(self.cache))
            .finish_non_exhaustive()
    }
}
