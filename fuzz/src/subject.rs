//! What the run needs of a pool, and the pools that have it.

use framepool_core::{
    Acquire, Boxed, Frozen, Home, Inline, Keep, Loan, Memory, PoolIn, Region, SharedPool, Shares,
    Storage,
};
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// A pool under test, borrowed for `'p`.
pub(crate) trait Subject<'p> {
    type Storage: Slots;
    type Book: Shares;
    type Home: Home<Storage = Self::Storage, Book = Self::Book>;

    fn pool(&self) -> &PoolIn<Self::Storage, Self::Book>;
    fn try_acquire(&'p self) -> Option<Loan<Self::Home>>;
    fn acquire(&'p self) -> Acquire<'p, Self::Home>;
}

impl<'p, S: Slots + 'p, B: Shares + 'p> Subject<'p> for PoolIn<S, B> {
    type Storage = S;
    type Book = B;
    type Home = &'p Self;

    fn pool(&self) -> &PoolIn<S, B> {
        self
    }

    fn try_acquire(&'p self) -> Option<Loan<&'p Self>> {
        self.try_acquire()
    }

    fn acquire(&'p self) -> Acquire<'p, &'p Self> {
        self.acquire()
    }
}

impl<'p, S: Slots + 'p, B: Shares + 'p> Subject<'p> for SharedPool<S, B> {
    type Storage = S;
    type Book = B;
    type Home = Keep<S, B>;

    fn pool(&self) -> &PoolIn<S, B> {
        self
    }

    fn try_acquire(&'p self) -> Option<Loan<Keep<S, B>>> {
        self.try_acquire()
    }

    fn acquire(&'p self) -> Acquire<'p, Keep<S, B>> {
        self.acquire()
    }
}

/// A storage whose slots can be stamped.
pub(crate) trait Slots: Storage<Slot: Stamped> {
    /// Shares a part; a slot that is one value has none.
    fn slice<H: Home<Storage = Self, Book: Shares>>(
        _: &Frozen<H>,
        _: Range<usize>,
    ) -> Option<Frozen<H>> {
        None
    }

    /// Whether `slice` works.
    const SLICES: bool = false;
}

impl<const N: usize> Slots for Inline<u64, N> {}

impl Slots for Boxed<Tracked> {}

impl<M: Memory> Slots for Region<M> {
    fn slice<H: Home<Storage = Self, Book: Shares>>(
        share: &Frozen<H>,
        range: Range<usize>,
    ) -> Option<Frozen<H>> {
        share.slice(range)
    }

    const SLICES: bool = true;
}

/// Bytes that a stamp is spread over, in storages of bytes.
pub(crate) const STAMP_BYTES: usize = 16;

/// Returns a stamp's bytes, all of which tell it apart; zeros for stamp 0.
pub(crate) fn pattern(stamp: u64) -> [u8; STAMP_BYTES] {
    let mut bytes = [0; STAMP_BYTES];
    bytes[..8].copy_from_slice(&stamp.to_le_bytes());
    bytes[8..].copy_from_slice(&stamp.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    bytes
}

/// A slot that can hold a stamp.
pub(crate) trait Stamped {
    fn put(&mut self, stamp: u64);

    /// Says whether this, which shows the bytes `view` of a slot, shows that stamp.
    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool;
}

impl Stamped for u64 {
    fn put(&mut self, stamp: u64) {
        *self = stamp;
    }

    fn shows(&self, stamp: u64, _: &Range<usize>) -> bool {
        *self == stamp
    }
}

impl Stamped for [u8] {
    fn put(&mut self, stamp: u64) {
        self.copy_from_slice(&pattern(stamp));
    }

    fn shows(&self, stamp: u64, view: &Range<usize>) -> bool {
        *self == pattern(stamp)[view.clone()]
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
