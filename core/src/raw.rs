//! The pool without its memory: free list, gate and waiters, in places only.
//!
//! ```text
//!   claim    at once: one exchange of a word in which WAITERS is not up
//!            else, or where a hint is tried: gate == 0: resets a bit, and touches nothing else
//!            gate != 0: asks under the waiters' lock whether a newcomer may pass
//!   release  adds the bit; the word that it replaced tells whether somebody waits, and then
//!            takes a free slot back and hands it to the oldest waiter
//! ```
//!
//! The gate lies apart from the words, so that looking at it is free while nobody changes it; it is
//! changed under the waiters' lock. A slot given back while somebody waits is visible for a moment,
//! but every claim that began after the waiter queued sees the gate. Whoever takes the slot in that
//! moment began before, and gives it back in turn: no wake-up is lost (I5).

mod waiting;

use crate::book::{Book, Extent};
use crate::free_list::Line;
use crate::sync::{
    Alive, AtomicU32, AtomicUsize, Ordering, Peek, const_unless_loom, fence, global,
};
use crate::waiters::Id;
use crate::word::{self, FLAG, Place, SLOTS_PER_WORD, WAITERS, Word};

/// What became of a released slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Release {
    /// It is free, or with the oldest waiter.
    Done,
    /// It was the last one out of an orphaned pool: the caller frees the memory, nobody else will.
    Last,
    /// It was not on loan, and is as free as before (I8).
    NotLent,
}

/// Where a caller found a slot before, and whether to try there first without looking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hint {
    place: Place,
    sure: bool,
}

global! {
    static HINTS: [AtomicUsize; 1] = [AtomicUsize::new(0); 1];
}

/// A word whose slots are all free.
const WHOLE: Word = word::first(SLOTS_PER_WORD);

/// The gate: how many wait, and whether the pool is closed.
const CLOSED: u32 = 1;
const ONE_WAITER: u32 = 2;

// `repr(C)`: the first word comes first.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RawPool<B: Book> {
    book: B,
    steady: Steady<B::Extent>,
}

/// What claims look at and seldom changes: on a line that nothing else writes to.
#[derive(Debug)]
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
struct Steady<E> {
    gate: AtomicU32,
    /// [`Id::NONE`] until somebody waits, closes, or looks at several words under the lock; owned
    /// pools have theirs from the start.
    id: AtomicUsize,
    extent: E,
    alive: Alive,
}

impl<B: Book> RawPool<B> {
    const_unless_loom! {
        /// Makes a pool of the words of `book`, which was made for slots of this `extent`.
        pub(crate) const fn new(book: B, extent: B::Extent) -> Self {
            let steady = Steady {
                gate: AtomicU32::new(0),
                id: AtomicUsize::new(Id::NONE.number()),
                extent,
                alive: Alive::new(),
            };
            Self { book, steady }
        }
    }

    #[inline(always)]
    pub(crate) fn book(&self) -> &B {
        &self.book
    }

    /// Returns the number of slots.
    pub(crate) fn capacity(&self) -> usize {
        let full_words = self.book.lines().len() - 1;
        full_words * SLOTS_PER_WORD + word::permits(self.steady.extent.last_word())
    }

    /// Returns a word as it is when all of its slots are free.
    #[inline(always)]
    fn whole(&self, word: usize) -> Word {
        self.steady.alive.look();
        let last = word + 1 == self.book.lines().len();
        if last { self.steady.extent.last_word() } else { WHOLE }
    }

    /// Claims a slot if that takes one attempt. `None` says nothing.
    ///
    /// An exchange need not look at the gate: WAITERS is up before anybody is queued, or the pool
    /// closed, and the exchange fails.
    #[inline(always)]
    pub(crate) fn claim_at_once(&self) -> Option<Place> {
        Some(Place::new(0, self.line(0).claim_at_once()?))
    }

    /// Claims a slot if one is free. `None`: none was, at an instant during this call, or those
    /// that were are due to waiters, or the pool is closed.
    #[inline(always)]
    pub(crate) fn claim(&self) -> Option<Place> {
        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        self.claim_anywhere(0)
    }

    /// Makes a caller's hint; hints begin in different words.
    pub(crate) fn new_hint(&self) -> Hint {
        let words = self.book.lines().len();
        if words == 1 {
            return Hint { place: Place::new(0, 0), sure: false };
        }
        // Ordering: Relaxed: a number, which publishes nothing.
        let word = HINTS[0].fetch_add(1, Ordering::Relaxed) % words;
        Hint { place: Place::new(word, 0), sure: false }
    }

    /// Claims a slot, the one found last if it is free again.
    #[inline]
    pub(crate) fn claim_hinted(&self, hint: &mut Hint) -> Option<Place> {
        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        let word = self.word_of(hint.place);
        if hint.sure && self.line(word).claim(hint.place.slot()) {
            return Some(hint.place);
        }
        let place = self.claim_from(word)?;
        // Found again where it was before: next time it is tried without looking.
        *hint = Hint { place, sure: place == hint.place };
        Some(place)
    }

    /// Claims a free slot: the lowest of this word, or if it has none, of another.
    #[inline]
    fn claim_from(&self, word: usize) -> Option<Place> {
        match self.line(word).claim_lowest() {
            Some(slot) => Some(Place::new(word, slot)),
            None => self.claim_anywhere(word),
        }
    }

    /// Claims the lowest free slot of the first word from `first` on that has one, and if none has,
    /// makes sure of it.
    #[cold]
    fn claim_anywhere(&self, first: usize) -> Option<Place> {
        let lines = self.book.lines();
        if lines.len() == 1 {
            return self.claim_any();
        }
        for offset in 0..lines.len() {
            let word = (first + offset) % lines.len();
            if let Some(slot) = lines[word].claim_lowest() {
                return Some(Place::new(word, slot));
            }
        }
        self.confirm(Self::announce)
    }

    /// Claims any slot that is free when its word is looked at, which is never a stale look.
    fn claim_any(&self) -> Option<Place> {
        for (word, line) in self.book.lines().iter().enumerate() {
            while let Some(slot) = word::lowest(line.newest()) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(Place::new(word, slot));
                }
            }
        }
        None
    }

    /// Claims, all at once, the slots of one word that `choose` picks from its free ones. Returns the
    /// word's number, and their bits. What is not even in a
    /// whole word is refused at once.
    pub(crate) fn claim_chosen(
        &self,
        choose: impl Fn(Word) -> Option<Word>,
    ) -> Option<(usize, Word)> {
        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        let found = self.look_for(&choose);
        if found.is_some() || self.book.lines().len() == 1 || choose(WHOLE).is_none() {
            return found;
        }
        self.confirm(|pool| {
            for line in pool.book.lines() {
                line.announce();
            }
            pool.look_for(&choose)
        })
    }

    fn look_for(&self, choose: impl Fn(Word) -> Option<Word>) -> Option<(usize, Word)> {
        let mut lines = self.book.lines().iter().enumerate();
        lines.find_map(|(word, line)| Some((word, line.claim_chosen(&choose)?)))
    }

    /// Claims every free slot of the first word from `first` on that has one. Returns as [`claim_chosen`](Self::claim_chosen).
    ///
    /// `None` is not stale if nobody else claims: then free slots only become more, and none was
    /// when this began.
    pub(crate) fn claim_word(&self, first: usize) -> Option<(usize, Word)> {
        if self.is_closed() {
            return None;
        }
        let lines = self.book.lines();
        (0..lines.len()).map(|offset| (first + offset) % lines.len()).find_map(|word| {
            let bits = lines[word].claim_all();
            (bits != 0).then_some((word, bits))
        })
    }

    /// Gives a slot back, or hands it to the oldest waiter.
    ///
    /// An `OWNED` pool may be gone as soon as the slot is visible to somebody else, freed by
    /// whoever was last: so what is needed of it is read before, and it is passed as a pointer,
    /// since a reference would claim that it lives until this function returns.
    ///
    /// # Safety
    /// - `this` points to a pool that lives as long as the caller's slot is not given back and,
    ///   unless it is `OWNED`, until this returns.
    #[inline(always)]
    pub(crate) unsafe fn release<const OWNED: bool>(this: *const Self, place: Place) -> Release {
        // SAFETY: not given back yet, so the pool lives.
        let pool = unsafe { &*this };
        let word = pool.word_of(place);
        let line: *const Line<B::Mark> = pool.line(word);
        let bit = word::bit(pool.slot_of(place));
        // In registers, not in memory: a locked instruction waits for the stores before it.
        let (whole, id) = if OWNED { (pool.whole(word), pool.id_if_any()) } else { (0, Id::NONE) };
        // SAFETY: the slot is not given back yet, so the line lives.
        let old = unsafe { Line::give(line, bit) };
        if old & (bit | FLAG) == 0 {
            return Release::Done;
        }
        // SAFETY: `old` is what the addition has just replaced; the rest was read before.
        unsafe { Self::after_giving::<OWNED>(this, line, bit, whole, id, old) }
    }

    /// Deals with what the word said when the slot's bit was added to it.
    ///
    /// # Safety
    /// - `line` is the slot's, `old` is the word that the addition of its bit replaced, and `whole`
    ///   and `id` were the pool's before, if it is `OWNED`.
    #[cold]
    #[inline(never)]
    unsafe fn after_giving<const OWNED: bool>(
        this: *const Self,
        line: *const Line<B::Mark>,
        bit: Word,
        whole: Word,
        id: Id,
        old: Word,
    ) -> Release {
        if old & bit != 0 {
            // SAFETY: who gives what it does not hold has not given the pool up by that.
            unsafe { &*line }.undo(bit);
            return Release::NotLent;
        }
        if old & FLAG == WAITERS {
            let id = if OWNED {
                id
            } else {
                // Ordering: Acquire: who raised the flag had numbered the pool before. A fence,
                // since the addition was a Release.
                fence(Ordering::Acquire);
                // SAFETY: not owned, so alive until this returns.
                unsafe { &*this }.id_if_any()
            };
            // SAFETY: `id` is this pool's.
            unsafe { waiting::serve(this.cast(), id) };
            return Release::Done;
        }
        if OWNED && word::free_bits(old) | bit == whole {
            // SAFETY: this call completed the word of an orphaned pool, which nobody frees before
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
        let extent = unsafe { &raw const (*this).steady.extent };
        // SAFETY: as above.
        if unsafe { Extent::complete_one(extent) } { Release::Last } else { Release::Done }
    }

    /// Says that no handle of this owned, closed pool is left. `Last`: nor is any loan.
    ///
    /// # Safety
    /// - `this` points to a closed pool that nobody claims from any more.
    /// - This is called once.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "owned pools are on the heap"))]
    pub(crate) unsafe fn orphan(this: *const Self) -> Release {
        // SAFETY: alive until every word is counted, and none is.
        let lines: *const [Line<B::Mark>] = unsafe { &*this }.book.lines();
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

    /// Gives the pool a number before anybody waits: what lets a release find its waiters without
    /// touching it.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "owned pools are on the heap"))]
    pub(crate) fn number(&self) {
        self.id();
    }

    /// Returns the pool's number, or [`Id::NONE`].
    #[inline(always)]
    fn id_if_any(&self) -> Id {
        self.steady.alive.look();
        // Ordering: Relaxed: a number, which publishes nothing.
        Id::new(self.steady.id.load(Ordering::Relaxed))
    }

    /// Returns the pool's number, and gives it one if need be and if there is one left.
    fn id(&self) -> Id {
        // Ordering: Relaxed: a number, which publishes nothing.
        match Id::new(self.steady.id.peek(Ordering::Relaxed)) {
            Id::NONE => self.new_id(),
            id => id,
        }
    }

    #[cold]
    fn new_id(&self) -> Id {
        let (none, unique) = (Id::NONE.number(), Id::unique());
        // Ordering: Relaxed: a number, which publishes nothing; the first to set it wins.
        let set = self.steady.id.compare_exchange(
            none,
            unique.number(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        set.map_or_else(Id::new, |_| unique)
    }

    /// Returns the word of a place of this pool.
    #[inline(always)]
    fn word_of(&self, place: Place) -> usize {
        if self.book.lines().len() == 1 { 0 } else { place.word() }
    }

    /// Returns the number in its word of the slot at a place of this pool.
    #[inline(always)]
    fn slot_of(&self, place: Place) -> usize {
        if self.book.lines().len() == 1 {
            debug_assert_eq!(place.word(), 0, "a place of another pool");
            // SAFETY: the place is of this pool, which has no other word.
            unsafe { place.only_slot() }
        } else {
            place.slot()
        }
    }

    /// Returns the index of a place of this pool.
    #[inline(always)]
    pub(crate) fn index(&self, place: Place) -> usize {
        if self.book.lines().len() == 1 { self.slot_of(place) } else { place.index() }
    }

    #[inline(always)]
    fn line(&self, word: usize) -> &Line<B::Mark> {
        self.steady.alive.look();
        let lines = self.book.lines();
        debug_assert!(word < lines.len());
        // SAFETY: `word` comes from a place of this pool, or is zero.
        unsafe { lines.get_unchecked(word) }
    }

    #[inline(always)]
    fn gate(&self) -> u32 {
        self.steady.alive.look();
        // Ordering: Relaxed: who has been told that somebody queued, or that the pool was closed,
        // sees it here; who has not may go on as if it came first.
        self.steady.gate.load(Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate() & CLOSED != 0
    }

    pub(crate) fn available(&self) -> usize {
        self.book.lines().iter().map(Line::permits).sum()
    }

    /// Returns the most slots that were ever on loan at once, if that is kept.
    pub(crate) fn high_water(&self) -> Option<usize> {
        let lines = self.book.lines().iter().enumerate();
        // A mark counts from the word's first slot, and not each slot need be this pool's.
        let lent = lines.map(|(word, line)| {
            let lent = word::first(line.mark()?.min(SLOTS_PER_WORD));
            Some(word::permits(self.whole(word) & lent))
        });
        lent.sum()
    }
}
