//! The bit layout of a state word, as pure functions.
//!
//! ```text
//!  bit   63 62 (or 31, 30)   61 ........... 0
//!       [  flag  |  slot 61 (or 29) .... slot 0 ]
//!          00 or ORPHANED or WATCHED     1 = free, 0 = on loan (or absent)
//! ```
//!
//! The number of permits is the number of slot bits that are set: the free list and the permit
//! count are one fact, so they cannot disagree (I2), and there is nothing to tag against ABA.

#[cfg(not(target_pointer_width = "64"))]
pub(super) type Word = u32;
#[cfg(target_pointer_width = "64")]
pub(super) type Word = u64;

/// No handle of a shared pool is left: nothing claims any more, and the release that sets the last
/// slot bit frees the memory.
pub(super) const ORPHANED: Word = 0b01 << SLOTS_PER_WORD;
/// The word is watched: a claim that finds this flag looks at what is known of the pool, and a release
/// reports.
pub(super) const WATCHED: Word = 0b11 << SLOTS_PER_WORD;
/// The bits of the flag.
pub(super) const FLAG: Word = WATCHED | ORPHANED;

/// No slot: its bit is one of the flag's.
pub(super) const NO_SLOT: usize = Word::BITS as usize - 1;

/// The slots that one word can hold: 62 on 64-bit targets, 30 on others.
pub(crate) const SLOTS_PER_WORD: usize = Word::BITS as usize - 2;

/// The position of a slot's bit, counted through all the words of a pool, flags included.
///
/// The free list works with bit indices; users and storage work with slot indices, which leave the
/// flags out. Finding the word of a bit index takes a shift, where a slot index would take a division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitIndex(usize);

impl BitIndex {
    const BITS: usize = Word::BITS as usize;

    #[inline(always)]
    pub(super) const fn new(word: usize, slot: usize) -> Self {
        Self(word * Self::BITS + slot)
    }

    #[inline(always)]
    pub(super) const fn word(self) -> usize {
        self.0 / Self::BITS
    }

    /// Returns the slot's number in its word.
    #[inline(always)]
    pub(super) const fn slot(self) -> usize {
        self.0 % Self::BITS
    }

    /// Returns the slot's number in its word, which is the pool's only one.
    ///
    /// # Safety
    /// - The bit is in word 0.
    #[inline(always)]
    pub(super) const unsafe fn only_slot(self) -> usize {
        // SAFETY: word 0, as the caller promises. It saves a mask before each shift.
        unsafe { core::hint::assert_unchecked(self.0 < Self::BITS) };
        self.0
    }

    /// Returns the slot's index in its pool.
    #[inline(always)]
    pub(super) const fn slot_index(self) -> usize {
        self.0 - self.word() * (Self::BITS - SLOTS_PER_WORD)
    }
}

/// Slots of one word of a pool, as a set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotSet {
    word: usize,
    bits: Word,
}

impl SlotSet {
    pub(crate) const EMPTY: Self = Self { word: 0, bits: 0 };

    /// Makes the set of the slots of word `word` whose bits these are, without flags.
    #[inline(always)]
    pub(super) const fn new(word: usize, bits: Word) -> Self {
        Self { word, bits }
    }

    /// Makes the set of this slot.
    pub(super) const fn of(slot: BitIndex) -> Self {
        Self::new(slot.word(), bit(slot.slot()))
    }

    /// Returns the number of the word.
    #[inline(always)]
    pub(crate) const fn word(&self) -> usize {
        self.word
    }

    /// Returns the bits of the slots in their word.
    #[inline(always)]
    pub(super) const fn bits(&self) -> Word {
        self.bits
    }

    #[inline(always)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.bits == 0
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        permits(self.bits)
    }

    /// Returns the lowest of the slots.
    #[inline(always)]
    pub(crate) fn lowest(&self) -> Option<BitIndex> {
        lowest(self.bits).map(|slot| BitIndex::new(self.word, slot))
    }

    /// Takes the lowest of the slots out of the set.
    #[inline(always)]
    pub(crate) fn pop_lowest(&mut self) -> Option<BitIndex> {
        let slot = lowest(self.bits)?;
        self.bits &= !bit(slot);
        Some(BitIndex::new(self.word, slot))
    }

    /// Puts a slot into the set, unless that is of another word. Returns whether it is in the set.
    #[inline(always)]
    pub(crate) const fn push(&mut self, slot: BitIndex) -> bool {
        if self.is_empty() {
            self.word = slot.word();
        }
        let is_of_word = slot.word() == self.word;
        if is_of_word {
            self.bits |= bit(slot.slot());
        }
        is_of_word
    }
}

/// Some of a pool's words, by classes: a word is in class `word % CLASSES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words(usize);

impl Words {
    pub(super) const CLASSES: usize = usize::BITS as usize;
    pub(super) const NONE: Self = Self(0);

    #[cfg(not(feature = "critical-section"))]
    pub(super) const fn of(bits: usize) -> Self {
        Self(bits)
    }

    #[cfg(not(feature = "critical-section"))]
    pub(super) const fn bits(self) -> usize {
        self.0
    }

    /// Returns the class of this word.
    pub(super) const fn with(word: usize) -> Self {
        Self(1 << (word % Self::CLASSES))
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the lowest class, which is the number of its first word.
    pub(super) const fn lowest(self) -> Option<usize> {
        if self.is_empty() { None } else { Some(self.0.trailing_zeros() as usize) }
    }

    pub(super) const fn remove_lowest(&mut self) {
        self.0 &= self.0.wrapping_sub(1);
    }
}

/// Returns the bits of the first `slots` slots of a word.
pub(super) const fn first(slots: usize) -> Word {
    assert!(slots <= SLOTS_PER_WORD, "more slots than a word has bits");
    free_bits(Word::MAX) >> (SLOTS_PER_WORD - slots)
}

/// Returns the bit of the word's slot `slot`.
#[inline(always)]
pub(super) const fn bit(slot: usize) -> Word {
    1 << slot
}

/// Returns the slot bits alone.
#[inline(always)]
pub(super) const fn free_bits(word: Word) -> Word {
    word & !FLAG
}

/// Returns the lowest free slot: the one most likely to be in the cache still.
#[inline(always)]
pub(super) const fn lowest_free(word: Word) -> Option<usize> {
    lowest(free_bits(word))
}

/// Returns the lowest of some slots, given as their bits and no flag.
#[inline(always)]
pub(super) const fn lowest(bits: Word) -> Option<usize> {
    match bits {
        0 => None,
        bits => Some(bits.trailing_zeros() as usize),
    }
}

/// Returns the lowest free slot, and the word after it was claimed. `None` also under WATCHED.
///
/// ORPHANED is not handled: no handle is left through which a word of an orphan could be claimed.
#[inline(always)]
pub(super) const fn claim_lowest(word: Word) -> Option<(usize, Word)> {
    // One test of the top bit covers both reasons: with nothing free the subtraction wraps and sets
    // it, and WATCHED contains it.
    let below = word.wrapping_sub(1);
    if below & !(Word::MAX >> 1) != 0 {
        return None;
    }
    Some((word.trailing_zeros() as usize, word & below))
}

/// Returns whether this slot is free and no flag is set.
#[inline(always)]
pub(super) const fn is_free_and_unwatched(word: Word, slot: usize) -> bool {
    word & FLAG == 0 && word >> (slot % Word::BITS as usize) & 1 != 0
}

/// Returns the highest free slot.
pub(super) const fn highest_free(word: Word) -> Option<usize> {
    match free_bits(word).checked_ilog2() {
        None => None,
        Some(slot) => Some(slot as usize),
    }
}

/// Returns the bits of the lowest `length` free slots in a row.
pub(super) const fn lowest_run(word: Word, length: usize) -> Option<Word> {
    if length == 0 || length > SLOTS_PER_WORD {
        return None;
    }
    // After each step a bit says that `covered` slots from it on are free.
    let mut starts = free_bits(word);
    let mut covered = 1;
    while covered < length {
        let step = if covered < length - covered { covered } else { length - covered };
        starts &= starts >> step;
        covered += step;
    }
    match lowest(starts) {
        None => None,
        Some(slot) => Some(first(length) << slot),
    }
}

/// Returns the bits of the lowest `count` free slots, wherever they are.
pub(super) const fn lowest_few(word: Word, count: usize) -> Option<Word> {
    if count == 0 || count > permits(word) {
        return None;
    }
    let mut rest = free_bits(word);
    let mut taken = 0;
    while taken < count {
        rest &= rest - 1;
        taken += 1;
    }
    Some(free_bits(word) & !rest)
}

/// Returns the number of permits.
#[inline]
pub(super) const fn permits(word: Word) -> usize {
    free_bits(word).count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_words_have_one_permit_per_slot_and_no_flag() {
        for slots in 0..=SLOTS_PER_WORD {
            let word = first(slots);
            assert_eq!(permits(word), slots);
            assert_eq!(word & FLAG, 0);
            assert_eq!(lowest_free(word), (slots > 0).then_some(0));
        }
    }

    #[test]
    fn slots_and_flags_do_not_overlap() {
        for word in [Word::MAX & !FLAG, WATCHED, ORPHANED] {
            for flag in SLOTS_PER_WORD..Word::BITS as usize {
                assert!(!is_free_and_unwatched(word, flag));
            }
        }
        let mut seen = FLAG;
        for slot in 0..SLOTS_PER_WORD {
            assert_eq!(seen & bit(slot), 0);
            seen |= bit(slot);
            assert_eq!(lowest_free(bit(slot)), Some(slot));
            assert_eq!(highest_free(seen | bit(slot)), Some(slot));
        }
        assert_eq!(seen, Word::MAX);
    }

    #[test]
    fn the_lowest_slot_is_claimed_unless_a_waiter_is_queued() {
        for slot in 0..SLOTS_PER_WORD {
            let above = free_bits(Word::MAX << slot << 1);
            assert_eq!(claim_lowest(bit(slot) | above), Some((slot, above)));
            assert_eq!(claim_lowest(bit(slot) | above | WATCHED), None);
        }
        assert_eq!(claim_lowest(0), None);
        assert_eq!(claim_lowest(WATCHED), None);
    }

    #[test]
    fn bit_indices_count_bits_and_slot_indices_count_slots() {
        for index in 0..3 * SLOTS_PER_WORD {
            let (word, slot) = (index / SLOTS_PER_WORD, index % SLOTS_PER_WORD);
            let bit = BitIndex::new(word, slot);
            assert_eq!((bit.word(), bit.slot(), bit.slot_index()), (word, slot, index));
        }
    }

    #[test]
    fn a_word_is_found_by_its_class() {
        for number in 0..3 * Words::CLASSES {
            let mut words = Words::with(number);
            let first = words.lowest().expect("one class");
            assert!((first..=number).step_by(Words::CLASSES).any(|word| word == number));
            words.remove_lowest();
            assert!(words.is_empty());
        }
    }

    #[test]
    fn runs_are_found_where_a_search_by_hand_finds_them() {
        let mut word: Word = 0x9E37_79B9;
        for _ in 0..2000 {
            word = word.wrapping_mul(0x9E37_79B9).wrapping_add(0x7F4A_7C15).rotate_left(7);
            let dense = word | word.rotate_left(3);
            for length in [1, 2, 3, 5, 8] {
                let free = |slot| slot < SLOTS_PER_WORD && dense & bit(slot) != 0;
                let by_hand = (0..SLOTS_PER_WORD).find(|&slot| (slot..slot + length).all(free));
                let bits = by_hand.map(|slot| (slot..slot + length).map(bit).sum());
                assert_eq!(lowest_run(dense, length), bits, "{dense:b} {length}");
            }
        }
        assert_eq!(lowest_run(Word::MAX, 0), None);
        assert_eq!(lowest_run(Word::MAX, SLOTS_PER_WORD), Some(first(SLOTS_PER_WORD)));
        assert_eq!(lowest_run(Word::MAX, SLOTS_PER_WORD + 1), None);
    }

    #[test]
    fn the_lowest_few_are_free_and_below_all_others() {
        let word = bit(1) | bit(2) | bit(7) | WATCHED;
        assert_eq!(lowest_few(word, 0), None);
        assert_eq!(lowest_few(word, 1), Some(bit(1)));
        assert_eq!(lowest_few(word, 2), Some(bit(1) | bit(2)));
        assert_eq!(lowest_few(word, 3), Some(free_bits(word)));
        assert_eq!(lowest_few(word, 4), None);
        assert_eq!(lowest_few(Word::MAX, SLOTS_PER_WORD), Some(first(SLOTS_PER_WORD)));
    }
}
