//! A buffer's bytes: a piece of some memory, which lives until its last piece is gone.

use framepool_core::BuildError;
use framepool_core::storage::Memory;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

/// Bytes of one owner, to read and to write.
pub(crate) struct Piece {
    bytes: NonNull<[u8]>,
    /// Kept, and never reached: another piece may be written meanwhile.
    _memory: Arc<dyn Memory + Send>,
}

// SAFETY: a piece is the one owner of its bytes, as a box is. The memory behind it is only dropped, by
// whichever thread drops its last piece, which `Send` allows.
unsafe impl Send for Piece {}
// SAFETY: a shared piece gives `&[u8]` and nothing else.
unsafe impl Sync for Piece {}

impl Piece {
    /// Cuts memory into `count` pieces of `len` bytes, `stride` bytes from one to the next.
    pub(crate) fn cut(
        memory: impl Memory + Send + 'static,
        count: usize,
        len: usize,
        stride: usize,
    ) -> Result<Vec<Self>, BuildError> {
        if len == 0 || stride < len {
            return Err(BuildError::BadSlotSize { slot_bytes: len, stride });
        }
        let gaps = count.checked_sub(1).ok_or(BuildError::NoSlots)?;
        let last = gaps.checked_mul(stride).ok_or(BuildError::Overflow)?;
        let needed = last.checked_add(len).ok_or(BuildError::Overflow)?;
        let (base, given) = (memory.base(), memory.len());
        if given < needed {
            return Err(BuildError::MemoryTooSmall { needed, given });
        }
        let mut pieces = Vec::new();
        let requested = count.saturating_mul(size_of::<Self>());
        pieces.try_reserve_exact(count).map_err(|_| BuildError::OutOfMemory { requested })?;
        let memory: Arc<dyn Memory + Send> = Arc::new(memory);
        pieces.extend((0..count).map(|index| {
            // SAFETY: the last piece ends within the memory, as was checked.
            let start = unsafe { base.add(index * stride) };
            let bytes = NonNull::slice_from_raw_parts(start, len);
            Self { bytes, _memory: Arc::clone(&memory) }
        }));
        Ok(pieces)
    }

    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: initialised bytes that stay where they are while the memory lives (`Memory`), of which
        // this piece is a part that overlaps no other; borrowed for reading.
        unsafe { self.bytes.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; borrowed uniquely.
        unsafe { self.bytes.as_mut() }
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Piece").field(&self.bytes.len()).finish()
    }
}
