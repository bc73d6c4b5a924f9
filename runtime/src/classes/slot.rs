//! One slot of a size class: its bytes, and how many of them were written.

use crate::memory::Piece;
use framepool_core::recycle::{self, Recycle, Recycled};
use framepool_core::storage::{Boxed, HeapBytes};
use framepool_core::{BoxedPool, BuildError, CachedPool};
use std::fmt;

/// A pool of slots.
pub(super) type Slots = CachedPool<Recycled<Boxed<Slot>, OnReturn>>;

/// The slots of one size.
pub(super) struct Class {
    pub(super) slot_bytes: usize,
    pub(super) pool: Slots,
}

/// What a debug build leaves in bytes that were given back, if they are not zeroed.
const POISON: u8 = 0xdd;

/// A slot of a class.
// On cache lines of its own: another thread may hold the neighbour.
#[repr(align(128))]
pub(crate) struct Slot {
    bytes: Piece,
    is_pooled: bool,
    /// So many of the first bytes may have been written since the slot was lent.
    written: usize,
}

impl Slot {
    pub(super) fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// Returns all of its bytes.
    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }

    #[inline(always)]
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.bytes_mut()
    }

    /// Says that its new holder may write the first `len` bytes.
    #[inline(always)]
    pub(super) fn lend(&mut self, len: usize) {
        self.written = len;
    }

    /// Says that its holder may write the first `len` bytes, too.
    pub(super) fn lend_more(&mut self, len: usize) {
        self.written = self.written.max(len);
    }

    /// Lets `fill` write behind the first `len` bytes. Returns how many more it says that it has written.
    pub(super) fn append_with<E>(
        &mut self,
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let written = self.written;
        // If it fails it may have written anywhere.
        self.written = self.bytes().len();
        let room = self.bytes_mut().get_mut(len..).unwrap_or_default();
        let most = room.len();
        let filled = fill(room)?.min(most);
        self.written = written.max(len + filled);
        Ok(filled)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("bytes", &self.bytes().len()).finish_non_exhaustive()
    }
}

/// What happens to what was written, on the slot's way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnReturn {
    /// It stays, but in debug builds.
    Keep,
    /// It is overwritten with zeros.
    Zero,
}

impl Recycle<Slot> for OnReturn {
    #[inline(always)]
    fn recycle(&self, _: usize, slot: &mut Slot) {
        if *self == Self::Zero || cfg!(debug_assertions) {
            clear(*self, slot);
        }
    }
}

#[inline(never)]
fn clear(how: OnReturn, slot: &mut Slot) {
    let written = std::mem::take(&mut slot.written);
    let Some((written, rest)) = slot.bytes.bytes_mut().split_at_mut_checked(written) else {
        return;
    };
    match how {
        OnReturn::Keep => written.fill(POISON),
        OnReturn::Zero => {
            recycle::zero(written);
            debug_assert!(rest.iter().all(|byte| *byte == 0), "more was written than was said");
        }
    }
}

/// Makes a pool of these bytes.
pub(super) fn pool_of(
    pieces: Vec<Piece>,
    is_pooled: bool,
    on_return: OnReturn,
    per_thread: usize,
) -> Result<Slots, BuildError> {
    let (slots, mut pieces) = (pieces.len(), pieces.into_iter());
    let next = || {
        let bytes = pieces.next().expect("one for each slot");
        Slot { bytes, is_pooled, written: 0 }
    };
    let pool = BoxedPool::from_fn(slots, next)?.recycled_by(on_return);
    Ok(CachedPool::new(pool, per_thread))
}

/// Makes a pool of one slot on the heap.
pub(super) fn one_of_heap(len: usize, on_return: OnReturn) -> Result<Slots, BuildError> {
    let len = len.max(1);
    let pieces = Piece::cut(HeapBytes::zeroed(len, align_of::<u64>())?, 1, len, len)?;
    pool_of(pieces, false, on_return, 0)
}
