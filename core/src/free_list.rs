//! The free list and the permit count: one atomic word, or several on lines of their own.
//!
//! Claiming a slot resets its bit, giving it back adds its bit: each is one read-modify-write. Where
//! the slot is known beforehand it cannot fail because of other slots. Flags travel in the same word,
//! so a release learns from the value that it replaces whether somebody waits.

use crate::sync::{AtomicWord, Ordering, Peek, Statistic, const_unless_loom};
use crate::word::{self, FLAG, ORPHANED, WAITERS, Word};
use core::fmt;

/// Whether a word keeps a high-water mark.
///
/// The lowest free slot is claimed, or one that was lent before. So whoever claims slot `i` for the
/// first time has seen slots `0..i` on loan: one more than the highest slot that was ever lent is
/// the most that were. A claim that races with a release may count one too many.
#[doc(hidden)]
pub trait Mark: fmt::Debug {
    /// Notes that a slot was lent.
    fn note(&self, slot: usize);

    /// Returns one more than the highest slot that was ever lent, if that is kept.
    fn get(&self) -> Option<usize>;
}

/// Keeps it.
#[derive(Debug)]
#[doc(hidden)]
pub struct HighWater(Statistic);

impl HighWater {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self(Statistic::new(0))
        }
    }

    #[cold]
    fn raise(&self, mark: usize) {
        // Ordering: Relaxed: a statistic; the maximum alone matters.
        self.0.fetch_max(mark, Ordering::Relaxed);
    }
}

impl Mark for HighWater {
    #[inline(always)]
    fn note(&self, slot: usize) {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        if slot >= self.0.load(Ordering::Relaxed) {
            self.raise(slot + 1);
        }
    }

    fn get(&self) -> Option<usize> {
        // Ordering: Relaxed: a statistic, which publishes nothing.
        Some(self.0.load(Ordering::Relaxed))
    }
}

/// Saves its memory and its instructions.
#[derive(Debug)]
#[doc(hidden)]
pub struct Unmarked;

impl Mark for Unmarked {
    #[inline(always)]
    fn note(&self, _slot: usize) {}

    fn get(&self) -> Option<usize> {
        None
    }
}

/// One word, and its mark apart from it.
#[derive(Debug)]
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
#[doc(hidden)]
pub struct Line<M = HighWater> {
    word: AtomicWord,
    #[cfg(target_pointer_width = "64")]
    _apart: [u64; 7],
    mark: M,
}

impl<M> Line<M> {
    const_unless_loom! {
        /// Makes a line whose free slots are those of `bits`.
        pub(crate) const fn new(bits: Word, mark: M) -> Self {
            Self {
                word: AtomicWord::new(bits),
                #[cfg(target_pointer_width = "64")]
                _apart: [0; 7],
                mark,
            }
        }
    }
}

impl<M: Mark> Line<M> {
    /// Tries once to claim the lowest free slot. `None` also if somebody waits, or by chance.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | slots free, no flag up | the lowest slot's bit clear | `Some`, or `None` and the same |
    /// | other | same | `None` |
    #[inline(always)]
    pub(crate) fn claim_at_once(&self) -> Option<usize> {
        // Ordering: Relaxed: a guess; the exchange decides.
        let seen = self.word.peek(Ordering::Relaxed);
        let (slot, rest) = word::claim_lowest(seen)?;
        // Ordering: Acquire as in `claim`. Relaxed on failure: nothing was claimed.
        self.word.compare_exchange_weak(seen, rest, Ordering::Acquire, Ordering::Relaxed).ok()?;
        self.note(slot);
        Some(slot)
    }

    /// Claims the lowest free slot that it sees, whoever waits. `None` may be stale.
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
        let bits = word::free_bits(self.word.fetch_and(FLAG, Ordering::Acquire));
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
        // was set before; a release that finds the flag sees the pool's number (its fence).
        word::free_bits(self.word.fetch_or(WAITERS, Ordering::Release))
    }

    /// Puts ORPHANED in the place of WAITERS, and returns the free slots at that instant.
    ///
    /// The line may be gone after this, freed by whoever completes it: hence a pointer.
    ///
    /// # Safety
    /// - `this` points to a line of a closed pool, hence with WAITERS up.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "owned pools are on the heap"))]
    pub(crate) unsafe fn orphan(this: *const Self) -> Word {
        // SAFETY: alive, as it is not orphaned yet. An atomic is all interior: the reference claims
        // nothing of its memory once the flag is up.
        let word = unsafe { &(*this).word };
        // Ordering: Release: the release that completes the word, and frees the pool, has all that
        // the handles did (I7), the last one's closing included.
        word::free_bits(word.fetch_xor(WAITERS ^ ORPHANED, Ordering::Release))
    }

    /// Takes WAITERS down.
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
        self.mark.note(slot);
    }

    fn note_all(&self, bits: Word) {
        if let Some(highest) = word::highest_free(bits) {
            self.note(highest);
        }
    }

    /// Returns one more than the highest slot that was ever lent from this line, if that is kept.
    pub(crate) fn mark(&self) -> Option<usize> {
        self.mark.get()
    }

    /// Returns whether WAITERS or ORPHANED is up.
    #[cfg(framepool_loom)]
    pub(crate) fn is_flagged(&self) -> bool {
        // Ordering: Relaxed: whoever asks has joined all others.
        self.word.load(Ordering::Relaxed) & FLAG != 0
    }
}
