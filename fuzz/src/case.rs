//! What a fuzzer's bytes mean: a pool of some capacity and operations on it.
//!
//! ```text
//!   [ shape ][ kind a b ][ kind a b ][ kind a b ] ...     one byte each
//! ```
//! Every string of bytes is a case, and each operation has the same length: a fuzzer's mutations
//! and a shrinking test keep their meaning.

use arbitrary::{Arbitrary, Result, Unstructured};
use std::ops::Range;

/// The capacities tried. The last is the most that an owned pool can have on 64-bit targets.
const CAPACITIES: [usize; 6] = [1, 2, 3, 5, 8, 130];

/// One operation. Numbers choose among what is there, modulo how much is there; an operation on
/// nothing does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Takes a loan if there is a slot.
    TryAcquire,
    /// Takes loans until there is no slot.
    Fill,
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
    Wait,
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
    /// Closes the pool.
    Close,
}

impl Op {
    /// Bytes of one operation.
    pub const BYTES: usize = 3;

    /// Gives every triple a meaning; the ranges are the operations' weights. Forgetting and
    /// closing are rare: little can happen after them.
    const fn decode([kind, a, b]: [u8; Self::BYTES]) -> Self {
        match kind {
            0..=47 => Self::TryAcquire,
            48..=55 => Self::Fill,
            56..=95 => Self::Drop { loan: a },
            96..=119 => Self::Freeze { loan: a },
            120..=135 => Self::Share { share: a },
            136..=151 => Self::Slice { share: a, start: b >> 4, end: (b & 0xf) + 1 },
            152..=183 => Self::DropShare { share: a },
            184..=199 => Self::Thaw { share: a },
            200..=219 => Self::Wait,
            220..=243 => Self::Poll { waiter: a, new_waker: b & 1 == 1 },
            244..=253 => Self::Cancel { waiter: a },
            254 => Self::Forget { loan: a },
            255 => Self::Close,
        }
    }
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::decode)
    }
}

/// A pool and what is done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Slots of the pool.
    pub capacity: usize,
    /// Whether an owned pool loses its last handle before its loans come back.
    pub orphan_loans: bool,
    /// The operations, first to last.
    pub ops: Vec<Op>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let shape: u8 = u.arbitrary()?;
        let capacity = CAPACITIES[usize::from(shape & 0x7f) % CAPACITIES.len()];
        let mut ops = Vec::with_capacity(u.len() / Op::BYTES);
        while u.len() >= Op::BYTES {
            ops.push(u.arbitrary()?);
        }
        Ok(Self { capacity, orphan_loans: shape & 0x80 != 0, ops })
    }
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
