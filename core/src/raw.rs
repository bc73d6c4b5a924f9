//! The pool without its memory: free list, gate and waiters; slots are bit indices here.
//!
//! ```text
//!   claim    fast path: one exchange of a word in which WAITERS is not set
//!            slow path, or with a hint: gate == 0: resets a bit, and touches nothing else
//!            gate != 0: asks under the waiters' lock whether a caller that is not queued may claim
//!   release  adds the bit; the word that it replaced tells whether a waiter is queued, and then
//!            the releasing thread claims a free slot and hands it to the oldest waiter
//! ```
//!
//! The gate lies apart from the words, so that reading it is free while it does not change; it is
//! changed under the waiters' lock. A slot given back while a task waits is visible for a moment,
//! but every claim that began after the waiter queued sees the gate. A claim that takes the slot in
//! that moment began before, and its release serves in turn: no wake-up is lost (I5).
//!
//! ```text
//!   word <- free_list <- bookkeeping <- raw <- waiting        word <- waiters <- raw
//! ```

mod bookkeeping;
mod free_list;
mod waiters;
mod waiting;
mod word;

pub use bookkeeping::ShareCount;
pub(crate) use bookkeeping::{
    Bare, Bookkeeping, Counted, Exactly, Fixed, Header, Subset, check_slots,
};
#[cfg(feature = "alloc")]
pub(crate) use bookkeeping::{OnHeap, reserve};
pub(crate) use free_list::{HighWater, Line};
pub(crate) use waiters::Node;
pub(crate) use word::{BitIndex, SLOTS_PER_WORD, SlotSet};

use crate::sync::{
    Alive, AtomicU32, AtomicUsize, Ordering, Peek, const_unless_loom, fence, global,
};
use bookkeeping::Extent;
use waiters::Id;
use word::{FLAG, WAITERS, Word};

/// What became of a released slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Release {
    /// It is free, or with the oldest waiter.
    Done,
    /// It was the last one out of an orphaned pool: the caller frees the memory, no other thread will.
    Last,
    /// It was not on loan, and is as free as before (I8).
    NotLent,
}

/// Where a caller found a slot before, and whether to try there first without looking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hint {
    bit: BitIndex,
    sure: bool,
}

global! {
    static HINTS: [AtomicUsize; 1] = [AtomicUsize::new(0); 1];
}

/// A word whose slots are all free.
const WHOLE: Word = word::first(SLOTS_PER_WORD);

/// The gate: how many tasks wait, and whether the pool is closed.
const CLOSED: u32 = 1;
const ONE_WAITER: u32 = 2;

// `repr(C)`: the first word comes first.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RawPool<B: Bookkeeping> {
    bookkeeping: B,
    stable: Stable<B::Extent>,
}

/// What claims read and what seldom changes: on a line that nothing else writes to.
#[derive(Debug)]
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
struct Stable<E> {
    gate: AtomicU32,
    /// [`Id::NONE`] until a task waits, the pool is closed, or several words are scanned under the
    /// lock; shared pools have theirs from the start.
    id: AtomicUsize,
    extent: E,
    alive: Alive,
}

impl<B: Bookkeeping> RawPool<B> {
    const_unless_loom! {
        /// Makes a pool of the words of `bookkeeping`, which was made for slots of this `extent`.
        pub(crate) const fn new(bookkeeping: B, extent: B::Extent) -> Self {
            let stable = Stable {
                gate: AtomicU32::new(0),
                id: AtomicUsize::new(Id::NONE.number()),
                extent,
                alive: Alive::new(),
            };
            Self { bookkeeping, stable }
        }
    }

    /// Returns the number of slots.
    pub(crate) fn capacity(&self) -> usize {
        let full_words = self.bookkeeping.lines().len() - 1;
        full_words * SLOTS_PER_WORD + word::permits(self.stable.extent.last_word())
    }

    /// Returns a word as it is when all of its slots are free.
    #[inline(always)]
    fn whole(&self, word: usize) -> Word {
        self.stable.alive.look();
        let last = word + 1 == self.bookkeeping.lines().len();
        if last { self.stable.extent.last_word() } else { WHOLE }
    }

    /// Fast path: claims a slot if one exchange does it. `None` says nothing.
    ///
    /// The exchange need not read the gate: WAITERS is set before a waiter is queued, or the pool
    /// closed, and the exchange fails.
    #[inline(always)]
    pub(crate) fn claim_fast(&self) -> Option<BitIndex> {
        Some(BitIndex::new(0, self.line(0).claim_fast()?))
    }

    /// Slow path: claims a slot if one is free. `None`: none was, at an instant during this call, or
    /// those that were are due to waiters, or the pool is closed.
    #[inline(always)]
    pub(crate) fn claim(&self) -> Option<BitIndex> {
        if self.gate() != 0 && !self.may_claim() {
            return None;
        }
        self.scan(0)
    }

    /// Makes a caller's hint; hints begin in different words.
    pub(crate) fn new_hint(&self) -> Hint {
        let words = self.bookkeeping.lines().len();
        if words == 1 {
            return Hint { bit: BitIndex::new(0, 0), sure: false };
        }
        // Ordering: Relaxed: a number, which publishes nothing.
        let word = HINTS[0].fetch_add(1, Ordering::Relaxed) % words;
        Hint { bit: BitIndex::new(word, 0), sure: false }
    }

    /// Claims a slot, the one found last if it is free again.
    #[inline]
    pub(crate) fn claim_hinted(&self, hint: &mut Hint) -> Option<BitIndex> {
        if self.gate() != 0 && !self.may_claim() {
            return None;
        }
        let word = self.word_of(hint.bit);
        if hint.sure && self.line(word).claim(hint.bit.slot()) {
            return Some(hint.bit);
        }
        let bit = self.claim_from(word)?;
        // Found again where it was before: next time it is tried without looking.
        *hint = Hint { bit, sure: bit == hint.bit };
        Some(bit)
    }

    /// Claims a free slot: the lowest of this word, or if it has none, of another.
    #[inline]
    fn claim_from(&self, word: usize) -> Option<BitIndex> {
        match self.line(word).claim_lowest() {
            Some(slot) => Some(BitIndex::new(word, slot)),
            None => self.scan(word),
        }
    }

    /// Claims the lowest free slot of the first word from `first` on that has one, and if none has,
    /// makes sure of it.
    #[cold]
    fn scan(&self, first: usize) -> Option<BitIndex> {
        let lines = self.bookkeeping.lines();
        if lines.len() == 1 {
            return self.scan_newest();
        }
        for offset in 0..lines.len() {
            let word = (first + offset) % lines.len();
            if let Some(slot) = lines[word].claim_lowest() {
                return Some(BitIndex::new(word, slot));
            }
        }
        self.confirm(Self::set_waiters_and_scan)
    }

    /// Claims any slot that is free when its word is read, which is never a stale read.
    fn scan_newest(&self) -> Option<BitIndex> {
        for (word, line) in self.bookkeeping.lines().iter().enumerate() {
            while let Some(slot) = word::lowest(line.newest()) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(BitIndex::new(word, slot));
                }
            }
        }
        None
    }

    /// Claims `length` adjacent slots of one word, in one step.
    pub(crate) fn claim_run(&self, length: usize) -> Option<SlotSet> {
        self.claim_chosen(|free| word::lowest_run(free, length))
    }

    /// Claims `count` slots of one word, in one step.
    pub(crate) fn claim_some(&self, count: usize) -> Option<SlotSet> {
        self.claim_chosen(|free| word::lowest_few(free, count))
    }

    /// Claims, in one step, the slots of one word that `choose` picks from its free ones. What is not
    /// even in a whole word is refused at once.
    fn claim_chosen(&self, choose: impl Fn(Word) -> Option<Word>) -> Option<SlotSet> {
        if self.gate() != 0 && !self.may_claim() {
            return None;
        }
        let found = self.scan_chosen(&choose);
        if found.is_some() || self.bookkeeping.lines().len() == 1 || choose(WHOLE).is_none() {
            return found;
        }
        self.confirm(|pool| {
            for line in pool.bookkeeping.lines() {
                line.set_waiters();
            }
            pool.scan_chosen(&choose)
        })
    }

    fn scan_chosen(&self, choose: impl Fn(Word) -> Option<Word>) -> Option<SlotSet> {
        let mut lines = self.bookkeeping.lines().iter().enumerate();
        lines.find_map(|(word, line)| Some(SlotSet::new(word, line.claim_chosen(&choose)?)))
    }

    /// Claims every free slot of the first word from `first` on that has one.
    ///
    /// `None` is not stale if nothing else claims: then free slots only become more, and none was
    /// when this began.
    pub(crate) fn claim_word(&self, first: usize) -> Option<SlotSet> {
        if self.is_closed() {
            return None;
        }
        let lines = self.bookkeeping.lines();
        (0..lines.len()).map(|offset| (first + offset) % lines.len()).find_map(|word| {
            let bits = lines[word].claim_all();
            (bits != 0).then_some(SlotSet::new(word, bits))
        })
    }

    /// Gives a slot back, or hands it to the oldest waiter.
    ///
    /// A `SHARED` pool may be gone as soon as the slot's bit is visible to other threads, freed by the
    /// one that released last: so what is needed of it is read before, and it is passed as a pointer,
    /// since a reference would claim that it lives until this function returns.
    ///
    /// # Safety
    /// - `this` points to a pool that lives as long as the caller's slot is not given back and,
    ///   unless it is `SHARED`, until this returns.
    #[inline(always)]
    pub(crate) unsafe fn release<const SHARED: bool>(this: *const Self, bit: BitIndex) -> Release {
        // SAFETY: not given back yet, so the pool lives.
        let pool = unsafe { &*this };
        let word = pool.word_of(bit);
        let line: *const Line<B::Mark> = pool.line(word);
        let bits = word::bit(pool.slot_of(bit));
        // In registers, not in memory: a locked instruction waits for the stores before it.
        let (whole, id) = if SHARED { (pool.whole(word), pool.id_if_any()) } else { (0, Id::NONE) };
        // SAFETY: the slot is not given back yet, so the line lives.
        let old = unsafe { Line::give(line, bits) };
        if old & (bits | FLAG) == 0 {
            return Release::Done;
        }
        // SAFETY: `old` is what the addition has just replaced; the rest was read before.
        unsafe { Self::release_slow::<SHARED>(this, line, bits, whole, id, old) }
    }

    /// Deals with what the word said when the slot's bit was added to it.
    ///
    /// # Safety
    /// - `line` is the slot's, `old` is the word that the addition of its bit replaced, and `whole`
    ///   and `id` were the pool's before, if it is `SHARED`.
    #[cold]
    #[inline(never)]
    unsafe fn release_slow<const SHARED: bool>(
        this: *const Self,
        line: *const Line<B::Mark>,
        bit: Word,
        whole: Word,
        id: Id,
        old: Word,
    ) -> Release {
        if old & bit != 0 {
            // SAFETY: giving a slot that it does not hold has not given up the caller's pool.
            unsafe { &*line }.undo(bit);
            return Release::NotLent;
        }
        if old & FLAG == WAITERS {
            let id = if SHARED {
                id
            } else {
                // Ordering: Acquire: the thread that set the flag had numbered the pool before. A
                // fence, since the addition was a Release.
                fence(Ordering::Acquire);
                // SAFETY: not shared, so alive until this returns.
                unsafe { &*this }.id_if_any()
            };
            // SAFETY: `id` is this pool's.
            unsafe { waiting::serve(this.cast(), id) };
            return Release::Done;
        }
        if SHARED && word::free_bits(old) | bit == whole {
            // SAFETY: this call completed the word of an orphaned pool, which is not freed before
            // the completion is counted.
            return unsafe { Self::word_completed(this, line) };
        }
        Release::Done
    }

    /// Counts a completed word of an orphaned pool.
    ///
    /// # Safety
    /// - The caller's operation is the one that completed the word, and it was not counted yet.
    unsafe fn word_completed(this: *const Self, line: *const Line<B::Mark>) -> Release {
        // SAFETY: alive until every word is counted, and this one is not.
        unsafe { &*line }.synchronize();
        // SAFETY: as above.
        let extent = unsafe { &raw const (*this).stable.extent };
        // SAFETY: as above.
        if unsafe { Extent::complete_one(extent) } { Release::Last } else { Release::Done }
    }

    /// Marks every word of this shared, closed pool as orphaned, when its last handle has gone. Returns
    /// `Last` if no loan is left either.
    ///
    /// # Safety
    /// - `this` points to a closed pool that nothing claims from any more.
    /// - This is called once.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "shared pools are on the heap"))]
    pub(crate) unsafe fn orphan(this: *const Self) -> Release {
        // SAFETY: alive until every word is counted, and none is.
        let lines: *const [Line<B::Mark>] = unsafe { &*this }.bookkeeping.lines();
        let mut release = Release::Done;
        for word in 0..lines.len() {
            // SAFETY: within the lines; alive, since this word is not orphaned, hence not counted.
            let line = unsafe { lines.cast::<Line<B::Mark>>().add(word) };
            // SAFETY: as above.
            let whole = unsafe { &*this }.whole(word);
            // SAFETY: as above.
            let free = unsafe { Line::orphan(line) };
            if free == whole {
                // SAFETY: this call completed the word: it was whole when it was orphaned.
                release = unsafe { Self::word_completed(this, line) };
            }
        }
        release
    }

    /// Gives the pool a number before it can be waited for: by it a release finds the pool's waiters
    /// without touching the pool.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "shared pools are on the heap"))]
    pub(crate) fn assign_number(&self) {
        self.id();
    }

    /// Returns whether every slot is free and no flag is set, given that no caller but this one can
    /// claim, wait or close. If so, no release that is under way reaches the pool again: one that is
    /// late in looking for waiters finds none by the old number, and the pool gets a new one when it
    /// needs one.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "shared pools are on the heap"))]
    pub(crate) fn retire_number_if_idle(&self) -> bool {
        let mut lines = self.bookkeeping.lines().iter().enumerate();
        let is_idle = lines.all(|(word, line)| line.is_idle(self.whole(word)));
        if is_idle {
            // Ordering: Relaxed: no other thread reads it: the pool is this caller's alone.
            self.stable.id.store(Id::NONE.number(), Ordering::Relaxed);
        }
        is_idle
    }

    /// Returns the pool's number, or [`Id::NONE`].
    #[inline(always)]
    fn id_if_any(&self) -> Id {
        self.stable.alive.look();
        // Ordering: Relaxed: a number, which publishes nothing.
        Id::new(self.stable.id.load(Ordering::Relaxed))
    }

    /// Returns the pool's number, and gives it one if need be and if there is one left.
    fn id(&self) -> Id {
        // Ordering: Relaxed: a number, which publishes nothing.
        match Id::new(self.stable.id.peek(Ordering::Relaxed)) {
            Id::NONE => self.new_id(),
            id => id,
        }
    }

    #[cold]
    fn new_id(&self) -> Id {
        let (none, unique) = (Id::NONE.number(), Id::unique());
        // Ordering: Relaxed: a number, which publishes nothing; the first to set it wins.
        let set = self.stable.id.compare_exchange(
            none,
            unique.number(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        set.map_or_else(Id::new, |_| unique)
    }

    /// Returns the word of a bit of this pool.
    #[inline(always)]
    fn word_of(&self, bit: BitIndex) -> usize {
        if self.bookkeeping.lines().len() == 1 { 0 } else { bit.word() }
    }

    /// Returns the number in its word of the slot whose bit this is.
    #[inline(always)]
    fn slot_of(&self, bit: BitIndex) -> usize {
        if self.bookkeeping.lines().len() == 1 {
            debug_assert_eq!(bit.word(), 0, "a bit of another pool");
            // SAFETY: the bit is of this pool, which has no other word.
            unsafe { bit.only_slot() }
        } else {
            bit.slot()
        }
    }

    /// Returns the index of the slot whose bit this is.
    #[inline(always)]
    pub(crate) fn slot_index(&self, bit: BitIndex) -> usize {
        if self.bookkeeping.lines().len() == 1 { self.slot_of(bit) } else { bit.slot_index() }
    }

    /// Returns the index of the first slot of a word.
    pub(crate) fn first_of(&self, word: usize) -> usize {
        self.slot_index(BitIndex::new(word, 0))
    }

    /// Returns the headers, one for each slot.
    #[inline(always)]
    pub(crate) fn headers(&self) -> &[B::Header] {
        self.bookkeeping.headers()
    }

    #[inline(always)]
    fn line(&self, word: usize) -> &Line<B::Mark> {
        self.stable.alive.look();
        let lines = self.bookkeeping.lines();
        debug_assert!(word < lines.len());
        // SAFETY: `word` comes from a bit of this pool, or is zero.
        unsafe { lines.get_unchecked(word) }
    }

    #[inline(always)]
    fn gate(&self) -> u32 {
        self.stable.alive.look();
        // Ordering: Relaxed: a thread that has learned that a task queued, or that the pool was
        // closed, sees it here; one that has not may go on as if it came first.
        self.stable.gate.load(Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate() & CLOSED != 0
    }

    pub(crate) fn available(&self) -> usize {
        self.bookkeeping.lines().iter().map(Line::permits).sum()
    }

    /// Returns the most slots that were ever on loan at once, if that is kept.
    pub(crate) fn high_water(&self) -> Option<usize> {
        let lines = self.bookkeeping.lines().iter().enumerate();
        // A mark counts from the word's first slot, and not each slot need be this pool's.
        let lent = lines.map(|(word, line)| {
            let lent = word::first(line.mark()?.min(SLOTS_PER_WORD));
            Some(word::permits(self.whole(word) & lent))
        });
        lent.sum()
    }

    /// Returns whether a flag is set in any word: left set it costs a lock each time, and shows nowhere
    /// else.
    #[cfg(framepool_loom)]
    pub(crate) fn is_flagged(&self) -> bool {
        self.bookkeeping.lines().iter().any(Line::is_flagged)
    }
}
