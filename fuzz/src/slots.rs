//! Slots that can be stamped, so that whoever finds one knows who wrote it last.

use crate::model::POISONED;
use framepool_core::{Frozen, Home, Shares, Storage};
use std::cell::Cell;
use std::ops::Range;
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

/// A slot that can hold a stamp.
pub(crate) trait Stamped {
    /// Whether shares of it can be sliced.
    const SLICES: bool = false;

    fn put(&mut self, stamp: u64);

    /// Says whether this, which shows the bytes `view` of a slot, shows that stamp.
    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool;

    /// Shares a part; a slot that is one value has none.
    fn slice<H>(_: &Frozen<H>, _: Range<usize>) -> Option<Frozen<H>>
    where
        H: Home<Storage: Storage<Slot = Self>, Book: Shares>,
    {
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
    fn put(&mut self, stamp: u64) {
        *self = pattern(stamp);
    }

    fn shows(&self, stamp: u64, _: &Range<usize>) -> bool {
        *self == pattern(stamp)
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

    fn slice<H>(share: &Frozen<H>, range: Range<usize>) -> Option<Frozen<H>>
    where
        H: Home<Storage: Storage<Slot = Self>, Book: Shares>,
    {
        share.slice(range)
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
