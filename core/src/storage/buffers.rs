//! Byte slots cut out of one contiguous [`Memory`].

use super::{Memory, ShareCount, Storage, sealed};
use crate::error::BuildError;
#[cfg(feature = "alloc")]
use crate::raw::OnHeap;
use crate::raw::{Fixed, SLOTS_PER_WORD};
use core::fmt;
use core::ptr::NonNull;

/// Slots of a [`BufferPool`](crate::BufferPool): bytes of a [`Memory`], as many as one word holds.
///
/// # Examples
/// ```
/// use framepool_core::storage::{Borrowed, Buffers};
/// use framepool_core::{BufferPool, PoolIn};
///
/// let mut memory = [0_u8; 100];
/// // What `BufferPool<Borrowed<'_>>` stands for.
/// let pool: PoolIn<Buffers<Borrowed<'_>>> =
///     BufferPool::new(Borrowed::from(&mut memory[..]), 30, 32)?;
/// assert_eq!(pool.capacity(), 3);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
pub struct Buffers<M> {
    base: NonNull<u8>,
    slot_bytes: usize,
    stride: usize,
    capacity: usize,
    _memory: M,
}

// SAFETY: the pointer leads into `M`'s bytes, which this value alone reaches and which move with
// it (`Memory`).
unsafe impl<M: Send> Send for Buffers<M> {}
// SAFETY: a slot is reached by one holder at a time (I1, I3), and bytes are `Send + Sync`; `M`
// itself is never reached through a shared reference, only dropped, hence no bound on it but
// `Send`.
unsafe impl<M: Send> Sync for Buffers<M> {}

impl<M: Memory> Buffers<M> {
    /// Cuts as many slots as fit.
    pub(crate) fn new(memory: M, slot_bytes: usize, stride: usize) -> Result<Self, BuildError> {
        if slot_bytes == 0 || stride < slot_bytes {
            return Err(BuildError::BadSlotSize { slot_bytes, stride });
        }
        let (base, given) = (memory.base(), memory.len());
        if given < slot_bytes {
            return Err(BuildError::MemoryTooSmall { needed: slot_bytes, given });
        }
        // The last slot needs no gap behind it.
        let capacity = (given - slot_bytes) / stride + 1;
        Ok(Self { base, slot_bytes, stride, capacity, _memory: memory })
    }
}

impl<M> Buffers<M> {
    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) const fn stride(&self) -> usize {
        self.stride
    }

    /// Returns the largest power of two of which every slot's address is a multiple.
    pub(crate) fn alignment(&self) -> usize {
        // The stride leads to a second slot, if there is one.
        let stride = if self.capacity > 1 { self.stride } else { 0 };
        1 << (self.base.addr().get() | stride).trailing_zeros()
    }
}

// Not derived: `M` is not to be reached through a shared reference, by its `Debug` either.
impl<M> fmt::Debug for Buffers<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers")
            .field("slots", &self.capacity)
            .field("slot_bytes", &self.slot_bytes)
            .field("stride", &self.stride)
            .finish_non_exhaustive()
    }
}

impl<M> sealed::Sealed for Buffers<M> {}

// SAFETY: `new` made sure that `capacity` slots lie `stride` apart within the memory, whose bytes
// stay where they are (`Memory`).
unsafe impl<M: Memory> Storage for Buffers<M> {
    type Slot = [u8];
    type Header = ShareCount;
    type Bookkeeping = Fixed<SLOTS_PER_WORD>;

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const [u8] {
        // SAFETY: `index` is below the capacity, as the caller promises.
        unsafe { self.write(index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut [u8] {
        // SAFETY: `index` is below the capacity, so the slot lies within the memory.
        let start = unsafe { self.base.add(index * self.stride) };
        core::ptr::slice_from_raw_parts_mut(start.as_ptr(), self.slot_bytes)
    }
}

/// Slots of a [`LargeBufferPool`](crate::LargeBufferPool): bytes of a [`Memory`], any number of
/// slots; the bookkeeping is on the heap.
///
/// # Examples
/// ```
/// use framepool_core::storage::{HeapBytes, LargeBuffers};
/// use framepool_core::{LargeBufferPool, PoolIn};
///
/// // What `LargeBufferPool<HeapBytes>` stands for.
/// let pool: PoolIn<LargeBuffers<HeapBytes>> =
///     LargeBufferPool::new(HeapBytes::zeroed(100 * 16, 16)?, 16, 16)?;
/// assert_eq!(pool.capacity(), 100);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[cfg(feature = "alloc")]
#[derive(Debug)]
pub struct LargeBuffers<M>(pub(crate) Buffers<M>);

#[cfg(feature = "alloc")]
impl<M> sealed::Sealed for LargeBuffers<M> {}

// SAFETY: the slots are those of `Buffers`.
#[cfg(feature = "alloc")]
unsafe impl<M: Memory> Storage for LargeBuffers<M> {
    type Slot = [u8];
    type Header = ShareCount;
    type Bookkeeping = OnHeap;

    #[inline(always)]
    unsafe fn read(&self, index: usize) -> *const [u8] {
        // SAFETY: as the caller promises.
        unsafe { self.0.read(index) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize) -> *mut [u8] {
        // SAFETY: as the caller promises.
        unsafe { self.0.write(index) }
    }
}
