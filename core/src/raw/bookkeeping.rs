//! What a pool keeps beside its slots: the words of its free list, and a header for each slot.
//!
//! ```text
//!   lines     [ word 0 ][ word 1 ] ...      each on a cache line of its own
//!   headers   [ head 0 | head 1 | ... ]     apart from the slots, which a device may fill
//! ```

use super::free_list::{HighWater, Line, Mark, Unmarked};
use super::word::{self, SLOTS_PER_WORD, SlotSet, Word};
use crate::error::BuildError;
use crate::sync::{AtomicU32, AtomicUsize, Ordering, Statistic, const_unless_loom};
use core::convert::Infallible;
use core::fmt;

/// The free list's words and the slots' headers of a pool of a certain size.
///
/// Public for the storages, which name theirs, but not to be named outside this crate.
///
/// # Safety
/// - `line` returns the same line for a word each time, and `words` are enough for the pool's slots.
/// - `headers` returns a header for each slot, the same each time, unless `Header` has no values.
/// - Both stay where they are as long as the pool does.
pub unsafe trait Bookkeeping {
    type Mark: Mark;
    type Extent: Extent;
    type Header: Header;

    /// Returns the number of words, one or more.
    fn words(&self) -> usize;

    /// Returns the line of a word.
    ///
    /// # Safety
    /// - `word` is below `words`.
    unsafe fn line(&self, word: usize) -> &Line<Self::Mark>;

    fn headers(&self) -> &[Self::Header];
}

/// What a pool remembers of one slot.
pub trait Header: fmt::Debug {
    /// Returns the count of frozen shares; meaningful while the slot is frozen.
    fn shares(&self) -> &AtomicU32;
}

/// Counts the frozen shares of one slot: what a pool keeps for each slot whose loans can be frozen.
///
/// # Examples
/// ```
/// use framepool_core::storage::{ShareCount, Storage};
/// use framepool_core::{Frozen, Pool, PoolIn};
///
/// /// Works with every pool of lines that can be frozen: not with a `LeanPool`.
/// fn blank<S>(pool: &PoolIn<S>) -> Option<Frozen<&PoolIn<S>>>
/// where
///     S: Storage<Slot = [u16; 640], Header = ShareCount>,
/// {
///     Some(pool.try_acquire()?.freeze())
/// }
///
/// assert!(blank(&Pool::new([[0; 640]; 4])).is_some());
/// ```
#[derive(Debug)]
pub struct ShareCount(AtomicU32);

impl ShareCount {
    const_unless_loom! {
        const fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }
}

impl Header for ShareCount {
    #[inline(always)]
    fn shares(&self) -> &AtomicU32 {
        &self.0
    }
}

/// The header of slots that cannot be frozen: there is none.
impl Header for Infallible {
    fn shares(&self) -> &AtomicU32 {
        match *self {}
    }
}

/// How many slots a pool has, and how many of its words are yet to be completed once no handle is
/// left.
pub trait Extent: fmt::Debug {
    /// Returns the last word as it is when all of its slots are free; those before it are full of
    /// slots.
    fn last_word(&self) -> Word;

    /// Returns the word in which a slot was found last.
    fn first_word(&self) -> usize {
        0
    }

    /// Keeps in mind that a slot was found in this word.
    fn set_first_word(&self, _word: usize) {}

    /// Counts a word as completed. Returns whether it was the last.
    ///
    /// Unless it was, this may be gone afterwards, freed by the thread that counts the last one: hence
    /// a pointer.
    ///
    /// # Safety
    /// - `this` points to an extent that lives until each word is counted, and this one is not.
    unsafe fn complete_one(this: *const Self) -> bool;
}

/// An extent known when the program runs.
#[derive(Debug)]
pub struct Counted {
    last_word: Word,
    first_word: Statistic,
    incomplete: AtomicUsize,
}

impl Counted {
    const_unless_loom! {
        /// For `slots` slots, one or more.
        pub(crate) const fn new(slots: usize) -> Self {
            let words = words_for(slots);
            Self {
                last_word: full_word(slots, words - 1),
                first_word: Statistic::new(0),
                incomplete: AtomicUsize::new(words),
            }
        }
    }

    /// For a pool of these slots alone, which are of one word.
    pub(crate) fn of(slots: SlotSet) -> Self {
        Self {
            last_word: slots.bits(),
            first_word: Statistic::new(0),
            incomplete: AtomicUsize::new(1),
        }
    }
}

impl Extent for Counted {
    #[inline(always)]
    fn last_word(&self) -> Word {
        self.last_word
    }

    #[inline(always)]
    fn first_word(&self) -> usize {
        // Ordering: Relaxed: a guess, which publishes nothing.
        self.first_word.load(Ordering::Relaxed)
    }

    fn set_first_word(&self, word: usize) {
        // Ordering: Relaxed: a guess, which publishes nothing. Claims read it: no store for nothing.
        if self.first_word.load(Ordering::Relaxed) != word {
            // Ordering: Relaxed: as above.
            self.first_word.store(word, Ordering::Relaxed);
        }
    }

    unsafe fn complete_one(this: *const Self) -> bool {
        // SAFETY: alive, as the caller promises. An atomic is all interior: the reference claims
        // nothing of its memory once the word is counted.
        let incomplete = unsafe { &(*this).incomplete };
        // Ordering: Release: what was done to this word's slots happens before the pool is freed;
        // Acquire for the thread that frees it (I7).
        incomplete.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

/// `N` slots, in one word.
#[derive(Debug)]
pub struct Exactly<const N: usize>;

impl<const N: usize> Extent for Exactly<N> {
    #[inline(always)]
    fn last_word(&self) -> Word {
        const { word::first(N) }
    }

    unsafe fn complete_one(_this: *const Self) -> bool {
        true
    }
}

/// The words that `slots` slots need.
const fn words_for(slots: usize) -> usize {
    slots.div_ceil(SLOTS_PER_WORD)
}

/// Makes the lines of a pool of `slots` slots.
#[cfg(not(framepool_loom))]
const fn lines<const W: usize>(slots: usize) -> [Line; W] {
    let mut lines = [const { Line::new(0, HighWater::new()) }; W];
    let mut word = 0;
    while word < W {
        lines[word] = Line::new(full_word(slots, word), HighWater::new());
        word += 1;
    }
    lines
}

#[cfg(framepool_loom)]
fn lines<const W: usize>(slots: usize) -> [Line; W] {
    core::array::from_fn(|word| Line::new(full_word(slots, word), HighWater::new()))
}

/// Returns word number `word` of a pool of `slots` slots as it is when all of them are free.
const fn full_word(slots: usize, word: usize) -> Word {
    let before = word * SLOTS_PER_WORD;
    if slots <= before {
        word::first(0)
    } else if slots - before < SLOTS_PER_WORD {
        word::first(slots - before)
    } else {
        word::first(SLOTS_PER_WORD)
    }
}

/// Fails to compile unless `N` slots fit in `W` words.
pub(crate) const fn check_slots<const N: usize, const W: usize>() {
    const {
        assert!(N >= 1, "a pool needs at least one slot");
        assert!(
            N <= W * SLOTS_PER_WORD,
            "more slots than the words hold: one word holds 62 (30 on 32-bit targets). Name the words \
             in the type and make the pool by `wide`, as in `let pool: Pool<u8, 200, 4> = \
             Pool::wide([0; 200])`, or use a `BoxedPool`"
        );
    }
}

/// Bookkeeping inside the pool: `W` words, and headers for at most `N` slots.
#[derive(Debug)]
#[repr(C)]
pub struct Fixed<const N: usize, const W: usize = 1> {
    lines: [Line; W],
    headers: [ShareCount; N],
}

impl<const N: usize, const W: usize> Fixed<N, W> {
    /// Words with slots in them.
    const WORDS: usize = words_for(N);

    #[cfg(not(framepool_loom))]
    pub(crate) const fn new(slots: usize) -> Self {
        Self { lines: lines(slots), headers: [const { ShareCount::new() }; N] }
    }

    #[cfg(framepool_loom)]
    pub(crate) fn new(slots: usize) -> Self {
        Self { lines: lines(slots), headers: core::array::from_fn(|_| ShareCount::new()) }
    }
}

impl Fixed<SLOTS_PER_WORD> {
    /// Checks that one word holds so many slots.
    pub(crate) const fn check(slots: usize) -> Result<(), BuildError> {
        if slots > SLOTS_PER_WORD {
            return Err(BuildError::TooManySlots { requested: slots, limit: SLOTS_PER_WORD });
        }
        Ok(())
    }
}

// SAFETY: slices of arrays that this value owns; its pool has at most `N` slots, which its maker
// checks (`check_slots`, `check`).
unsafe impl<const N: usize, const W: usize> Bookkeeping for Fixed<N, W> {
    type Mark = HighWater;
    type Extent = Counted;
    type Header = ShareCount;

    #[inline(always)]
    fn words(&self) -> usize {
        Self::WORDS
    }

    #[inline(always)]
    unsafe fn line(&self, word: usize) -> &Line {
        // SAFETY: below `WORDS`, as the caller promises, which is at most `W`.
        unsafe { self.lines.get_unchecked(word) }
    }

    #[inline(always)]
    fn headers(&self) -> &[ShareCount] {
        &self.headers
    }
}

/// Bookkeeping of `N` slots in one word, and nothing else: no headers, and no high-water mark.
#[derive(Debug)]
pub struct Bare<const N: usize> {
    line: Line<Unmarked>,
}

impl<const N: usize> Bare<N> {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self { line: Line::new(word::first(N), Unmarked) }
        }
    }
}

// SAFETY: a line that this value owns; `Infallible` has no values.
unsafe impl<const N: usize> Bookkeeping for Bare<N> {
    type Mark = Unmarked;
    type Extent = Exactly<N>;
    type Header = Infallible;

    #[inline(always)]
    fn words(&self) -> usize {
        1
    }

    #[inline(always)]
    unsafe fn line(&self, _word: usize) -> &Line<Unmarked> {
        &self.line
    }

    fn headers(&self) -> &[Infallible] {
        &[]
    }
}

/// One line, for slots that belong to another pool's word.
#[derive(Debug)]
pub(crate) struct Subset(Line);

impl Subset {
    /// Makes a line in which these slots are free.
    pub(crate) fn new(slots: SlotSet) -> Self {
        Self(Line::new(slots.bits(), HighWater::new()))
    }

    #[inline(always)]
    pub(crate) fn line(&self) -> &Line {
        &self.0
    }

    /// Claims what is free, as slots of word `word`.
    pub(crate) fn claim_all(&self, word: usize) -> SlotSet {
        SlotSet::new(word, self.0.claim_all())
    }
}

#[cfg(feature = "alloc")]
mod heap {
    use super::{
        Bookkeeping, BuildError, Counted, HighWater, Line, ShareCount, full_word, words_for,
    };
    use alloc::vec::Vec;

    /// Bookkeeping for any number of slots: on the heap, but for the first word, which a pool of few slots
    /// reaches without a detour.
    #[derive(Debug)]
    #[repr(C)]
    pub struct OnHeap {
        first: Line,
        more: Vec<Line>,
        headers: Vec<ShareCount>,
    }

    impl OnHeap {
        pub(crate) fn new(slots: usize) -> Result<Self, BuildError> {
            if slots == 0 {
                return Err(BuildError::NoSlots);
            }
            let words = words_for(slots);
            let (mut more, mut headers) = (reserve(words - 1)?, reserve(slots)?);
            let line = |word| Line::new(full_word(slots, word), HighWater::new());
            more.extend((1..words).map(line));
            headers.extend((0..slots).map(|_| ShareCount::new()));
            Ok(Self { first: line(0), more, headers })
        }
    }

    /// Takes memory for `count` values from the heap.
    pub(crate) fn reserve<T>(count: usize) -> Result<Vec<T>, BuildError> {
        let requested = count.checked_mul(size_of::<T>()).ok_or(BuildError::Overflow)?;
        if requested > isize::MAX as usize {
            return Err(BuildError::Overflow);
        }
        let mut values = Vec::new();
        match values.try_reserve_exact(count) {
            Ok(()) => Ok(values),
            Err(_) => Err(BuildError::OutOfMemory { requested }),
        }
    }

    // SAFETY: vectors that this value owns and never changes, made with one header for each slot.
    unsafe impl Bookkeeping for OnHeap {
        type Mark = HighWater;
        type Extent = Counted;
        type Header = ShareCount;

        #[inline(always)]
        fn words(&self) -> usize {
            self.more.len() + 1
        }

        #[inline(always)]
        unsafe fn line(&self, word: usize) -> &Line {
            match word.checked_sub(1) {
                None => &self.first,
                // SAFETY: `word` is below `words`, as the caller promises.
                Some(more) => unsafe { self.more.get_unchecked(more) },
            }
        }

        #[inline(always)]
        fn headers(&self) -> &[ShareCount] {
            &self.headers
        }
    }
}
#[cfg(feature = "alloc")]
pub(crate) use heap::{OnHeap, reserve};
