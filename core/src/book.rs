//! What a pool keeps beside its slots: the words of its free list, and a header for each slot.
//!
//! ```text
//!   lines     [ word 0 ][ word 1 ] ...      each on a cache line of its own
//!   headers   [ head 0 | head 1 | ... ]     apart from the slots, which a device may fill
//! ```

use crate::error::BuildError;
use crate::free_list::{HighWater, Line, Mark, Unmarked};
use crate::sync::{AtomicU32, AtomicUsize, Ordering, const_unless_loom};
use crate::word::{self, SLOTS_PER_WORD, Word};
use core::fmt;

/// What a pool remembers of one slot while it is on loan.
#[derive(Debug)]
#[doc(hidden)]
pub struct Header {
    /// Frozen shares alive; meaningful while the slot is frozen.
    pub(crate) shares: AtomicU32,
}

impl Header {
    const_unless_loom! {
        const fn new() -> Self {
            Self { shares: AtomicU32::new(0) }
        }
    }
}

/// The bookkeeping of a pool of a certain size: [`Fixed`], [`Lean`] or `OnHeap`.
///
/// # Safety
/// - `lines` answers the same lines each time, enough for the pool's slots.
/// - They stay where they are as long as the pool does.
///
/// # Examples
/// ```
/// use framepool_core::{Book, Inline, LeanPool, Pool, PoolIn};
///
/// /// Takes four lines, whether they can be frozen or not.
/// fn free<B: Book>(lines: &PoolIn<Inline<[u16; 64], 4>, B>) -> usize {
///     lines.available()
/// }
/// assert_eq!(free(&Pool::new([[0; 64]; 4])), 4);
/// assert_eq!(free(&LeanPool::lean([[0; 64]; 4])), 4);
/// ```
pub unsafe trait Book: sealed::Sealed {
    #[doc(hidden)]
    type Mark: Mark;

    #[doc(hidden)]
    type Extent: Extent;

    #[doc(hidden)]
    fn lines(&self) -> &[Line<Self::Mark>];
}

/// How many slots a pool has, and how many of its words are yet to be completed once nobody claims
/// from it any more.
#[doc(hidden)]
#[allow(unreachable_pub, reason = "part of `Book`, which compilers before 1.86 do not see")]
pub trait Extent: fmt::Debug {
    /// Returns the last word as it is when all of its slots are free; those before it are full of
    /// slots.
    fn last_word(&self) -> Word;

    /// Counts a word as completed. Returns whether it was the last.
    ///
    /// Unless it was, this may be gone afterwards, freed by whoever counts the last one: hence a
    /// pointer.
    ///
    /// # Safety
    /// - `this` points to an extent that lives until each word is counted, and this one is not.
    unsafe fn complete_one(this: *const Self) -> bool;
}

/// Known when the program runs.
#[derive(Debug)]
#[doc(hidden)]
pub struct Counted {
    last_word: Word,
    incomplete: AtomicUsize,
}

impl Counted {
    const_unless_loom! {
        /// For `slots` slots, one or more.
        pub(crate) const fn new(slots: usize) -> Self {
            let words = words_for(slots);
            Self { last_word: full_word(slots, words - 1), incomplete: AtomicUsize::new(words) }
        }
    }

    const_unless_loom! {
        /// For the slots of one word.
        pub(crate) const fn one_word(bits: Word) -> Self {
            Self { last_word: bits, incomplete: AtomicUsize::new(1) }
        }
    }
}

impl Extent for Counted {
    #[inline(always)]
    fn last_word(&self) -> Word {
        self.last_word
    }

    unsafe fn complete_one(this: *const Self) -> bool {
        // SAFETY: alive, as the caller promises. An atomic is all interior: the reference claims
        // nothing of its memory once the word is counted.
        let incomplete = unsafe { &(*this).incomplete };
        // Ordering: Release: what was done to this word's slots happens before the pool is freed;
        // Acquire for the one who frees it (I7).
        incomplete.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

/// `N` slots, in one word.
#[derive(Debug)]
#[doc(hidden)]
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

/// Bookkeeping that counts shares, so that loans can be frozen.
///
/// # Safety
/// - `headers` answers a header for each slot, the same each time.
///
/// # Examples
/// ```
/// use framepool_core::{Frozen, Inline, Pool, PoolIn, Shares};
///
/// /// Works with every inline pool whose loans can be frozen.
/// fn blank<B: Shares>(pool: &PoolIn<Inline<u8, 4>, B>) -> Option<Frozen<&PoolIn<Inline<u8, 4>, B>>> {
///     Some(pool.try_acquire()?.freeze())
/// }
/// assert_eq!(blank(&Pool::new([7; 4])).as_deref(), Some(&7));
/// ```
pub unsafe trait Shares: Book {
    #[doc(hidden)]
    fn headers(&self) -> &[Header];
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The words that `slots` slots need.
pub(crate) const fn words_for(slots: usize) -> usize {
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
pub(crate) const fn full_word(slots: usize, word: usize) -> Word {
    let before = word * SLOTS_PER_WORD;
    if slots <= before {
        word::first(0)
    } else if slots - before < SLOTS_PER_WORD {
        word::first(slots - before)
    } else {
        word::first(SLOTS_PER_WORD)
    }
}

/// Says whether `slots` slots fit in `words` words.
pub(crate) const fn check(slots: usize, words: usize) -> Result<(), BuildError> {
    let limit = words.saturating_mul(SLOTS_PER_WORD);
    if slots == 0 {
        Err(BuildError::NoSlots)
    } else if slots > limit {
        Err(BuildError::TooManySlots { requested: slots, limit })
    } else {
        Ok(())
    }
}

/// Bookkeeping inside the pool: `W` words, and headers for at most `N` slots.
///
/// # Examples
/// ```
/// use framepool_core::{Fixed, Inline, Pool, PoolIn};
///
/// // What `Pool<u8, 100, 2>` stands for.
/// static POOL: PoolIn<Inline<u8, 100>, Fixed<100, 2>> = Pool::wide([0; 100]);
/// assert_eq!(POOL.capacity(), 100);
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct Fixed<const N: usize, const W: usize = 1> {
    lines: [Line; W],
    headers: [Header; N],
}

impl<const N: usize, const W: usize> Fixed<N, W> {
    /// Words with slots in them.
    const WORDS: usize = words_for(N);

    #[cfg(not(framepool_loom))]
    pub(crate) const fn new(slots: usize) -> Self {
        Self { lines: lines(slots), headers: [const { Header::new() }; N] }
    }

    #[cfg(framepool_loom)]
    pub(crate) fn new(slots: usize) -> Self {
        Self { lines: lines(slots), headers: core::array::from_fn(|_| Header::new()) }
    }
}

impl<const N: usize, const W: usize> sealed::Sealed for Fixed<N, W> {}

// SAFETY: a slice of an array that this value owns.
unsafe impl<const N: usize, const W: usize> Book for Fixed<N, W> {
    type Mark = HighWater;
    type Extent = Counted;

    #[inline(always)]
    fn lines(&self) -> &[Line] {
        &self.lines[..Self::WORDS]
    }
}

// SAFETY: pools of this bookkeeping have at most `N` slots, as their constructors see to.
unsafe impl<const N: usize, const W: usize> Shares for Fixed<N, W> {
    #[inline(always)]
    fn headers(&self) -> &[Header] {
        &self.headers
    }
}

/// Bookkeeping of `N` slots in one word, and nothing else: loans cannot be frozen, and no high-water
/// mark is kept. For a tight RAM.
///
/// # Examples
/// ```
/// use framepool_core::{Fixed, Lean};
///
/// assert!(size_of::<Lean<60>>() < size_of::<Fixed<60>>());
/// ```
#[derive(Debug)]
pub struct Lean<const N: usize> {
    lines: [Line<Unmarked>; 1],
}

impl<const N: usize> Lean<N> {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self { lines: [Line::new(word::first(N), Unmarked)] }
        }
    }
}

impl<const N: usize> sealed::Sealed for Lean<N> {}

// SAFETY: a slice of an array that this value owns.
unsafe impl<const N: usize> Book for Lean<N> {
    type Mark = Unmarked;
    type Extent = Exactly<N>;

    #[inline(always)]
    fn lines(&self) -> &[Line<Unmarked>] {
        &self.lines
    }
}

#[cfg(feature = "alloc")]
pub use heap::OnHeap;

#[cfg(feature = "alloc")]
mod heap {
    use super::{
        Book, BuildError, Counted, Header, HighWater, Line, Shares, full_word, sealed, words_for,
    };
    use alloc::boxed::Box;

    /// Bookkeeping on the heap, for any number of slots.
    ///
    /// # Examples
    /// ```
    /// use framepool_core::{BufferPool, HeapBytes, OnHeap};
    ///
    /// let memory = HeapBytes::zeroed(100 * 16, 16)?;
    /// let pool: BufferPool<HeapBytes, OnHeap> = BufferPool::large(memory, 16, 16)?;
    /// assert_eq!(pool.capacity(), 100);
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    #[derive(Debug)]
    pub struct OnHeap {
        lines: Box<[Line]>,
        headers: Box<[Header]>,
    }

    impl OnHeap {
        pub(crate) fn new(slots: usize) -> Result<Self, BuildError> {
            super::check(slots, usize::MAX)?;
            let lines = (0..words_for(slots))
                .map(|word| Line::new(full_word(slots, word), HighWater::new()));
            let headers = (0..slots).map(|_| Header::new());
            Ok(Self { lines: lines.collect(), headers: headers.collect() })
        }
    }

    impl sealed::Sealed for OnHeap {}

    // SAFETY: a boxed slice that this value owns and never swaps.
    unsafe impl Book for OnHeap {
        type Mark = HighWater;
        type Extent = Counted;

        #[inline(always)]
        fn lines(&self) -> &[Line] {
            &self.lines
        }
    }

    // SAFETY: made with one header for each slot.
    unsafe impl Shares for OnHeap {
        #[inline(always)]
        fn headers(&self) -> &[Header] {
            &self.headers
        }
    }
}
