//! Slots that can be stamped, so that what is found in one tells which write was the last.

use crate::model::POISONED;
use framepool_core::{Frozen, PoolRef};
use std::cell::Cell;
use std::ops::{Bound, Range};
use std::rc::Rc;

/// Bytes that a stamp is spread over, in storages of bytes.
pub(crate) const STAMP_BYTES: usize = 16;

/// All of a stamp's bytes.
pub(crate) const WHOLE: Range<usize> = 0..STAMP_BYTES;

/// What the hook that overwrites slots with a pattern writes.
pub(crate) const POISON: u8 = 0xdd;

/// Returns a stamp's bytes, all of which tell it apart; zeros for stamp 0.
pub(crate) fn pattern(stamp: u64) -> [u8; STAMP_BYTES] {
    if stamp == POISONED {
        return [POISON; STAMP_BYTES];
    }
    let mut bytes = [0; STAMP_BYTES];
    bytes[..8].copy_from_slice(&stamp.to_le_bytes());
    bytes[8..].copy_from_slice(&stamp.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    bytes
}

/// Bytes of a share: which, and by which of the equal ways to ask for them.
pub(crate) struct Part {
    pub(crate) range: Range<usize>,
    /// A bit for each way.
    pub(crate) form: u8,
}

impl Part {
    /// Returns the range in one of the forms that it has.
    fn bounds(&self) -> (Bound<usize>, Bound<usize>) {
        let Range { start, end } = self.range;
        let start = match start.checked_sub(1) {
            Some(before) if self.form & 1 != 0 => Bound::Excluded(before),
            None if self.form & 1 != 0 => Bound::Unbounded,
            _ => Bound::Included(start),
        };
        let end = match end.checked_sub(1) {
            Some(last) if self.form & 2 != 0 => Bound::Included(last),
            _ => Bound::Excluded(end),
        };
        (start, end)
    }

    /// Shares these bytes, if they lie within.
    pub(crate) fn of<R: PoolRef, V: AsRef<[u8]> + ?Sized>(
        &self,
        share: &Frozen<R, V>,
    ) -> Option<Frozen<R, [u8]>> {
        share.slice(self.bounds())
    }
}

/// A slot, or a part of one, that can hold a stamp.
pub(crate) trait Stamped {
    /// Whether shares of it can be sliced.
    const SLICES: bool = false;

    fn put(&mut self, stamp: u64);

    /// Says whether this, which shows the bytes `view` of a slot, shows that stamp.
    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool;

    /// Shares a part; a slot that is no bytes has none.
    fn slice<R: PoolRef>(_: &Frozen<R, Self>, _: &Part) -> Option<Frozen<R, [u8]>> {
        None
    }
}

impl Stamped for u64 {
    fn put(&mut self, stamp: u64) {
        *self = stamp;
    }

    fn shows(&self, stamp: u64, _: &Range<usize>) -> bool {
        *self == stamp
    }
}

impl Stamped for [u8; STAMP_BYTES] {
    const SLICES: bool = true;

    fn put(&mut self, stamp: u64) {
        *self = pattern(stamp);
    }

    fn shows(&self, stamp: u64, _: &Range<usize>) -> bool {
        *self == pattern(stamp)
    }

    fn slice<R: PoolRef>(share: &Frozen<R, Self>, part: &Part) -> Option<Frozen<R, [u8]>> {
        part.of(share)
    }
}

impl Stamped for [u8] {
    const SLICES: bool = true;

    fn put(&mut self, stamp: u64) {
        self.copy_from_slice(&pattern(stamp));
    }

    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool {
        *self == pattern(stamp)[view.clone()]
    }

    fn slice<R: PoolRef>(share: &Frozen<R, Self>, part: &Part) -> Option<Frozen<R, [u8]>> {
        part.of(share)
    }
}

/// A value that is counted when it is dropped.
#[derive(Debug)]
pub(crate) struct Tracked {
    stamp: u64,
    drops: Rc<Cell<usize>>,
}

impl Tracked {
    pub(crate) fn new(drops: &Rc<Cell<usize>>) -> Self {
        Self { stamp: 0, drops: Rc::clone(drops) }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
    }
}

impl Stamped for Tracked {
    fn put(&mut self, stamp: u64) {
        self.stamp = stamp;
    }

    fn shows(&self, stamp: u64, _: &Range<usize>) -> bool {
        self.stamp == stamp
    }
}
