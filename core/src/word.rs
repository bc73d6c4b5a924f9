//! The bit layout of the state word, as pure functions.
//!
//! ```text
//!  bit   63 (or 31) ........................ 2      1         0
//!       [ slot 61 (or 29) ........... slot 0 | WAITERS | CLOSED ]
//!         1 = free, 0 = on loan (or absent)
//! ```
//!
//! The number of permits is the number of slot bits that are set: the free list and the permit
//! count are one fact, so they cannot disagree (I2), and there is nothing to tag against ABA.
//!
//! | rule | why |
//! |---|---|
//! | WAITERS is set => no slot bit is set | a queued waiter never sees a slot go by (I5) |
//! | CLOSED is never cleared | a closed pool stays closed (I7) |
//! | WAITERS is set => CLOSED is clear | closing takes the flag down and wakes the queue (I7) |

#[cfg(not(target_pointer_width = "64"))]
pub(crate) type Word = u32;
#[cfg(target_pointer_width = "64")]
pub(crate) type Word = u64;

/// No later acquire succeeds.
pub(crate) const CLOSED: Word = 1;
/// Somebody is queued; a release hands its slot over instead of setting its bit.
pub(crate) const WAITERS: Word = 1 << 1;
const FLAG_BITS: usize = 2;

/// The slots that one word can hold: 62 on 64-bit targets, 30 on others.
pub(crate) const MAX_SLOTS: usize = Word::BITS as usize - FLAG_BITS;

/// Returns the word of an idle pool: every slot free, no flag.
pub(crate) const fn all_free(capacity: usize) -> Word {
    assert!(capacity <= MAX_SLOTS, "more slots than the word has bits");
    if capacity == 0 { 0 } else { (Word::MAX >> (MAX_SLOTS - capacity)) & !(CLOSED | WAITERS) }
}

/// Returns the bit of slot `index`.
#[inline(always)]
pub(crate) const fn bit(index: usize) -> Word {
    1 << (index + FLAG_BITS)
}

/// Returns the slot bits alone.
#[inline(always)]
pub(crate) const fn free_bits(word: Word) -> Word {
    word & !(CLOSED | WAITERS)
}

/// Returns the lowest free slot: it was used last, so it is the warmest.
#[inline(always)]
pub(crate) const fn lowest_free(word: Word) -> Option<usize> {
    match free_bits(word) {
        0 => None,
        bits => Some(bits.trailing_zeros() as usize - FLAG_BITS),
    }
}

/// Returns the number of permits.
#[inline]
pub(crate) const fn permits(word: Word) -> usize {
    free_bits(word).count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_words_have_one_permit_per_slot_and_no_flag() {
        for capacity in 0..=MAX_SLOTS {
            let word = all_free(capacity);
            assert_eq!(permits(word), capacity);
            assert_eq!(word & (CLOSED | WAITERS), 0);
            assert_eq!(lowest_free(word), (capacity > 0).then_some(0));
        }
    }

    #[test]
    fn slots_and_flags_do_not_overlap() {
        let mut seen = CLOSED | WAITERS;
        for index in 0..MAX_SLOTS {
            assert_eq!(seen & bit(index), 0);
            seen |= bit(index);
            assert_eq!(lowest_free(bit(index)), Some(index));
        }
        assert_eq!(seen, Word::MAX);
    }
}
