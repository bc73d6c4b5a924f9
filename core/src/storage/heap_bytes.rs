//! Memory for byte buffers, from the heap.

use super::Memory;
use crate::error::BuildError;
use core::alloc::Layout;
use core::ptr::NonNull;

/// Zeroed bytes from the heap, aligned as asked.
///
/// # Examples
/// ```
/// use framepool_core::BufferPool;
/// use framepool_core::storage::HeapBytes;
///
/// // Four pages, so that each buffer starts on one.
/// let memory = HeapBytes::zeroed(4 * 4096, 4096)?;
/// let pool = BufferPool::new(memory, 4096, 4096)?;
/// let buffer = pool.try_acquire().expect("four are free");
/// assert_eq!(buffer.as_ptr().addr() % 4096, 0);
/// # Ok::<(), framepool_core::BuildError>(())
/// ```
#[derive(Debug)]
pub struct HeapBytes {
    base: NonNull<u8>,
    layout: Layout,
}

// SAFETY: it owns its bytes, as a `Box<[u8]>` would.
unsafe impl Send for HeapBytes {}
// SAFETY: it gives out a pointer and a length only.
unsafe impl Sync for HeapBytes {}

impl HeapBytes {
    /// Takes `len` zeroed bytes at a multiple of `align`, a power of two.
    ///
    /// # Errors
    /// [`BuildError::Overflow`] if no such block can exist, [`BuildError::OutOfMemory`] if
    /// the allocator has none now (retry with less), [`BuildError::BadAlignment`],
    /// [`BuildError::MemoryTooSmall`] for no bytes.
    pub fn zeroed(len: usize, align: usize) -> Result<Self, BuildError> {
        if len == 0 {
            return Err(BuildError::MemoryTooSmall { needed: 1, given: 0 });
        }
        if !align.is_power_of_two() {
            return Err(BuildError::BadAlignment { align });
        }
        let layout = Layout::from_size_align(len, align).map_err(|_| BuildError::Overflow)?;
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc::alloc::alloc_zeroed(layout) };
        match NonNull::new(base) {
            Some(base) => Ok(Self { base, layout }),
            None => Err(BuildError::OutOfMemory { requested: len }),
        }
    }
}

impl AsRef<[u8]> for HeapBytes {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the block is this value's alone and initialised; a pool that owns the value
        // never calls this.
        unsafe { core::slice::from_raw_parts(self.base.as_ptr(), self.layout.size()) }
    }
}

impl AsMut<[u8]> for HeapBytes {
    fn as_mut(&mut self) -> &mut [u8] {
        // SAFETY: the block is this value's alone, initialised, and borrowed uniquely.
        unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr(), self.layout.size()) }
    }
}

// SAFETY: the block is this value's alone, initialised with zeros, and stays where it is.
unsafe impl Memory for HeapBytes {
    fn base(&self) -> NonNull<u8> {
        self.base
    }

    fn len(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for HeapBytes {
    fn drop(&mut self) {
        // SAFETY: `base` came from this allocator with this layout, and is freed once.
        unsafe { alloc::alloc::dealloc(self.base.as_ptr(), self.layout) };
    }
}
