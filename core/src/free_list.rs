//! The free list and the permit count: one atomic word.
//!
//! Claiming clears a slot's bit, giving sets it; both are one read-modify-write on the whole
//! word, so each sees at once whether somebody waits or the pool is closed.

use crate::sync::{AtomicWord, Ordering, Peek, const_unless_loom};
use crate::word::{self, CLOSED, WAITERS, Word};

/// What a claim found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The slot of this index is the caller's.
    Slot(usize),
    /// No slot was free at the instant of the answer.
    Empty,
    /// The pool is closed.
    Closed,
}

/// What giving a slot back did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Give {
    /// The slot is free again; other slots are out, or the pool is open.
    Done,
    /// The slot is free again, every slot is, and the pool is closed: nobody will come again.
    LastOfClosed,
    /// Nothing changed: somebody waits and must be handed the slot.
    Waiters,
    /// Nothing changed: the slot was free already, or is not one of these (I8).
    NotLent,
}

#[derive(Debug)]
pub(crate) struct FreeList {
    word: AtomicWord,
    all: Word,
}

impl FreeList {
    const_unless_loom! {
        /// Makes a list of `capacity` free slots.
        pub(crate) const fn new(capacity: usize) -> Self {
            let all = word::all_free(capacity);
            Self { word: AtomicWord::new(all), all }
        }
    }

    const_unless_loom! {
        /// Makes a list of `capacity` free slots and one more, of index `capacity`, that is lent
        /// from the start: the keeper's, who gives it back when no caller is left.
        pub(crate) const fn with_keeper(capacity: usize) -> Self {
            let word = AtomicWord::new(word::all_free(capacity));
            Self { word, all: word::all_free(capacity + 1) }
        }
    }

    /// Claims the lowest free slot.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | CLOSED | same | `Closed` |
    /// | no slot bit | same | `Empty` |
    /// | lowest slot bit `i` set | bit `i` clear | `Slot(i)` |
    #[inline]
    pub(crate) fn claim(&self) -> Claim {
        // Ordering: Relaxed, since the exchange below decides on the value it replaces.
        let mut old = self.word.peek(Ordering::Relaxed);
        loop {
            if old & CLOSED != 0 {
                return Claim::Closed;
            }
            let Some(index) = word::lowest_free(old) else {
                match self.confirm_empty() {
                    None => return Claim::Empty,
                    Some(newer) => {
                        old = newer;
                        continue;
                    }
                }
            };
            // Ordering: Acquire pairs with the Release in `give`: what the last holder did to
            // the slot is visible to this one (I4). Relaxed on failure: only a retry follows.
            match self.word.compare_exchange_weak(
                old,
                old & !word::bit(index),
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Claim::Slot(index),
                Err(newer) => old = newer,
            }
        }
    }

    /// Reads the word in a way that cannot be stale; `None` when it shows no slot and no closing.
    #[cold]
    fn confirm_empty(&self) -> Option<Word> {
        // Ordering: Relaxed. A read-modify-write acts on the newest value whatever its ordering,
        // which is all that is wanted: a plain load could miss a release that came before.
        let newest = self.word.fetch_or(0, Ordering::Relaxed);
        (word::free_bits(newest) != 0 || newest & CLOSED != 0).then_some(newest)
    }

    /// Claims a slot, or else announces a waiter. The caller holds the waiters' lock.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | CLOSED | same | `Closed` |
    /// | no slot bit | WAITERS | `Empty` |
    /// | lowest slot bit `i` set | bit `i` clear | `Slot(i)` |
    pub(crate) fn claim_or_announce(&self) -> Claim {
        // Ordering: Relaxed, since the exchange below decides on the value it replaces.
        let mut old = self.word.peek(Ordering::Relaxed);
        loop {
            if old & CLOSED != 0 {
                return Claim::Closed;
            }
            let (new, claim) = match word::lowest_free(old) {
                Some(index) => (old & !word::bit(index), Claim::Slot(index)),
                None => (old | WAITERS, Claim::Empty),
            };
            // Ordering: Acquire for the claim, as in `claim`; the flag itself publishes nothing,
            // since the queue behind it is read under the waiters' lock only.
            match self.word.compare_exchange_weak(old, new, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return claim,
                Err(newer) => old = newer,
            }
        }
    }

    /// Takes the WAITERS flag down. The caller holds the waiters' lock and its queue is empty.
    pub(crate) fn retract_announcement(&self) {
        // Ordering: Relaxed: a release that still sees the flag takes the lock and looks again.
        self.word.fetch_and(!WAITERS, Ordering::Relaxed);
    }

    /// Sets the slot's bit, unless somebody waits for it.
    ///
    /// | before | after | answer |
    /// |---|---|---|
    /// | bit `index` set, or no such slot | same | `NotLent` |
    /// | WAITERS | same | `Waiters` |
    /// | else | bit `index` set | `LastOfClosed` if CLOSED and every slot bit set, else `Done` |
    ///
    /// After `Done` the list may be gone, freed by whoever was last (I7). So nothing of it is
    /// read after the exchange, and it is passed as a pointer: a reference would claim that it
    /// lives until this function returns.
    ///
    /// # Safety
    /// - `this` points to a list that lives as long as the caller's slot is not given back.
    #[inline]
    pub(crate) unsafe fn give(this: *const Self, index: usize) -> Give {
        let bit = word::bit(index);
        // SAFETY: not given back yet.
        let all = unsafe { (*this).all };
        // SAFETY: not given back yet. An atomic is all interior: the reference claims nothing of
        // its memory once the exchange is done.
        let word = unsafe { &(*this).word };
        // Ordering: Relaxed, since the exchange below decides on the value it replaces.
        let mut old = word.peek(Ordering::Relaxed);
        loop {
            if old & bit != 0 || all & bit == 0 {
                return Give::NotLent;
            }
            if old & WAITERS != 0 {
                return Give::Waiters;
            }
            // Ordering: Release publishes what this holder did to the slot; pairs with the
            // Acquire in `claim` (I4). Acquire for the one that sees itself to be the last: all
            // that earlier holders did happens before the memory is freed (I7).
            match word.compare_exchange_weak(old, old | bit, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if old | bit == all | CLOSED => return Give::LastOfClosed,
                Ok(_) => return Give::Done,
                Err(newer) => old = newer,
            }
        }
    }

    /// Closes the list and takes the WAITERS flag down. The caller holds the waiters' lock.
    pub(crate) fn close(&self) {
        // Ordering: Relaxed: loads and queue are settled under the waiters' lock.
        let mut old = self.word.peek(Ordering::Relaxed);
        // Ordering: Relaxed: closing publishes no slot, it only stops claims.
        while let Err(newer) = self.word.compare_exchange_weak(
            old,
            (old | CLOSED) & !WAITERS,
            Ordering::Relaxed,
            Ordering::Relaxed,
        ) {
            old = newer;
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        // Ordering: Relaxed: a snapshot, which publishes nothing.
        self.word.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Returns the permits: a snapshot.
    pub(crate) fn permits(&self) -> usize {
        // Ordering: Relaxed: a snapshot, which publishes nothing.
        word::permits(self.word.load(Ordering::Relaxed))
    }
}
