//! The pool without its memory: free list, queue and what is known; slots are bit indices here.
//!
//! ```text
//!   claim    fast path: a word that is not watched: the slot that came back to it last, else its lowest
//!            slow path: nothing known: searches all words;  EXHAUSTED: nothing is free
//!            WAITING, CLOSED: asks under the waiters' lock whether a caller that is not queued may claim
//!   release  adds the bit; the word that it replaced tells whether it is watched, and then the
//!            releasing thread reports, and if a task waits hands a free slot to the oldest
//! ```
//!
//! What is known lies apart from the words, so that reading it is free while it does not change. A slot
//! given back while a task waits is visible for a moment, but every claim that began after the waiter
//! queued sees the flag of the word, or that a task waits. A claim that takes the slot in that moment
//! began before, and its release serves in turn: no wake-up is lost (I5).
//!
//! ```text
//!   word <- recent <- free_list <- bookkeeping <- raw <- waiting        word, watch <- queue <- waiters <- raw
//! ```

mod bookkeeping;
#[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
pub(crate) mod cache;
mod free_list;
mod queue;
mod recent;
mod waiters;
mod waiting;
mod watch;
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

use crate::sync::{Alive, AtomicUsize, Ordering, const_unless_loom, global};
use bookkeeping::Extent;
use core::ptr::NonNull;
use queue::Queue;
use word::{FLAG, WATCHED, Word, Words};

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

/// Where a caller looks first, and whether it claims there without looking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hint {
    word: usize,
    slot: usize,
    sure: bool,
}

global! {
    static HINTS: [AtomicUsize; 1] = [AtomicUsize::new(0); 1];
}

/// A word whose slots are all free.
const WHOLE: Word = word::first(SLOTS_PER_WORD);

// `repr(C)`: the first word comes first.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RawPool<B: Bookkeeping> {
    bookkeeping: B,
    stable: Stable<B::Extent>,
}

/// What claims read and what changes while slots are short or tasks wait: apart from the words.
#[derive(Debug)]
#[cfg_attr(target_pointer_width = "64", repr(align(128)))]
struct Stable<E> {
    queue: Queue,
    /// The queue that a shared pool has instead.
    #[cfg(feature = "alloc")]
    shared: Option<&'static Queue>,
    extent: E,
    alive: Alive,
}

impl<B: Bookkeeping> RawPool<B> {
    const_unless_loom! {
        /// Makes a pool of the words of `bookkeeping`, which was made for slots of this `extent`.
        pub(crate) const fn new(bookkeeping: B, extent: B::Extent) -> Self {
            let stable = Stable {
                queue: Queue::new(),
                #[cfg(feature = "alloc")]
                shared: None,
                extent,
                alive: Alive::new(),
            };
            Self { bookkeeping, stable }
        }
    }

    /// Returns the number of slots.
    pub(crate) fn capacity(&self) -> usize {
        let full_words = self.words() - 1;
        full_words * SLOTS_PER_WORD + word::permits(self.stable.extent.last_word())
    }

    /// Returns a word as it is when all of its slots are free.
    #[inline(always)]
    fn whole(&self, word: usize) -> Word {
        self.stable.alive.look();
        let last = word + 1 == self.words();
        if last { self.stable.extent.last_word() } else { WHOLE }
    }

    /// Fast path: claims a slot if one attempt in one word does it. `None` says nothing.
    ///
    /// It need not read what is known: a word is watched before a waiter is queued, or the pool closed,
    /// and nothing is claimed.
    #[inline(always)]
    pub(crate) fn claim_fast(&self) -> Option<BitIndex> {
        if self.words() == 1 {
            return Some(BitIndex::new(0, self.line(0).claim_fast()?));
        }
        let word = self.first_word();
        Some(BitIndex::new(word, self.line(word).claim_fast()?))
    }

    /// Slow path: claims a slot if one is free. `None`: none was, at an instant during this call, or
    /// those that were are due to waiters, or the pool is closed.
    pub(crate) fn claim(&self) -> Option<BitIndex> {
        self.claim_from(self.first_word())
    }

    /// Returns the word in which a caller without a memory looks first.
    #[inline(always)]
    fn first_word(&self) -> usize {
        if self.words() == 1 { 0 } else { self.stable.extent.first_word() }
    }

    /// Makes a caller's hint; hints begin in different words.
    pub(crate) fn new_hint(&self) -> Hint {
        let words = self.words();
        // Ordering: Relaxed: a number, which publishes nothing.
        let word = if words == 1 { 0 } else { HINTS[0].fetch_add(1, Ordering::Relaxed) % words };
        Hint { word, slot: 0, sure: false }
    }

    /// Claims a slot of the caller's word, the one that came back last if it is free.
    #[inline]
    pub(crate) fn claim_hinted(&self, hint: &mut Hint) -> Option<BitIndex> {
        let word = if self.words() == 1 { 0 } else { hint.word };
        let line = self.line(word);
        if !self.queue().watch.glance().is_quiet() {
            return self.claim_hinted_slow(hint);
        }
        let expected = line.recent_or(hint.slot);
        if hint.sure && line.claim(expected) {
            hint.slot = expected;
            return Some(BitIndex::new(word, expected));
        }
        let Some(slot) = line.claim_fast() else { return self.claim_hinted_slow(hint) };
        // Found where it was expected: next time it is claimed there without looking.
        *hint = Hint { word, slot, sure: slot == expected };
        Some(BitIndex::new(word, slot))
    }

    #[cold]
    fn claim_hinted_slow(&self, hint: &mut Hint) -> Option<BitIndex> {
        let watch = &self.queue().watch;
        if watch.glance().is_reported() {
            watch.heed();
        }
        let bit = self.claim_from(hint.word)?;
        *hint = Hint { word: self.word_of(bit), slot: self.slot_of(bit), sure: false };
        Some(bit)
    }

    /// Claims the lowest free slot of the first word from `first` on that has one, and if none has,
    /// makes sure of it.
    #[cold]
    fn claim_from(&self, first: usize) -> Option<BitIndex> {
        let queue = self.queue();
        if queue.watch.glance().diverts() && !self.may_claim() {
            return None;
        }
        let words = self.words();
        if words == 1 {
            return self.claim_newest(0);
        }
        let known = queue.watch.look();
        if known.is_exhausted() && queue.watch.is_exhausted() {
            return None;
        }
        if let Some(bit) = (first..words).chain(0..first).find_map(|word| self.claim_seen(word)) {
            self.stable.extent.set_first_word(bit.word());
            return Some(bit);
        }
        let found = self.confirm(
            known,
            |pool| pool.claim_or_watch().map(SlotSet::of),
            |known| queue.watch.confirm_exhausted(known),
        );
        found.as_ref().and_then(SlotSet::lowest)
    }

    /// Claims the lowest free slot of this word. `None` may be stale.
    fn claim_seen(&self, word: usize) -> Option<BitIndex> {
        let line = self.line(word);
        if line.is_watched_and_free() {
            self.end_watching(word);
        }
        Some(BitIndex::new(word, line.claim_lowest()?))
    }

    /// Claims a slot of this word if one is free when it is read, which is never a stale read.
    fn claim_newest(&self, word: usize) -> Option<BitIndex> {
        let line = self.line(word);
        while let Some(slot) = word::lowest(line.newest()) {
            if line.claim(slot) {
                line.note(slot);
                return Some(BitIndex::new(word, slot));
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
        let queue = self.queue();
        if queue.watch.glance().diverts() && !self.may_claim() {
            return None;
        }
        let known = queue.watch.look();
        let found = self.find_chosen(&choose);
        if found.is_some() || self.words() == 1 || choose(WHOLE).is_none() {
            return found;
        }
        self.confirm(
            known,
            |pool| {
                pool.lines().for_each(|(_, line)| line.watch());
                pool.find_chosen(&choose)
            },
            |known| queue.watch.is_still(known),
        )
    }

    fn find_chosen(&self, choose: impl Fn(Word) -> Option<Word>) -> Option<SlotSet> {
        self.lines().find_map(|(word, line)| Some(SlotSet::new(word, line.claim_chosen(&choose)?)))
    }

    /// Claims every free slot of the first word from `first` on that has one.
    ///
    /// `None` is not stale if nothing else claims: then free slots only become more, and none was
    /// when this began.
    pub(crate) fn claim_word(&self, first: usize) -> Option<SlotSet> {
        if self.is_closed() {
            return None;
        }
        let words = self.words();
        (first..words).chain(0..first).find_map(|word| {
            let line = self.line(word);
            if line.is_watched_and_free() {
                self.end_watching(word);
            }
            let bits = line.claim_all();
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
        let slot = pool.slot_of(bit);
        let bits = word::bit(slot);
        // In registers, not in memory: a locked instruction waits for the stores before it.
        let (whole, queue) =
            if SHARED { (pool.whole(word), pool.shared_queue()) } else { (0, None) };
        pool.line(word).note_return(slot);
        // SAFETY: the slot is not given back yet, so the line lives.
        let old = unsafe { Line::give(line, bits, pool.release_order()) };
        if old & (bits | FLAG) == 0 {
            return Release::Done;
        }
        // SAFETY: `old` is what the addition has just replaced; the rest was read before.
        unsafe { Self::release_slow::<SHARED>(this, line, slot, old, whole, queue, word) }
    }

    /// Returns how a slot is given back.
    #[inline(always)]
    fn release_order(&self) -> Ordering {
        // Ordering: Release as in `Line::give`. In a pool of several words also Acquire: a release that
        // finds no flag happens after what clearing the flag has made known.
        if self.words() == 1 { Ordering::Release } else { Ordering::AcqRel }
    }

    /// Deals with what the word said when the slot's bit was added to it.
    ///
    /// # Safety
    /// - `line` is the slot's, number `word`, `old` is the word that the addition of its bit replaced,
    ///   and `whole` and `queue` were the pool's before, if it is `SHARED`.
    #[cold]
    #[inline(never)]
    unsafe fn release_slow<const SHARED: bool>(
        this: *const Self,
        line: *const Line<B::Mark>,
        slot: usize,
        old: Word,
        whole: Word,
        queue: Option<&Queue>,
        word: usize,
    ) -> Release {
        // The slot is handed over, not its bit: it is in the register in which it came.
        let bit = word::bit(slot);
        if old & bit != 0 {
            // SAFETY: giving a slot that it does not hold has not given up the caller's pool.
            unsafe { &*line }.undo(bit);
            return Release::NotLent;
        }
        if old & FLAG == WATCHED {
            let (queue, pool) = match queue {
                Some(queue) if SHARED => (queue, None),
                // SAFETY: not shared, so alive until this returns.
                _ => (unsafe { &*this }.queue(), NonNull::new(this.cast_mut().cast())),
            };
            // An only word is watched while a task waits, and when the pool is closed: nothing to report.
            // SAFETY: as above.
            let is_only = !SHARED && unsafe { &*this }.words() == 1;
            if is_only || queue.watch.report().is_waited_for() {
                // SAFETY: the queue is that of this pool, or of a shared one.
                unsafe { queue.serve(pool, Words::with(word)) };
            }
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
        let words = unsafe { &*this }.words();
        let mut release = Release::Done;
        for word in 0..words {
            // SAFETY: alive, since this word is not orphaned, hence not counted.
            let line: *const Line<B::Mark> = unsafe { &*this }.line(word);
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

    /// Returns the pool's queue.
    #[inline(always)]
    fn queue(&self) -> &Queue {
        self.shared_queue().unwrap_or(&self.stable.queue)
    }

    /// Returns the queue that the pool has if it is shared.
    #[inline(always)]
    fn shared_queue(&self) -> Option<&'static Queue> {
        self.stable.alive.look();
        #[cfg(feature = "alloc")]
        return self.stable.shared;
        #[cfg(not(feature = "alloc"))]
        None
    }

    /// Returns the queue apart of a pool that is shared.
    #[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
    pub(crate) fn queue_apart(&self) -> Option<&'static Queue> {
        self.shared_queue()
    }

    /// Gives the pool, which is where it will stay, a queue apart, by which releases find its waiters
    /// without touching the pool. A task whose future was forgotten stays in the pool's own, unserved.
    ///
    /// # Safety
    /// - `this` points to a pool that nothing else uses yet, and that stays there until it ends or
    ///   [`unshare`](Self::unshare) is called.
    #[cfg(feature = "alloc")]
    pub(crate) unsafe fn share(this: NonNull<Self>) {
        let queue = Queue::take(this.cast());
        // SAFETY: it lives, and is changed below only.
        if unsafe { this.as_ref() }.is_closed() {
            queue.watch.close();
        }
        // SAFETY: nothing else uses the pool.
        unsafe { (*this.as_ptr()).stable.shared = Some(queue) };
    }

    /// Takes the queue apart away from a pool of which every slot is free, and that is neither waited for
    /// nor closed. Returns whether it is such a pool; a release that is under way does not reach it
    /// again.
    ///
    /// # Safety
    /// - `this` points to a shared pool that lives, and of which the caller has the only handle.
    #[cfg(feature = "alloc")]
    pub(crate) unsafe fn unshare(this: NonNull<Self>) -> bool {
        // SAFETY: it lives, and is changed below, when nothing else uses it, only.
        let pool = unsafe { this.as_ref() };
        if !pool.is_idle() {
            return false;
        }
        pool.lines().for_each(|(_, line)| line.clear_watched());
        // SAFETY: no loan and no waiter is left, no other handle makes any, and this is the last use of
        // the pool here.
        let queue = unsafe { (*this.as_ptr()).stable.shared.take() };
        if let Some(queue) = queue {
            queue.put();
        }
        true
    }

    /// Returns the word of a bit of this pool.
    #[inline(always)]
    fn word_of(&self, bit: BitIndex) -> usize {
        if self.words() == 1 { 0 } else { bit.word() }
    }

    /// Returns the number in its word of the slot whose bit this is.
    #[inline(always)]
    fn slot_of(&self, bit: BitIndex) -> usize {
        if self.words() == 1 {
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
        if self.words() == 1 { self.slot_of(bit) } else { bit.slot_index() }
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

    /// Returns the number of words.
    #[inline(always)]
    fn words(&self) -> usize {
        self.stable.alive.look();
        self.bookkeeping.words()
    }

    #[inline(always)]
    fn line(&self, word: usize) -> &Line<B::Mark> {
        self.stable.alive.look();
        debug_assert!(word < self.words());
        // SAFETY: `word` comes from a bit of this pool, or from a count of its words, or is zero.
        unsafe { self.bookkeeping.line(word) }
    }

    /// Returns the words' numbers and lines.
    fn lines(&self) -> impl Iterator<Item = (usize, &Line<B::Mark>)> {
        (0..self.words()).map(|word| (word, self.line(word)))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue().watch.glance().is_closed()
    }

    pub(crate) fn available(&self) -> usize {
        self.lines().map(|(_, line)| line.permits()).sum()
    }

    /// Returns the most slots that were ever on loan at once, if that is kept.
    pub(crate) fn high_water(&self) -> Option<usize> {
        // A mark counts from the word's first slot, and not each slot need be this pool's.
        let lent = self.lines().map(|(word, line)| {
            let lent = word::first(line.mark()?.min(SLOTS_PER_WORD));
            Some(word::permits(self.whole(word) & lent))
        });
        lent.sum()
    }

    /// Returns whether a flag is set in any word: left set it costs a report each time, and shows nowhere
    /// else.
    #[cfg(framepool_loom)]
    pub(crate) fn is_flagged(&self) -> bool {
        self.lines().any(|(_, line)| line.is_flagged())
    }
}

impl<B: Bookkeeping> Drop for RawPool<B> {
    /// Forgotten waiters are still queued, unless the pool was closed: they are turned away, so that
    /// their wakers are not lost with them.
    fn drop(&mut self) {
        if self.queue().watch.glance().is_waited_for() {
            self.close();
        }
        self.stable.alive.end();
        #[cfg(feature = "alloc")]
        if let Some(queue) = self.stable.shared {
            queue.put();
        }
    }
}
