//! The free list and the permit count: one atomic word, or several on lines of their own.
//!
//! Claiming a slot resets its bit, giving it back adds its bit: each is one read-modify-write. Where
//! the slot is known beforehand it cannot fail because of other slots. Flags travel in the same word,
//! so a release learns from the value that it replaces whether the word is watched.

use super::recent::Recent;
use super::word::{self, FLAG, ORPHANED, WATCHED, Word};
use crate::sync::{AtomicWord, Ordering, Peek, Statistic, const_unless_loom};
use core::fmt;

/// Whether a word keeps a high-water mark.
///
/// A claim takes the lowest free slot, or one that was lent before. So the first claim of slot `i` has
/// seen slots `0..i` on loan: one more than the highest slot that was ever lent is the most that were.
/// A claim that races with a release may count one too many.
pub trait Mark: fmt::Debug {
    /// Notes that a slot was lent.
    fn note(&self, slot: usize);

    /// Returns one more than the highest slot that was ever lent, if that is kept.
    fn get(&self) -> Option<usize>;
}

/// Keeps the mark.
#[derive(Debug)]
pub struct HighWater(Statistic);

impl HighWater {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
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

/// Keeps none, which saves memory and instructions.
#[derive(Debug)]
pub struct Unmarked;

impl Mark for Unmarked {
    #[inline(always)]
    fn note(&self, _slot: usize) {}

    fn get(&self) -> Option<usize> {
        None
    }
}

/// A state word on a cache line of its own, and apart from it what changes less often.
#[derive(Debug)]
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
pub struct Line<M = HighWater> {
    word: AtomicWord,
    #[cfg(target_pointer_width = "64")]
    _apart: [u64; 7],
    recent: Recent,
    mark: M,
}

impl<M> Line<M> {
    const_unless_loom! {
        /// Makes a line whose free slots are those of `bits`.
        pub(super) const fn new(bits: Word, mark: M) -> Self {
            Self {
                word: AtomicWord::new(bits),
                #[cfg(target_pointer_width = "64")]
                _apart: [0; 7],
                recent: Recent::new(),
                mark,
            }
        }
    }
}

impl<M: Mark> Line<M> {
    /// Fast path: tries once to claim the slot that came back last, or if that is not free, the lowest.
    /// `None` also while the word is watched, and when the claim fails, be it spuriously.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | slots free, no flag set | one of their bits clear | `Some`, or `None` and the same |
    /// | other | same | `None` |
    #[inline(always)]
    pub(super) fn claim_fast(&self) -> Option<usize> {
        // Ordering: Relaxed: a guess; the claim decides.
        let seen = self.word.peek(Ordering::Relaxed);
        let recent = self.recent.get();
        if word::is_free_and_unwatched(seen, recent) {
            return if self.claim(recent) { Some(recent) } else { self.contend() };
        }
        let (slot, rest) = word::claim_lowest(seen)?;
        // Ordering: Acquire as in `claim`. Relaxed on failure: nothing was claimed.
        self.word.compare_exchange_weak(seen, rest, Ordering::Acquire, Ordering::Relaxed).ok()?;
        self.note(slot);
        Some(slot)
    }

    /// Another thread has just taken the slot that came back last.
    #[cold]
    fn contend(&self) -> Option<usize> {
        self.recent.give_up();
        None
    }

    /// Returns the slot that came back last, or if that is not kept `own`.
    #[inline(always)]
    pub(super) fn recent_or(&self, own: usize) -> usize {
        self.recent.get_or(own)
    }

    /// Notes that this slot comes back. Before it does: then the line may be gone.
    #[inline(always)]
    pub(super) fn note_return(&self, slot: usize) {
        self.recent.note(slot);
    }

    /// Claims the lowest free slot that it sees, in a watched word too. `None` may be stale.
    #[inline]
    pub(super) fn claim_lowest(&self) -> Option<usize> {
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
    pub(super) fn claim(&self, slot: usize) -> bool {
        let bit = word::bit(slot);
        // Ordering: Acquire pairs with the Release of `give`: what the last holder did to the slot
        // is visible to the new one (I4). Testing the one bit makes this a bit-test-and-reset.
        self.word.fetch_and(!bit, Ordering::Acquire) & bit != 0
    }

    /// Claims, in one step, the slots that `choose` picks from the bits of the free ones.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | the chosen bits set | those bits clear | `Some` of them |
    /// | nothing to choose | same | `None` |
    pub(super) fn claim_chosen(&self, choose: impl Fn(Word) -> Option<Word>) -> Option<Word> {
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

    /// Claims every free slot in one step, and returns their bits.
    pub(super) fn claim_all(&self) -> Word {
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
    /// Once the bits are set another thread may complete the pool's last word and free the line (I7):
    /// hence a pointer.
    ///
    /// # Safety
    /// - `this` points to a line that lives as long as those slots are not given back.
    #[inline(always)]
    pub(super) unsafe fn give(this: *const Self, bits: Word, order: Ordering) -> Word {
        // SAFETY: not given back yet. An atomic is all interior: the reference claims nothing of
        // its memory once the addition is done.
        let word = unsafe { &(*this).word };
        // Ordering: `order` is Release or more, which publishes what this holder did to the slot; pairs
        // with the Acquire of `claim` (I4), and with that of `synchronize` in the thread that frees the
        // memory (I7).
        word.fetch_add(bits, order)
    }

    /// Takes back bits that were added twice: the caller gave a slot that it did not hold (I8).
    pub(super) fn undo(&self, bits: Word) {
        // Ordering: Relaxed: publishes no slot.
        self.word.fetch_sub(bits, Ordering::Relaxed);
    }

    /// Sets WATCHED.
    pub(super) fn watch(&self) {
        self.set_watched();
    }

    /// Claims the lowest free slot, or if there is none, sees to it that the word is watched.
    pub(super) fn claim_or_watch(&self) -> Option<usize> {
        // Ordering: Relaxed: if it is watched and nothing is free, no release has reported since what is
        // known was looked at, or it will be noticed.
        let seen = self.word.peek(Ordering::Relaxed);
        let mut free =
            if seen & FLAG == WATCHED { word::free_bits(seen) } else { self.set_watched() };
        while let Some(slot) = word::lowest(free) {
            if self.claim(slot) {
                self.note(slot);
                return Some(slot);
            }
            free &= !word::bit(slot);
        }
        None
    }

    /// Sets WATCHED, and returns the free slots at that instant.
    fn set_watched(&self) -> Word {
        // Ordering: Release: a thread that claims a slot which came back after this sees, from then on,
        // that a task waits; and publishes how to serve to a release that finds the flag.
        word::free_bits(self.word.fetch_or(WATCHED, Ordering::Release))
    }

    /// Returns whether the word is watched though slots are free in it: a guess.
    pub(super) fn is_watched_and_free(&self) -> bool {
        // Ordering: Relaxed: a guess.
        let seen = self.word.peek(Ordering::Relaxed);
        seen & FLAG == WATCHED && word::free_bits(seen) != 0
    }

    /// Replaces WATCHED by ORPHANED, and returns the free slots at that instant.
    ///
    /// From then on the release that completes the word may free the line: hence a pointer.
    ///
    /// # Safety
    /// - `this` points to a line of a closed pool, hence watched.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "shared pools are on the heap"))]
    pub(super) unsafe fn orphan(this: *const Self) -> Word {
        // SAFETY: alive, as it is not orphaned yet. An atomic is all interior: the reference claims
        // nothing of its memory once the flag is set.
        let word = unsafe { &(*this).word };
        // Ordering: Release: the release that completes the word, and frees the pool, has all that
        // the handles did (I7), the last one's closing included.
        word::free_bits(word.fetch_xor(WATCHED ^ ORPHANED, Ordering::Release))
    }

    /// Clears WATCHED.
    pub(super) fn clear_watched(&self) {
        // Ordering: Release: a release that finds no flag knows that what was confirmed before is so no
        // longer.
        self.word.fetch_and(!WATCHED, Ordering::Release);
    }

    /// Orders what all former holders did before what follows: for the thread that frees the memory.
    pub(super) fn synchronize(&self) {
        // Ordering: Acquire pairs with the Release of each `give`, through the chain of
        // read-modify-writes that leads here (I7).
        self.word.load(Ordering::Acquire);
    }

    /// Returns the free slots, in a way that cannot be stale.
    pub(super) fn newest(&self) -> Word {
        // Ordering: Relaxed. A read-modify-write acts on the newest value whatever its ordering,
        // and no more is needed: a plain load could miss a release that came before.
        word::free_bits(self.word.fetch_or(0, Ordering::Relaxed))
    }

    /// Returns whether exactly these slots are free, in a way that cannot be stale. If so, what all former
    /// holders did happens before what follows.
    #[cfg(feature = "alloc")]
    pub(super) fn is_whole(&self, whole: Word) -> bool {
        // Ordering: Acquire pairs with the Release of each `give` (I7).
        word::free_bits(self.word.fetch_or(0, Ordering::Acquire)) == whole
    }

    /// Returns the permits: a snapshot.
    pub(super) fn permits(&self) -> usize {
        // Ordering: Relaxed: a snapshot, which publishes nothing.
        word::permits(self.word.load(Ordering::Relaxed))
    }

    /// Notes that a slot was lent.
    #[inline(always)]
    pub(super) fn note(&self, slot: usize) {
        self.mark.note(slot);
    }

    fn note_all(&self, bits: Word) {
        if let Some(highest) = word::highest_free(bits) {
            self.note(highest);
        }
    }

    /// Returns one more than the highest slot that was ever lent from this line, if that is kept.
    pub(super) fn mark(&self) -> Option<usize> {
        self.mark.get()
    }

    /// Returns whether WATCHED or ORPHANED is set.
    #[cfg(framepool_loom)]
    pub(super) fn is_flagged(&self) -> bool {
        // Ordering: Relaxed: the model has joined all other threads.
        self.word.load(Ordering::Relaxed) & FLAG != 0
    }
}
