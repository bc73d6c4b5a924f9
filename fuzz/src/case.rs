//! What a fuzzer's bytes mean: the shape of the pools, and operations on them.
//!
//! ```text
//!   [ kind ][ shape ][ op a b ][ op a b ][ op a b ] ...     one byte each
//! ```
//! Every string of bytes is a case, and each operation has the same length: a fuzzer's mutations
//! and a shrinking test keep their meaning.

use arbitrary::{Arbitrary, Result, Unstructured};
use std::ops::Range;

/// Bytes before the first operation.
pub(crate) const HEAD_BYTES: usize = 2;
/// Bytes of one operation.
pub(crate) const OP_BYTES: usize = 3;

/// The capacities tried: around one word's limit, and three words.
const CAPACITIES: [usize; 8] = [1, 2, 3, 5, 8, 62, 63, 130];

/// One operation. Numbers choose among what is there, modulo how much is there; an operation on
/// nothing does nothing. Pools are the pool and its reserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Takes a loan if there is a slot.
    TryAcquire {
        /// From which pool.
        pool: u8,
    },
    /// Takes loans until there is no slot.
    Fill {
        /// From which pool.
        pool: u8,
    },
    /// Drops a loan.
    Drop {
        /// Which loan.
        loan: u8,
    },
    /// Loses a loan without dropping it.
    Forget {
        /// Which loan.
        loan: u8,
    },
    /// Turns a loan into a share.
    Freeze {
        /// Which loan.
        loan: u8,
    },
    /// Clones a share.
    Share {
        /// Which share.
        share: u8,
    },
    /// Shares a part of a share.
    Slice {
        /// Which share.
        share: u8,
        /// First byte of the part, relative to the share.
        start: u8,
        /// The byte after the part, relative to the share; may be before `start`.
        end: u8,
        /// Which of the equal ways to ask for it.
        form: u8,
    },
    /// Drops a share.
    DropShare {
        /// Which share.
        share: u8,
    },
    /// Turns a share into a loan, if it is the only one of its slot.
    Thaw {
        /// Which share.
        share: u8,
    },
    /// Makes a waiter, without polling it.
    Wait {
        /// On which pool.
        pool: u8,
    },
    /// Polls a waiter.
    Poll {
        /// Which waiter.
        waiter: u8,
        /// With a waker of its own, instead of the one used before.
        new_waker: bool,
    },
    /// Drops a waiter.
    Cancel {
        /// Which waiter.
        waiter: u8,
    },
    /// Takes adjacent slots at once.
    Run {
        /// From which pool.
        pool: u8,
        /// How many.
        length: u8,
    },
    /// Splits a loan off a run.
    Split {
        /// Which run.
        run: u8,
    },
    /// Drops what is left of a run.
    DropRun {
        /// Which run.
        run: u8,
    },
    /// Sets slots aside.
    Reserve {
        /// Of which pool.
        pool: u8,
        /// How many.
        slots: u8,
    },
    /// Makes another handle.
    CloneHandle {
        /// Of which pool.
        pool: u8,
        /// The pool is first moved out of the heap and back, if it has one handle and no loan.
        moved: bool,
    },
    /// Drops a handle, if that is allowed.
    DropHandle {
        /// Of which pool.
        pool: u8,
        /// Drops the pool itself, out of the heap, if it has one handle and no loan.
        moved: bool,
    },
    /// Makes an acquirer.
    Acquirer {
        /// Of which pool.
        pool: u8,
    },
    /// Takes a loan through an acquirer.
    Hinted {
        /// Which acquirer.
        acquirer: u8,
        /// Gives it back and takes one again: the same one.
        again: bool,
    },
    /// Drops an acquirer.
    DropAcquirer {
        /// Which acquirer.
        acquirer: u8,
    },
    /// Turns a handle into the only acquirer, if it is the only handle.
    Exclude {
        /// Of which pool.
        pool: u8,
        /// As for [`CloneHandle`](Self::CloneHandle).
        moved: bool,
    },
    /// Takes a loan through an exclusive acquirer.
    Exclusive {
        /// Which one.
        exclusive: u8,
    },
    /// Drops an exclusive acquirer.
    DropExclusive {
        /// Which one.
        exclusive: u8,
    },
    /// Closes a pool.
    Close {
        /// Which pool.
        pool: u8,
    },
}

impl Op {
    /// Gives every triple a meaning; the ranges are the operations' weights. Forgetting and closing
    /// are rare: little can happen after them.
    const fn decode([kind, a, b]: [u8; OP_BYTES]) -> Self {
        match kind {
            0..=39 => Self::TryAcquire { pool: a },
            40..=45 => Self::Fill { pool: a },
            46..=77 => Self::Drop { loan: a },
            78..=93 => Self::Freeze { loan: a },
            94..=103 => Self::Share { share: a },
            104..=113 => Self::Slice { share: a, start: b >> 4, end: (b & 0xf) + 1, form: a >> 5 },
            114..=133 => Self::DropShare { share: a },
            134..=143 => Self::Thaw { share: a },
            144..=159 => Self::Wait { pool: a },
            160..=179 => Self::Poll { waiter: a, new_waker: b & 1 == 1 },
            180..=188 => Self::Cancel { waiter: a },
            // Longer than any word, now and then.
            189..=196 => Self::Run { pool: a, length: if b >> 4 == 0 { 60 + b } else { b & 0xf } },
            197..=204 => Self::Split { run: a },
            205..=209 => Self::DropRun { run: a },
            210..=218 => Self::Reserve { pool: a, slots: if b >> 4 == 0 { 60 + b } else { b & 7 } },
            219 => Self::CloneHandle { pool: a, moved: b & 1 == 1 },
            220..=225 => Self::DropHandle { pool: a, moved: b & 1 == 1 },
            226..=228 => Self::Acquirer { pool: a },
            229..=236 => Self::Hinted { acquirer: a, again: b & 1 == 1 },
            237..=238 => Self::DropAcquirer { acquirer: a },
            239..=242 => Self::Exclude { pool: a, moved: b & 1 == 1 },
            243..=249 => Self::Exclusive { exclusive: a },
            250..=252 => Self::DropExclusive { exclusive: a },
            253..=254 => Self::Forget { loan: a },
            // As rare as that again: the waiters' operations need pools that are open.
            255 if a < 64 => Self::Close { pool: b },
            255 => Self::Drop { loan: a },
        }
    }
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::decode)
    }
}

/// What pools there are, and what is done to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Which kinds of pools: a target's own business.
    pub kind: u8,
    /// Slots of a pool.
    pub capacity: usize,
    /// Whether handles are dropped at the end before what they lent.
    pub orphan: bool,
    /// Whether an exclusive acquirer comes before the operations.
    pub exclusive_first: bool,
    /// The operations, first to last.
    pub ops: Vec<Op>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let [kind, shape]: [u8; HEAD_BYTES] = u.arbitrary()?;
        let capacity = CAPACITIES[usize::from(shape) % CAPACITIES.len()];
        let (orphan, exclusive_first) = (shape & 0x80 != 0, shape & 0x40 != 0);
        Ok(Self { kind, capacity, orphan, exclusive_first, ops: rest(u)? })
    }
}

/// Makes operations of the bytes that are left; a last, cut-off one is left out.
pub(crate) fn rest<'a, T: Arbitrary<'a>>(u: &mut Unstructured<'a>) -> Result<Vec<T>> {
    operations(u, OP_BYTES)
}

/// As [`rest`], of operations of another length.
pub(crate) fn operations<'a, T: Arbitrary<'a>>(
    u: &mut Unstructured<'a>,
    op_bytes: usize,
) -> Result<Vec<T>> {
    (0..u.len() / op_bytes).map(|_| u.arbitrary()).collect()
}

/// Chooses one of `count` things; `None` if there are none.
pub(crate) fn nth(number: u8, count: usize) -> Option<usize> {
    usize::from(number).checked_rem(count)
}

/// Returns the part `start..end` of `whole`, if it lies within.
pub(crate) fn part(whole: &Range<usize>, start: u8, end: u8) -> Option<Range<usize>> {
    let (start, end) = (whole.start + usize::from(start), whole.start + usize::from(end));
    (start <= end && end <= whole.end).then_some(start..end)
}
