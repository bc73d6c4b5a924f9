//! The pool without its memory: free list, gate and waiters, in indices only.
//!
//! ```text
//!   claim    gate == 0: resets a bit, and touches nothing else
//!            gate != 0: asks under the waiters' lock whether a newcomer may pass
//!   release  adds the bit; the word that it replaced tells whether somebody waits, and then
//!            takes a free slot back and hands it to the oldest waiter
//! ```
//!
//! The gate lies apart from the words, so that looking at it is free while nobody changes it; it is
//! changed under the waiters' lock. A slot given back while somebody waits is visible for a moment,
//! but every claim that began after the waiter queued sees the gate. Whoever takes the slot in that
//! moment began before, and gives it back in turn: no wake-up is lost (I5).

use crate::book::{Book, slots_of};
use crate::error::Closed;
use crate::free_list::Line;
use crate::sync::{AtomicU32, AtomicUsize, Ordering, Peek, const_unless_loom, global};
use crate::waiters::{Id, Look, Node};
use crate::word::{self, ORPHANED, SLOTS_PER_WORD, WAITERS, Word};
use core::pin::Pin;
use core::task::{Poll, Waker};

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
    index: usize,
    sure: bool,
}

global! {
    static HINTS: [AtomicUsize; 1] = [AtomicUsize::new(0); 1];
}

/// The gate: how many wait, and whether the pool is closed.
const CLOSED: u32 = 1;
const ONE_WAITER: u32 = 2;

#[derive(Debug)]
pub(crate) struct RawPool<B: Book> {
    book: B,
    slots: usize,
    gate: AtomicU32,
    /// [`Id::NONE`] until somebody waits; owned pools have theirs from the start.
    id: AtomicUsize,
    /// Words of an orphaned pool whose slots are not all back.
    incomplete: AtomicUsize,
}

impl<B: Book> RawPool<B> {
    const_unless_loom! {
        /// Makes a pool of `slots` slots, which `book` was made for, with `words` words.
        pub(crate) const fn new(book: B, slots: usize, words: usize) -> Self {
            Self {
                book,
                slots,
                gate: AtomicU32::new(0),
                id: AtomicUsize::new(Id::NONE.number()),
                incomplete: AtomicUsize::new(words),
            }
        }
    }

    #[inline(always)]
    pub(crate) fn book(&self) -> &B {
        &self.book
    }

    /// Claims a slot if one is free. `None`: none was, at an instant during this call, or those
    /// that were are due to waiters, or the pool is closed.
    #[inline]
    pub(crate) fn claim(&self) -> Option<usize> {
        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        self.claim_from(0)
    }

    /// Looks at the gate in a way that cannot be stale: may a newcomer pass?
    #[cold]
    fn may_pass(&self) -> bool {
        let id = self.id();
        let queue = id.lock();
        !self.is_closed() && !queue.has(id)
    }

    /// Makes a caller's hint; hints begin in different words.
    pub(crate) fn new_hint(&self) -> Hint {
        let words = self.book.lines().len();
        if words == 1 {
            return Hint { index: 0, sure: false };
        }
        // Ordering: Relaxed: a number, which publishes nothing.
        let word = HINTS[0].fetch_add(1, Ordering::Relaxed) % words;
        Hint { index: word * SLOTS_PER_WORD, sure: false }
    }

    /// Claims a slot, the one found last if it is free again.
    #[inline]
    pub(crate) fn claim_hinted(&self, hint: &mut Hint) -> Option<usize> {
        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        let (word, slot) = self.split(hint.index);
        if hint.sure && self.line(word).claim(slot) {
            return Some(hint.index);
        }
        let index = self.claim_from(word)?;
        // Found again where it was before: next time it is tried without looking.
        *hint = Hint { index, sure: index == hint.index };
        Some(index)
    }

    /// Claims the lowest free slot of the first word from `word` on that has one.
    #[inline]
    fn claim_from(&self, word: usize) -> Option<usize> {
        match self.line(word).claim_lowest() {
            Some(slot) => Some(join(word, slot)),
            None => self.claim_elsewhere(word),
        }
    }

    #[cold]
    fn claim_elsewhere(&self, first: usize) -> Option<usize> {
        let lines = self.book.lines();
        if let [line] = lines {
            // "None" must not be a stale answer.
            while line.newest() != 0 {
                if let Some(slot) = line.claim_lowest() {
                    return Some(slot);
                }
            }
            return None;
        }
        for offset in 1..lines.len() {
            let word = (first + offset) % lines.len();
            if let Some(slot) = lines[word].claim_lowest() {
                return Some(join(word, slot));
            }
        }
        self.confirm(Self::announce)
    }

    /// Looks at several words so that, if it finds nothing, there was nothing at one instant.
    ///
    /// `look` raises WAITERS in every word. While it is up, who gives a slot back goes to the
    /// waiters' lock, which is held here: a release that the look misses is not over before this
    /// answer.
    fn confirm(&self, look: impl FnOnce(&Self) -> Option<usize>) -> Option<usize> {
        let _queue = self.id().lock();
        if self.gate_locked() != 0 {
            // Closed, or somebody waits, to whom a free slot would be due.
            return None;
        }
        self.set_gate(ONE_WAITER);
        let found = look(self);
        self.set_gate(0);
        self.retract();
        found
    }

    /// Raises WAITERS in every word, and claims a slot that is free meanwhile. The waiters' lock is
    /// held, and the gate is up.
    fn announce(&self) -> Option<usize> {
        for (word, line) in self.book.lines().iter().enumerate() {
            let mut free = line.announce();
            while let Some(slot) = word::lowest_free(free) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(join(word, slot));
                }
                free &= !word::bit(slot);
            }
        }
        // A slot given back behind the look: its release is not over, and comes to serve.
        None
    }

    /// Claims any slot whose bit is set now. The waiters' lock is held.
    fn take_any(&self) -> Option<usize> {
        for (word, line) in self.book.lines().iter().enumerate() {
            while let Some(slot) = word::lowest_free(line.newest()) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(join(word, slot));
                }
            }
        }
        None
    }

    /// Takes WAITERS down in every word. The waiters' lock is held, and nobody is queued.
    fn retract(&self) {
        for line in self.book.lines() {
            line.retract();
        }
    }

    /// Claims `length` adjacent slots, all of one word.
    pub(crate) fn claim_run(&self, length: usize) -> Option<usize> {
        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        let found = self.look_for_run(length);
        if found.is_some() || self.book.lines().len() == 1 {
            return found;
        }
        self.confirm(|pool| {
            for line in pool.book.lines() {
                line.announce();
            }
            pool.look_for_run(length)
        })
    }

    fn look_for_run(&self, length: usize) -> Option<usize> {
        let lines = self.book.lines().iter().enumerate();
        let mut found = lines.map(|(word, line)| (word, line.claim_run(length)));
        found.find_map(|(word, slot)| Some(join(word, slot?)))
    }

    /// Claims every free slot of the first word from `word` on that has one.
    pub(crate) fn claim_word(&self, first: usize) -> Option<(usize, Word)> {
        if self.is_closed() {
            return None;
        }
        let lines = self.book.lines();
        (0..lines.len()).map(|offset| (first + offset) % lines.len()).find_map(|word| {
            let bits = lines[word].claim_all();
            if let Some(highest) = word::highest_free(bits) {
                lines[word].note(highest);
            }
            (bits != 0).then_some((word, bits))
        })
    }

    /// Claims a slot, or queues `node`.
    ///
    /// Also returns the waker that is not needed any more. Dropping it runs foreign code: the
    /// caller first puts a claimed slot where it cannot be lost (I9).
    ///
    /// # Safety
    /// - Once this has answered `Pending`, `node` stays pinned and alive until it answers `Ready`
    ///   or [`cancel`](Self::cancel) returns.
    pub(crate) unsafe fn poll_claim(
        &self,
        node: Pin<&Node>,
        mut waker: Waker,
    ) -> (Poll<Result<usize, Closed>>, Option<Waker>) {
        let id = self.id();
        let mut queue = id.lock();
        match queue.look(node, &mut waker) {
            Look::Queued => return (Poll::Pending, Some(waker)),
            Look::Served(index) => return (Poll::Ready(Ok(index)), Some(waker)),
            Look::Closed => return (Poll::Ready(Err(Closed)), Some(waker)),
            Look::Idle => {}
        }
        if id == Id::NONE {
            // No number is left for this pool: it cannot be waited for.
            return (Poll::Ready(Err(Closed)), Some(waker));
        }
        let gate = self.gate_locked();
        if gate & CLOSED != 0 {
            return (Poll::Ready(Err(Closed)), Some(waker));
        }
        self.set_gate(gate + ONE_WAITER);
        if gate == 0 {
            if let Some(index) = self.announce() {
                self.set_gate(0);
                self.retract();
                return (Poll::Ready(Ok(index)), Some(waker));
            }
        }
        // SAFETY: the node is idle, and the caller keeps it.
        unsafe { queue.push(id, node, waker) };
        (Poll::Pending, None)
    }

    /// Takes `node` out of the queue. Returns the slot that it was handed already, which is for
    /// the caller to release (I6), and the waker left with it, to be dropped after that (I9).
    pub(crate) fn cancel(&self, node: Pin<&Node>) -> (Option<usize>, Option<Waker>) {
        let mut queue = self.id().lock();
        let (look, waker) = queue.forget(node);
        match look {
            Look::Served(index) => (Some(index), waker),
            Look::Queued => {
                self.one_waiter_less();
                (None, waker)
            }
            Look::Idle | Look::Closed => (None, waker),
        }
    }

    /// Counts a waiter off. The waiters' lock is held.
    fn one_waiter_less(&self) {
        let gate = self.gate_locked() - ONE_WAITER;
        self.set_gate(gate);
        if gate & !CLOSED == 0 {
            self.retract();
        }
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
    pub(crate) unsafe fn release<const OWNED: bool>(this: *const Self, index: usize) -> Release {
        // SAFETY: not given back yet, so the pool lives.
        let pool = unsafe { &*this };
        let (word, slot) = pool.split(index);
        let line: *const Line = pool.line(word);
        let bit = word::bit(slot);
        // In registers, not in memory: a locked instruction waits for the stores before it.
        let (slots, id) = if OWNED { (pool.slots, pool.id_if_any()) } else { (0, Id::NONE) };
        // SAFETY: the slot is not given back yet, so the line lives.
        let old = unsafe { Line::give(line, bit) };
        if old & (bit | WAITERS | ORPHANED) == 0 {
            return Release::Done;
        }
        // SAFETY: `old` is what the addition has just replaced; the rest was read before.
        unsafe { Self::after_giving::<OWNED>(this, line, index, slots, id, old) }
    }

    /// Deals with what the word said when the slot's bit was added to it.
    ///
    /// # Safety
    /// - `line` is the slot's, `old` is the word that the addition of its bit replaced, and `slots`
    ///   and `id` were the pool's before, if it is `OWNED`.
    #[cold]
    unsafe fn after_giving<const OWNED: bool>(
        this: *const Self,
        line: *const Line,
        index: usize,
        slots: usize,
        id: Id,
        old: Word,
    ) -> Release {
        let word = index / SLOTS_PER_WORD;
        let bit = word::bit(index % SLOTS_PER_WORD);
        if old & bit != 0 {
            // SAFETY: who gives what it does not hold has not given the pool up by that.
            unsafe { &*line }.undo(bit);
            return Release::NotLent;
        }
        if old & WAITERS != 0 {
            // SAFETY: not owned, so alive until this returns.
            let id = if OWNED { id } else { unsafe { &*this }.id() };
            // SAFETY: `id` is this pool's.
            unsafe { Self::serve(this, id) };
            return Release::Done;
        }
        if OWNED && word::free_bits(old) | bit == word::first(slots_of(slots, word)) {
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
    unsafe fn word_completed(this: *const Self, line: *const Line) -> Release {
        // SAFETY: alive until every word is counted, and this one is not.
        unsafe { &*line }.synchronize();
        // SAFETY: as above; an atomic is all interior.
        let incomplete = unsafe { &(*this).incomplete };
        // Ordering: Release: what was done to this word's slots happens before the pool is freed;
        // Acquire for the one who frees it (I7).
        if incomplete.fetch_sub(1, Ordering::AcqRel) == 1 { Release::Last } else { Release::Done }
    }

    /// Serves a waiter, if one is still there and a slot too.
    ///
    /// # Safety
    /// - `this` was the pool of this number.
    unsafe fn serve(this: *const Self, id: Id) {
        let mut queue = id.lock();
        if !queue.has(id) {
            return;
        }
        // SAFETY: a queued waiter keeps its pool alive, and stays queued while the lock is held.
        let pool = unsafe { &*this };
        if pool.is_closed() {
            return;
        }
        if let Some(index) = pool.take_any() {
            let waker = queue.serve_oldest(id, index);
            pool.one_waiter_less();
            drop(queue);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Closes the pool: no later claim succeeds, every waiter is turned away and woken.
    ///
    /// A waker that panics does not keep the rest waiting; a second one that does aborts.
    pub(crate) fn close(&self) {
        struct TurnAway<'a, B: Book>(&'a RawPool<B>);
        impl<B: Book> TurnAway<'_, B> {
            /// Woken one by one, outside the lock.
            fn all(&self) {
                let id = self.0.id();
                loop {
                    let oldest = {
                        let mut queue = id.lock();
                        let oldest = queue.turn_oldest_away(id);
                        if oldest.is_some() {
                            self.0.one_waiter_less();
                        }
                        oldest
                    };
                    match oldest {
                        Some(waker) => waker.wake(),
                        None => return,
                    }
                }
            }
        }
        impl<B: Book> Drop for TurnAway<'_, B> {
            fn drop(&mut self) {
                self.all();
            }
        }
        {
            let _queue = self.id().lock();
            self.set_gate(self.gate_locked() | CLOSED);
        }
        TurnAway(self).all();
    }

    /// Says that no handle of this owned, closed pool is left. `Last`: nor is any loan.
    ///
    /// # Safety
    /// - `this` points to a closed pool that nobody claims from any more.
    /// - This is called once.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "owned pools are on the heap"))]
    pub(crate) unsafe fn orphan(this: *const Self) -> Release {
        // SAFETY: alive until every word is counted, and none is.
        let lines: *const [Line] = unsafe { &*this }.book.lines();
        // SAFETY: as above.
        let slots = unsafe { &*this }.slots;
        let mut release = Release::Done;
        for word in 0..lines.len() {
            // SAFETY: within the lines; alive, since this word is not orphaned, hence not counted.
            let line = unsafe { lines.cast::<Line>().add(word) };
            // SAFETY: as above.
            let free = unsafe { Line::orphan(line) };
            if free == word::first(slots_of(slots, word)) {
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
        // Ordering: Relaxed: a number, which publishes nothing.
        Id::new(self.id.load(Ordering::Relaxed))
    }

    /// Returns the pool's number, and gives it one if need be and if there is one left.
    fn id(&self) -> Id {
        // Ordering: Relaxed: a number, which publishes nothing.
        match Id::new(self.id.peek(Ordering::Relaxed)) {
            Id::NONE => self.new_id(),
            id => id,
        }
    }

    #[cold]
    fn new_id(&self) -> Id {
        let (none, unique) = (Id::NONE.number(), Id::unique());
        // Ordering: Relaxed: a number, which publishes nothing; the first to set it wins.
        let set =
            self.id.compare_exchange(none, unique.number(), Ordering::Relaxed, Ordering::Relaxed);
        set.map_or_else(Id::new, |_| unique)
    }

    /// Returns the word of a slot, and the slot's place in it.
    #[inline(always)]
    fn split(&self, index: usize) -> (usize, usize) {
        if self.book.lines().len() == 1 {
            (0, index)
        } else {
            (index / SLOTS_PER_WORD, index % SLOTS_PER_WORD)
        }
    }

    #[inline(always)]
    fn line(&self, word: usize) -> &Line {
        let lines = self.book.lines();
        debug_assert!(word < lines.len());
        // SAFETY: `word` comes from an index of this pool, or is zero.
        unsafe { lines.get_unchecked(word) }
    }

    #[inline(always)]
    fn gate(&self) -> u32 {
        // Ordering: Relaxed: who has been told that somebody queued, or that the pool was closed,
        // sees it here; who has not may go on as if it came first.
        self.gate.load(Ordering::Relaxed)
    }

    /// Returns the gate where it is about to be changed: the waiters' lock is held.
    fn gate_locked(&self) -> u32 {
        // Ordering: Relaxed: the lock orders it.
        self.gate.peek(Ordering::Relaxed)
    }

    /// Sets the gate. The waiters' lock is held.
    fn set_gate(&self, gate: u32) {
        // Ordering: Relaxed: see `gate`.
        self.gate.store(gate, Ordering::Relaxed);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate() & CLOSED != 0
    }

    pub(crate) fn available(&self) -> usize {
        self.book.lines().iter().map(Line::permits).sum()
    }

    pub(crate) fn high_water(&self) -> usize {
        self.book.lines().iter().map(Line::mark).sum()
    }
}

impl<B: Book> Drop for RawPool<B> {
    /// Forgotten waiters are still queued: they are taken out, so that none outlives its pool there.
    fn drop(&mut self) {
        if self.gate() & !CLOSED != 0 {
            self.close();
        }
    }
}

#[inline(always)]
fn join(word: usize, slot: usize) -> usize {
    word * SLOTS_PER_WORD + slot
}
