//! The free list and the permit count: one atomic word, or several on lines of their own.
//!
//! Claiming a slot resets its bit, giving it back adds its bit: each is one read-modify-write that
//! cannot fail because of other slots. Flags travel in the same word, so a release learns from the
//! value that it replaces whether somebody waits.

use crate::sync::{AtomicWord, Ordering, Peek, Statistic, const_unless_loom};
use crate::word::{self, ORPHANED, WAITERS, Word};

/// One word, and apart from it the mark of the highest slot that was ever lent from it.
///
/// The lowest free slot is claimed, or one that was lent before. So whoever claims slot `i` for the
/// first time has seen slots `0..i` on loan: the mark is the high-water mark of this word. A claim
/// that races with a release may count one too many.
#[derive(Debug)]
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
#[doc(hidden)]
pub struct Line {
    word: AtomicWord,
    #[cfg(target_pointer_width = "64")]
    _apart: [u64; 7],
    mark: Statistic,
}

impl Line {
    const_unless_loom! {
        /// Makes a line whose free slots are those of `bits`.
        pub(crate) const fn new(bits: Word) -> Self {
            Self {
                word: AtomicWord::new(bits),
                #[cfg(target_pointer_width = "64")]
                _apart: [0; 7],
                mark: Statistic::new(0),
            }
        }
    }

    /// Claims the lowest free slot that it sees. `None` may be stale.
    #[inline]
    pub(crate) fn claim_lowest(&self) -> Option<usize> {
        // Ordering: Relaxed: a guess; the claim below decides.
        while let Some(slot) = word::lowest_free(self.word.peek(Ordering::Relaxed)) {
            if self.claim(slot) {
                self.note(slot);
                return Some(slot);
            }
        }
        None
    }

    /// Claims this slot if it is free.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | bit set | bit clear | `true` |
    /// | bit clear | same | `false` |
    #[inline(always)]
    pub(crate) fn claim(&self, slot: usize) -> bool {
        let bit = word::bit(slot);
        // Ordering: Acquire pairs with the Release of `give`: what the last holder did to the slot
        // is visible to this one (I4). Testing the one bit makes this a bit-test-and-reset.
        self.word.fetch_and(!bit, Ordering::Acquire) & bit != 0
    }

    /// Claims, all at once, the slots that `choose` picks from the bits of the free ones.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | the chosen bits set | those bits clear | `Some` of them |
    /// | nothing to choose | same | `None` |
    pub(crate) fn claim_chosen(&self, choose: impl Fn(Word) -> Option<Word>) -> Option<Word> {
        // Ordering: Relaxed. A read-modify-write acts on the newest value whatever its ordering,
        // so that "nothing to choose" is not a stale answer.
        let mut old = self.word.fetch_or(0, Ordering::Relaxed);
        loop {
            let bits = choose(word::free_bits(old))?;
            // Ordering: Acquire as in `claim`. Relaxed on failure: only a retry follows.
            match self.word.compare_exchange_weak(
                old,
                old & !bits,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    self.note_all(bits);
                    return Some(bits);
                }
                Err(newer) => old = newer,
            }
        }
    }

    /// Claims every free slot at once, and returns their bits.
    pub(crate) fn claim_all(&self) -> Word {
        // Ordering: Acquire as in `claim`, for each of the slots.
        let bits = word::free_bits(self.word.fetch_and(ORPHANED | WAITERS, Ordering::Acquire));
        self.note_all(bits);
        bits
    }

    /// Adds slot bits that are clear, and returns the word as it was before.
    ///
    /// | before | after |
    /// |---|---|
    /// | `bits` clear | `bits` set |
    ///
    /// The line may be gone after this, freed by whoever was last (I7): hence a pointer.
    ///
    /// # Safety
    /// - `this` points to a line that lives as long as those slots are not given back.
    #[inline(always)]
    pub(crate) unsafe fn give(this: *const Self, bits: Word) -> Word {
        // SAFETY: not given back yet. An atomic is all interior: the reference claims nothing of
        // its memory once the addition is done.
        let word = unsafe { &(*this).word };
        // Ordering: Release publishes what this holder did to the slot; pairs with the Acquire of
        // `claim` (I4), and with that of whoever frees the memory (I7).
        word.fetch_add(bits, Ordering::Release)
    }

    /// Takes back bits that were added twice: the caller gave what it did not hold (I8).
    pub(crate) fn undo(&self, bits: Word) {
        // Ordering: Relaxed: publishes no slot.
        self.word.fetch_sub(bits, Ordering::Relaxed);
    }

    /// Raises WAITERS, and returns the free slots at that instant.
    pub(crate) fn announce(&self) -> Word {
        // Ordering: Release: a claim that takes a slot given back after this sees the gate as it
        // was set before. Nothing is read through this.
        word::free_bits(self.word.fetch_or(WAITERS, Ordering::Release))
    }

    /// Raises ORPHANED, and returns the free slots at that instant.
    ///
    /// The line may be gone after this, freed by whoever completes it: hence a pointer.
    ///
    /// # Safety
    /// - `this` points to a line that is not orphaned yet.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "owned pools are on the heap"))]
    pub(crate) unsafe fn orphan(this: *const Self) -> Word {
        // SAFETY: alive, as it is not orphaned yet. An atomic is all interior: the reference claims
        // nothing of its memory once the flag is up.
        let word = unsafe { &(*this).word };
        // Ordering: Release: the release that completes the word has all that the handles did (I7).
        word::free_bits(word.fetch_or(ORPHANED, Ordering::Release))
    }

    /// Takes the WAITERS flag down.
    pub(crate) fn retract(&self) {
        // Ordering: Relaxed: a release that still sees the flag looks for waiters under their lock.
        self.word.fetch_and(!WAITERS, Ordering::Relaxed);
    }

    /// Orders what all former holders did before what follows: for whoever frees the memory.
    pub(crate) fn synchronize(&self) {
        // Ordering: Acquire pairs with the Release of each `give`, through the chain of
        // read-modify-writes that leads here (I7).
        self.word.load(Ordering::Acquire);
    }

    /// Returns the free slots, in a way that cannot be stale.
    pub(crate) fn newest(&self) -> Word {
        // Ordering: Relaxed. A read-modify-write acts on the newest value whatever its ordering,
        // which is all that is wanted: a plain load could miss a release that came before.
        word::free_bits(self.word.fetch_or(0, Ordering::Relaxed))
    }

    /// Returns the permits: a snapshot.
    pub(crate) fn permits(&self) -> usize {
        // Ordering: Relaxed: a snapshot, which publishes nothing.
        word::permits(self.word.load(Ordering::Relaxed))
    }

    /// Notes that a slot was lent.
    #[inline(always)]
    pub(crate) fn note(&self, slot: usize) {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        if slot >= self.mark.load(Ordering::Relaxed) {
            self.raise_mark(slot + 1);
        }
    }

    fn note_all(&self, bits: Word) {
        if let Some(highest) = word::highest_free(bits) {
            self.note(highest);
        }
    }

    #[cold]
    fn raise_mark(&self, mark: usize) {
        // Ordering: Relaxed: a statistic; the maximum alone matters.
        self.mark.fetch_max(mark, Ordering::Relaxed);
    }

    /// Returns one more than the highest slot that was ever lent from this line.
    pub(crate) fn mark(&self) -> usize {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        self.mark.load(Ordering::Relaxed)
    }
}
